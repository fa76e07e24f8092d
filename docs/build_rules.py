"""Build ``rules.md`` from the rules, when the site is built."""

from collections.abc import Iterator
from difflib import unified_diff

from nodeselect.jobs import Rule, all_rules

_GROUPS = {
    "document": "The document",
    "fields": "Fields",
    "rollout": "Rollout and timeouts",
    "selector": "The selector",
    "kubernetes": "Kubernetes manifests and Bacalhau jobs",
    "nodes": "The nodes",
}

_HEAD = """\
# Rules of `nodeselect check`

An error makes the check fail; a warning does so only with `--strict`. `--ignore CODE` and
`--select CODE` leave out rules, except those that are always reported: a file with such a mistake
is not plain text or data, or not a job. Codes do not change.
"""

_LANGUAGE = """\
## The text of a selector

All of these are errors. [Selector language](language.md#errors) shows each one wrong and right;
`nodeselect rules CODE` shows it in a job.
"""


def build_page() -> str:
    """Return the text of the page."""
    return "\n".join([_HEAD, *_groups(), _LANGUAGE, *_language()])


def _groups() -> Iterator[str]:
    for group, title in _GROUPS.items():
        yield f"## {title}\n"
        for rule in all_rules().values():
            if rule.group == group:
                yield _section(rule)


def _section(rule: Rule) -> str:
    severity = rule.severity.capitalize()
    if rule.always_reported:
        severity += ", always reported"
    parts = [f"### {rule.code}\n", f"{severity}: {_escaped(rule.summary)}.\n"]
    if rule.why:
        parts.append(f"{_escaped(rule.why)}\n")
    if rule.before:
        texts = (rule.before.splitlines(keepends=True), rule.after.splitlines(keepends=True))
        _, _, _, *lines = unified_diff(*texts, n=len(rule.before))
        parts.append(f"```diff\n{''.join(lines)}```\n")
    return "\n".join(parts)


def _language() -> Iterator[str]:
    for rule in all_rules().values():
        if rule.group == "language":
            always = "; always reported" if rule.always_reported else ""
            yield f"### {rule.code}\n\n{_escaped(rule.summary)}{always}.\n"


def _escaped(text: str) -> str:
    """Escape what Markdown would read as markup."""
    for character in "\\<>*|":
        text = text.replace(character, f"\\{character}")
    return text
