"""The rules of ``check``: their codes, what they say, and an example of each."""

from functools import cache
from importlib import resources
from textwrap import fill
from typing import Any, NamedTuple

__all__ = ["ALWAYS_REPORTED", "WARNINGS", "Rule", "all_rules"]

WARNINGS = frozenset(
    {
        "absent-key",
        "empty-selector",
        "long-interval",
        "long-timeout",
        "no-name",
        "no-strategy",
        "odd-id",
        "placeholder",
        "pointless-field",
        "redundant-requirement",
        "server-field",
        "short-duration",
        "undocumented-operator",
        "unknown-type",
        "zero-parallel",
    }
)
"""Codes of what may well be meant; all others are errors."""

ALWAYS_REPORTED = frozenset(
    {
        "anchor",
        "control-character",
        "duplicate-key",
        "file-too-large",
        "key-not-text",
        "merge-key",
        "not-a-job",
        "not-finite",
        "not-json",
        "not-utf-8",
        "not-yaml",
        "second-document",
        "surrogate",
        "tag",
        "too-deep",
        "too-many-values-in-file",
    }
)
"""Codes of what makes a file no plain text or data, or no job; they cannot be left out."""

_WIDTH = 79


class Rule(NamedTuple):
    """A mistake that is found in job files.

    :param code: its stable name.
    :param severity: ``error`` or ``warning``.
    :param summary: what is wrong, in a line.
    :param why: why it matters, and what to do; empty where the summary says it.
    :param before: a job file that has it, or a selector text; empty where none can be shown.
    :param after: the same without it.
    :param group: ``document``, ``fields``, ``rollout``, ``selector``, or ``language``: a selector's
        text.
    """

    code: str
    severity: str
    summary: str
    why: str
    before: str
    after: str
    group: str

    def show(self) -> str:
        """Give the rule as text for people."""
        head = f"{self.code} ({self.severity}): {self.summary}"
        parts = [fill(head, _WIDTH), fill(self.why, _WIDTH)]
        if self.before:
            parts += [f"before:\n\n{_indented(self.before)}", f"after:\n\n{_indented(self.after)}"]
        return "\n\n".join(part for part in parts if part)


@cache
def all_rules() -> dict[str, Rule]:
    """Give all rules by code, in the order of the documentation."""
    import tomllib  # here, since checking needs none of it

    text = (resources.files("nodeselect.jobs.check") / "rules.toml").read_text("utf-8")
    return {code: _rule(code, entry) for code, entry in tomllib.loads(text).items()}


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _rule(code: str, entry: dict[str, Any]) -> Rule:
    severity = "warning" if code in WARNINGS else "error"
    texts = (entry.get(name, "") for name in ("summary", "reason", "before", "after", "group"))
    return Rule(code, severity, *texts)
