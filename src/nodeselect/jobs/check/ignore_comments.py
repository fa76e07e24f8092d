"""Comments in a job file that say which problems are not to be reported."""

import re
from bisect import bisect_right
from operator import itemgetter

from nodeselect.documents.values import Position, Scalar
from nodeselect.documents.yaml import scalar_spans
from nodeselect.jobs.check.rule import REGISTRY, Finding, define
from nodeselect.jobs.check.suggestions import suggest_word
from nodeselect.problem import Fix
from nodeselect.text import quoted

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

    A comment at the end of a line is for this line. A comment on a line of its own is for the next
    line that is neither blank nor a comment. What is in a string is not a comment.

    :return: the codes to ignore by line, from 0; and findings about codes that cannot be ignored.
    """
    ignored: dict[int, set[str]] = {}
    findings = []
    above: set[str] = set()
    spans = list(scalar_spans(text))
    line_start = 0
    for number, line in enumerate(text.split("\n")):
        found = re.finditer(_COMMENT, line)
        comments = (each for each in found if not _is_in(spans, line_start + each.start()))
        comment = next(comments, None)
        start, end = comment.span(1) if comment else (0, 0)
        codes = set()
        for match in re.compile(r"[^\s,]+").finditer(line, start, end):
            code = match[0]
            if code not in REGISTRY:
                message = f"there is no rule {quoted(code)}"
                hint = suggest_word(code, REGISTRY) or Fix.write(
                    "nodeselect rules", "for all rules, run"
                )
            elif REGISTRY[code].always_reported:
                message = f"the rule '{code}' cannot be ignored: it is always reported"
                hint = f"remove '{code}' from the comment"
            else:
                codes.add(code)
                continue
            place = Scalar(code, "text", Position(number, match.start()), True)
            findings.append(_UNKNOWN_RULE.at(place, "", message, hint))
        before = line[: comment.start()] if comment else line
        if not before.strip() or before.lstrip().startswith("#"):
            above |= codes
        elif codes or above:
            ignored[number] = codes | above
            above = set()
        line_start += len(line) + 1
    return ignored, findings


def _is_in(spans: list[tuple[int, int]], index: int) -> bool:
    """Return whether an index is in one of ``spans``, which are sorted pairs of start and end."""
    found = bisect_right(spans, index, key=itemgetter(0))
    return found > 0 and index < spans[found - 1][1]
