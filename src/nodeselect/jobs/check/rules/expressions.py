"""Rules of the text of a selector. ``nodeselect.selectors`` finds these mistakes."""

from nodeselect.jobs.check.rule import define

__all__ = ["CONTROL_CHARACTER", "TEMPLATE"]

_MISTAKES = (
    ("not-in", "'not in' is written 'notin'", "x not in (a)", "x notin (a)"),
    ("operator-case", "operators are written in lower case", "x IN (a)", "x in (a)"),
    ("missing-parentheses", "the values after 'in' need parentheses", "x in a", "x in (a)"),
    ("square-brackets", "wrong brackets around the values after 'in'", "x in [a]", "x in (a)"),
    ("list-needs-in", "a list of values needs 'in' or 'notin'", "x=(a,b)", "x in (a,b)"),
    ("unclosed-list", "the list of values is not closed", "x in (a", "x in (a)"),
    ("parentheses", "requirements cannot be in parentheses", "(x=a)", "x=a"),
    ("missing-comma", "two values without a comma between them", "x in (a b)", "x in (a,b)"),
    ("colon", "a key and its value are joined by '=', not ':'", "x:a", "x=a"),
    ("triple-equals", "equality is written '=' or '=='", "x===a", "x==a"),
    ("quotes", "there is no quoting; quotes would be part of the word", "x='a'", "x=a"),
    ("or", "there is no OR inside a selector", "x=a || x=b", "x in (a,b)"),
    ("and", "AND is written ','", "x=a && y=b", "x=a,y=b"),
    ("semicolon", "requirements are separated by ','", "x=a;y=b", "x=a,y=b"),
    ("word-operator", "a word instead of an operator, such as gt", "x gt 5", "x>5"),
    ("or-equal", "there is no '>=' and no '<='", "x>=5", "x>4"),
    ("unequal-sign", "'not equal' is written '!='", "x<>a", "x!=a"),
    ("not-an-integer", "'>' and '<' compare with a whole number", "x>5.5", "x>5"),
    ("word-exists", "a key alone requires that it exists", "x exists", "x"),
    ("word-not", "NOT is written '!'", "not x", "!x"),
    ("not-equality", "'!' goes before a key, not before a comparison", "!x=a", "x!=a"),
    ("trailing-comma", "a requirement is missing after the last ','", "x,", "x"),
    ("doubled-comma", "two commas in a row", "x,,y", "x,y"),
    ("wildcard", "there are no wildcards", "x=a*", "x in (a1,a2)"),
    ("brackets", "only '(' and ')' after 'in' and 'notin' are allowed", "x=[a,b]", "x in (a,b)"),
    ("regex", "there are no regular expressions", "x=~a.b", "x in (a1b,a2b)"),
    ("empty-key", "the name of a key is empty", "a/", "a/x"),
    ("invalid-key", "a key with a character that is not allowed there", "-x", "x"),
    ("invalid-prefix", "the prefix of a key is not a domain name", "a_b/x", "a-b/x"),
    ("invalid-value", "a value with a character that is not allowed there", "x=a/b", "x=a-b"),
    ("unexpected", "an unexpected word; a comma is probably missing", "x y", "x,y"),
    ("unexpected-end", "the text ends too early", "!", "!x"),
)  # fmt: skip


def _job(expression: str) -> str:
    quote = '"' if "'" in expression else "'"
    return f"name: demo\nselector:\n  match_expressions:\n    - {quote}{expression}{quote}\n"


for _code, _summary, _before, _after in _MISTAKES:
    define(_code, "language", _summary, before=_job(_before), after=_job(_after))

TEMPLATE = define(
    "template",
    "language",
    "an unfilled template: ${...}, {{...}}, <...>",
    "Fill in the template before the file is checked and submitted. Templates are allowed in"
    " description and config.",
    before='name: demo\nselector: {match_labels: {region: "${REGION}"}}\n',
    after="name: demo\nselector: {match_labels: {region: eu}}\n",
)
define(
    "look-alike-blank",
    "language",
    "a character that looks like a space, or like nothing",
    "For example a no-break space copied from a web page. Write an ordinary space, or none.",
    before='name: demo\nselector:\n  match_expressions:\n    - "region\\u00a0in (eu)"\n',
    after='name: demo\nselector:\n  match_expressions:\n    - "region in (eu)"\n',
)
CONTROL_CHARACTER = define(
    "control-character",
    "language",
    "a control character other than tab and end of line",
    always_reported=True,
    before='name: demo\nselector:\n  match_labels: {region: "e\\u0007u"}\n',
    after="name: demo\nselector:\n  match_labels: {region: eu}\n",
)
define(
    "surrogate",
    "language",
    "an unpaired surrogate",
    always_reported=True,
    before='{"name": "\\ud800", "selector": {"match_labels": {"region": "eu"}}}\n',
    after='{"name": "demo", "selector": {"match_labels": {"region": "eu"}}}\n',
)
define("key-too-long", "language", "a key whose name has more than 63 characters")
define("prefix-too-long", "language", "a key whose prefix has more than 253 characters")
define("value-too-long", "language", "a value of more than 63 characters")
define(
    "blank",
    "language",
    "an empty expression",
    before='name: demo\nselector:\n  match_expressions: [""]\n',
    after="name: demo\nselector:\n  match_expressions: [region]\n",
)
define(
    "empty-id",
    "language",
    "an empty node id",
    before='name: demo\nselector:\n  match_ids: [""]\n',
    after="name: demo\nselector:\n  match_ids: [node-1]\n",
)
define(
    "unprintable-id",
    "language",
    "a node id with an unprintable character",
    before='name: demo\nselector:\n  match_ids: ["node\\u200b-1"]\n',
    after="name: demo\nselector:\n  match_ids: [node-1]\n",
)
define(
    "text-too-long",
    "language",
    "a selector text of more than 16,384 characters",
    "This is the limit selector_text.",
)
define(
    "too-many-requirements",
    "language",
    "more than 256 requirements",
    "This is the limit requirements.",
)
define(
    "too-many-values",
    "language",
    "too many values",
    "The limits are 1,024 values in one set (values_in_set) and 4,096 in all (values).",
)
define("too-many-ids", "language", "more than 100,000 ids", "This is the limit match_ids.")
