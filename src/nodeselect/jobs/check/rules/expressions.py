"""Rules about the text of a selector. ``nodeselect.selectors`` finds the mistakes."""

from functools import partial

from nodeselect.jobs.check.rule import define

_rule = partial(define, "language")
_expression_rule = partial(_rule, head="name: demo\nselector:\n  match_expressions:\n    - ")

for _code, _summary, _before, _after in (
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
    ("quotes", "quotes, which keys and values never need", "x='a'", "x=a"),
    ("or", "there is no OR inside a selector", "x=a || x=b", "x in (a,b)"),
    ("and", "AND is written ','", "x=a && y=b", "x=a,y=b"),
    ("semicolon", "requirements are separated by ','", "x=a;y=b", "x=a,y=b"),
    ("word-operator", "a word instead of an operator, such as gt", "x gt 5", "x>5"),
    ("or-equal", "there is no '>=' and no '<='", "x>=5", "x>4"),
    ("unequal-sign", "'not equal' is written '!='", "x<>a", "x!=a"),
    ("not-an-integer", "'>' and '<' compare with a whole number", "x>5.5", "x>5"),
    ("word-exists", "a key alone means that the label exists", "x exists", "x"),
    ("word-not", "NOT is written '!'", "not x", "!x"),
    ("not-equality", "'!' before a key that has an operator", "!x=a", "x!=a"),
    ("trailing-comma", "a requirement is missing after the last ','", "x,", "x"),
    ("doubled-comma", "two commas in a row", "x,,y", "x,y"),
    ("wildcard", "there are no wildcards", "x=a*", "x in (a1,a2)"),
    ("brackets", "brackets other than '(' and ')'", "x=[a,b]", "x in (a,b)"),
    ("regex", "there are no regular expressions", "x=~a.b", "x in (a1b,a2b)"),
    ("empty-key", "a key is empty, or has nothing after the '/'", "a/", "a/x"),
    ("invalid-key", "a character that a key cannot have, or not at its ends", "-x", "x"),
    ("invalid-prefix", "the part of a key before the '/' is not a domain name", "a_b/x", "a-b/x"),
    ("invalid-value", "a character that a value cannot have, or not at its ends", "x=a/b", "x=a-b"),
    ("unexpected", "an unexpected word or sign; often, a comma is missing", "x y", "x,y"),
    ("unexpected-end", "the text ends too early", "!", "!x"),
    ("blank", "an empty expression", "", "x"),
):
    _expression_rule(_code, _summary, before=f'"{_before}"', after=f'"{_after}"')

for _code, _summary in (
    ("key-too-long", "a key, or its part after the '/', of more than 63 characters"),
    ("prefix-too-long", "a part of a key before the '/' of more than 253 characters"),
    ("value-too-long", "a value of more than 63 characters"),
    ("text-too-long", "a selector text of more than 16,384 characters (limit: selector_text)"),
    ("too-many-requirements", "more than 256 requirements (limit: requirements)"),
    ("too-many-values", "more than 1,024 values in a list (limit: values_in_set) or 4,096 in all"),
    ("too-many-ids", "more than 100,000 ids (limit: match_ids)"),
):
    _rule(_code, _summary)

TEMPLATE = _rule(
    "template",
    "an unfilled template: ${...}, {{...}}, <...>",
    "Fill in the template before the file is checked and submitted. Templates are allowed in"
    " description and config.",
    before='name: demo\nselector: {match_labels: {region: "${REGION}"}}',
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_expression_rule(
    "look-alike-blank",
    "a blank or invisible character that is not an ordinary space",
    "For example a no-break space copied from a web page. Write an ordinary space, or none.",
    before='"region\\u00a0in (eu)"',
    after='"region in (eu)"',
)
CONTROL_CHARACTER = _rule(
    "control-character",
    "a control character other than tab and end of line",
    always_reported=True,
    before='name: demo\nselector:\n  match_labels: {region: "e\\u0007u"}',
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
_rule(
    "surrogate",
    "an unpaired surrogate",
    always_reported=True,
    before='{"name": "\\ud800", "selector": {"match_labels": {"region": "eu"}}}',
    after='{"name": "demo", "selector": {"match_labels": {"region": "eu"}}}',
)
_rule(
    "empty-id",
    "an empty node id",
    before='name: demo\nselector:\n  match_ids: [""]',
    after="name: demo\nselector:\n  match_ids: [node-1]",
)
_rule(
    "unprintable-id",
    "a node id with an unprintable character",
    before='name: demo\nselector:\n  match_ids: ["node\\u200b-1"]',
    after="name: demo\nselector:\n  match_ids: [node-1]",
)
