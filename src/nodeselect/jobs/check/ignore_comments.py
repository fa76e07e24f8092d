"""Comments in a job file that say which problems are not to be reported."""

import re

from nodeselect.documents import Position, Scalar
from nodeselect.jobs.check.rule import REGISTRY, Finding, define
from nodeselect.jobs.check.suggestions import suggest_word
from nodeselect.text import quoted

__all__ = ["read_ignore_comments"]

_UNKNOWN_RULE = define(
    "document",
    "unknown-rule",
    "a comment that ignores what is not a rule, or is always reported",
    severity="warning",
    before="name: demo\nselector: {match_labels: {region: eu}}  # nodeselect: ignore[absent]",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)

_COMMENT = r"(?:^|(?<=[ \t]))#[ \t]*nodeselect:[ \t]*ignore\[([^\[\]\n]*)\]"


def read_ignore_comments(text: str) -> tuple[dict[int, set[str]], list[Finding]]:
    """Read the comments ``# nodeselect: ignore[CODE, ...]`` in the text of a job file.

    :return: the codes to ignore by line, from 0, and the findings of codes that cannot be ignored.
        A comment at the end of a line is for this line; one that is a line of its own, for the next
        line that is not such a comment.
    """
    ignored: dict[int, set[str]] = {}
    findings = []
    above: set[str] = set()
    for number, line in enumerate(text.split("\n")):
        comment = re.compile(_COMMENT).search(line)
        start, end = comment.span(1) if comment else (0, 0)
        codes = set()
        for match in re.compile(r"[^\s,]+").finditer(line, start, end):
            code = match[0]
            if code in REGISTRY and not REGISTRY[code].always_reported:
                codes.add(code)
                continue
            if code in REGISTRY:
                message, hint = f"{code} cannot be ignored: it is always reported", "remove it"
            else:
                message = f"there is no rule {quoted(code)}"
                hint = suggest_word(code, REGISTRY) or "for all rules, run: nodeselect rules"
            place = Scalar(code, "text", Position(number, match.start()), True)
            findings.append(_UNKNOWN_RULE.at(place, "", message, hint))
        if comment and not line[: comment.start()].strip():
            above |= codes
        elif codes or above:
            ignored[number] = codes | above
            above = set()
    return ignored, findings
