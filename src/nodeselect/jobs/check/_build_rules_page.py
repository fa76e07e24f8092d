"""Makes ``docs/rules.md`` from ``rules.toml``.

Run ``python -m nodeselect.jobs.check._build_rules_page`` after each change of the rules; a test
fails until that was done.
"""

from collections.abc import Iterator
from pathlib import Path

from nodeselect.jobs.check.rules import ALWAYS_REPORTED, Rule, all_rules

__all__ = ["build_page"]

_GROUPS = {
    "document": "The document",
    "fields": "Fields",
    "rollout": "Rollout and timeouts",
    "selector": "The selector",
}

_HEAD = """\
# Rules of `nodeselect check`

Made from the source of `nodeselect rules` by
`python -m nodeselect.jobs.check._build_rules_page`; not to be edited.

An error makes a check fail, a warning only with `--strict`. `--ignore CODE` and `--select CODE`
leave rules out, but for those that are always told: a file with such a mistake is no plain text or
data, or no job. Codes do not change.
"""

_LANGUAGE = """\
## The text of a selector

All of these are errors. [language.md](language.md#errors) shows what is written wrong and right;
`nodeselect rules CODE` shows it as a job.

| code | what is wrong |
| --- | --- |
"""


def build_page() -> str:
    """Give the text of the page."""
    return "\n".join([_HEAD, *_groups(), _LANGUAGE + "".join(_language())])


def _groups() -> Iterator[str]:
    for group, title in _GROUPS.items():
        yield f"## {title}\n"
        for rule in all_rules().values():
            if rule.group == group:
                yield _section(rule)


def _section(rule: Rule) -> str:
    severity = rule.severity.capitalize()
    if rule.code in ALWAYS_REPORTED:
        severity += ", always told"
    parts = [f"### {rule.code}\n", f"{severity}: {_marked(rule.summary)}.\n"]
    if rule.why:
        parts.append(f"{_marked(rule.why)}\n")
    if rule.before:
        parts += [f"```yaml\n# before\n{rule.before}```\n", f"```yaml\n# after\n{rule.after}```\n"]
    return "\n".join(parts)


def _language() -> Iterator[str]:
    for rule in all_rules().values():
        if rule.group == "language":
            always = "; always told" if rule.code in ALWAYS_REPORTED else ""
            yield f"| `{rule.code}` | {_marked(rule.summary)}{always} |\n"


def _marked(text: str) -> str:
    """Keep Markdown from taking a text for markup."""
    for character in "\\<>*|":
        text = text.replace(character, f"\\{character}")
    return text


if __name__ == "__main__":
    page = Path(__file__).parents[4] / "docs" / "rules.md"
    page.write_text(build_page(), "utf-8")
