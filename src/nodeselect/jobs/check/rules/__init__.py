"""The rules of ``nodeselect check``: each with its explanation, its example and its check."""

from nodeselect.jobs.check.rule import REGISTRY, Rule
from nodeselect.jobs.check.rules import (  # noqa: F401 - each module defines its rules
    document,
    expressions,
    fields,
    job,
    selector,
)

__all__ = ["ALWAYS_REPORTED", "all_rules"]

_GROUPS = ("document", "fields", "rollout", "selector", "language")
_RULES = {
    rule.code: rule for rule in sorted(REGISTRY.values(), key=lambda r: _GROUPS.index(r.group))
}

ALWAYS_REPORTED = frozenset(code for code, rule in _RULES.items() if rule.always_reported)
"""Codes that cannot be ignored: the file is not plain text or data, or not a job."""


def all_rules() -> dict[str, Rule]:
    """Return all rules by code, in the order of the documentation."""
    return dict(_RULES)
