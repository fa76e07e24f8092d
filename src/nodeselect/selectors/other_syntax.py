"""Translate selectors in the syntax of Calico, Prometheus, Nomad, Ray, jq or Swarm, for hints.

Sources: Calico, ``libcalico-go/lib/selector``; Prometheus, ``Matcher`` in ``model/labels``; Nomad,
``checkConstraint`` in ``scheduler/feasible``; Ray, ``label_selector.cc`` in ``common/scheduling``.
"""

import re
from collections.abc import Iterator

from nodeselect.problem import Fix
from nodeselect.selectors.requirement import Operator, Requirement

# The operators that have an equivalent; that of Prometheus' =~ and !~ is for lists of texts.
_EXISTS, _ABSENT = Operator.EXISTS, Operator.DOES_NOT_EXIST
_COMPARISONS = {"==": Operator.EQUALS, "=": Operator.EQUALS, "!=": Operator.NOT_EQUALS}
_CALICO = _COMPARISONS | {"has": _EXISTS, "in": Operator.IN, "notin": Operator.NOT_IN}
_PROMETHEUS = _COMPARISONS | {"=~": Operator.IN, "!~": Operator.NOT_IN}
_NOMAD = _COMPARISONS | {"is": Operator.EQUALS, "not": Operator.NOT_EQUALS}
_NOMAD |= {"is_set": _EXISTS, "is_not_set": _ABSENT}

_PAIRS = {_EXISTS: _ABSENT, Operator.EQUALS: Operator.NOT_EQUALS, Operator.IN: Operator.NOT_IN}
_OPPOSITES = _PAIRS | {opposite: operator for operator, opposite in _PAIRS.items()}

# The fields of a Nomad node that are labels here. An empty class is not a label.
_NOMAD_FIELDS = frozenset({"node.class", "node.datacenter", "node.pool"})

# What to do about the constraints of Docker Swarm that are not about labels.
SWARM_FIELDS = {
    **dict.fromkeys(("node.id", "node.hostname"), "give the ids of the nodes that you want: --id"),
    **dict.fromkeys(
        ("node.ip", "node.platform.arch", "node.platform.os", "node.role"), "there is no equivalent"
    ),
}

# What a text in another syntax has, and few others have.
_MARK = r"[({&|$]|contains|with|[!=]= *[\"']"

# White space, a text in quotes without escapes, and a term of each syntax with what joins it to the
# next one; ``open`` and ``close`` are what precedes and follows a term of Calico.
_S = "[ \t\r\n]*+"
_TEXT = r"(?:\"[^\"\\\n]*\"|'[^'\\\n]*')"
_CALICO_TERM = (
    rf"(?P<open>[ \t(!]*+)(?:(?P<call>has|all|global)\({_S}(?P<argument>[\w./-]*+){_S}\)|"
    rf"(?P<key>\w[\w./-]*+){_S}(?P<operator>==|!=|(?:not{_S})?in|contains|(?:starts|ends){_S}with){_S}"
    rf"(?P<values>{_TEXT}|\{{(?:{_S}{_TEXT}{_S}(?:,|(?=\}})))*+{_S}\}}))"
    r"(?P<close>[ \t)]*+)(?P<join>&&|\|\||\Z)"
)
_PROMETHEUS_TERM = (
    rf"\A{_S}\{{{_S}\}}{_S}\Z|"
    rf"(?:\A{_S}(?P<metric>[a-zA-Z_:][\w:]*+{_S})?\{{|(?<=,)){_S}(?P<key>[a-zA-Z_]\w*+){_S}(?P<operator>=~|!~|!=|=){_S}"
    rf"(?P<values>{_TEXT}){_S}(?:,?{_S}\}}{_S}\Z|(?P<join>,))"
)
_NOMAD_TERM = (
    rf"{_S}\"?+\$\{{?+(?P<key>(?:attr|meta|node)\.[\w./-]++)\}}?+\"?+{_S}"
    rf"(?P<operator>==?|!=|[<>]=?|[a-z_]++){_S}(?P<values>{_TEXT}|[\w./-]++|)"
    rf"{_S}(?P<join>,|&&|\Z)"
)

# An item of a mapping in JSON, YAML or Python; Ray has !a, in(a,b) and !in(a,b) as values.
_MAPPING_TERM = (
    rf"(?:\A{_S}\{{|(?<=,)){_S}(?P<key>{_TEXT}|[\w./-]++){_S}:{_S}"
    rf"(?P<values>{_TEXT}|(?!(?:[nN]ull|NULL|None|True|False)\b)[\w.-]++){_S}(?:,?{_S}\}}{_S}\Z|(?P<join>,))"
)
_JQ_TERM = (
    rf"(?:\A(?:{_S}\.items\[\]{_S}\|)?{_S}(?:select{_S}\()?|(?<=and)){_S}\.(?:metadata\.)?labels"
    rf"(?P<key>\.[\w./-]++|\.?\[{_S}{_TEXT}{_S}\]){_S}(?P<operator>==|!=){_S}(?P<values>{_TEXT})"
    rf"{_S}(?:\)?{_S}\Z|(?P<join>and))"
)

# How a text of these begins, even if it has operators or targets without an equivalent.
_NOMAD_START = r"\s*\"?\$\{(?:attr|meta|node)[.[]"
_JQ_START = r"\s*(?:\.\w|\.\[|select\s*\()"

# The arguments of requirements that must all hold.
_Terms = Iterator[tuple[str, Operator, list[str]]]


def equivalent(source: str) -> Fix | None:
    """Return the selector that is equivalent to ``source`` in the syntax of another system.

    Cost: linear in the text.

    :return: a certain fix; one of words only, if no equivalent is known; None for a text that is in
        none of the known syntaxes.
    """
    if not re.search(_MARK, source):
        return None
    for name, pattern, read in (
        ("Calico selector", _CALICO_TERM, _read_calico),
        ("Prometheus selector", _PROMETHEUS_TERM, _read_prometheus),
        ("Nomad constraint", _NOMAD_TERM, _read_nomad),
        ("mapping", _MAPPING_TERM, _read_mapping),
        ("jq filter", _JQ_TERM, _read_jq),
    ):
        matches = list(_matches(re.compile(pattern, re.ASCII), source))
        if not matches or matches[-1].end() < len(source) or matches[-1]["join"]:
            continue
        if any(match["join"] == "||" for match in matches):
            return Fix(f"use one selector for each alternative of this {name}")
        try:
            texts = [str(Requirement(*term)) for match in matches for term in read(match)]
        except (KeyError, ValueError):  # an operator, or a key or value, has no equivalent
            return _unknown(name)
        if not texts:
            return Fix(f"this {name} matches every node, as an empty selector does")
        return Fix.write(",".join(texts), f"for this {name}, write", is_certain=True)
    if re.match(_NOMAD_START, source):
        return _unknown("Nomad constraint")
    if re.match(_JQ_START, source):
        return _unknown("jq filter")
    return None


def _unknown(name: str) -> Fix:
    return Fix(f"no selector text is known to be equivalent to this {name}")


def swarm_message(requirement: Requirement) -> str:
    """Return what to write for a requirement that is probably a constraint of Docker Swarm.

    The message is empty for other requirements, and for those that a node without the label fails.
    """
    key, text = requirement.key, str(requirement)
    is_label = key.startswith("node.labels.")
    if not requirement.operator.matches_absent or not (is_label or key in SWARM_FIELDS):
        return ""
    what = SWARM_FIELDS.get(key) or f"write {text.replace('node.labels.', '', 1)}"
    words = f"{text} matches all nodes without the label {key}"
    return f"{words}; for this constraint of Docker Swarm, {what}"


def _matches(pattern: re.Pattern[str], source: str) -> Iterator[re.Match[str]]:
    """Yield the terms with which ``source`` begins, one after the other."""
    position = 0
    while position < len(source) and (match := pattern.match(source, position)):
        yield match
        position = match.end()


def _read_calico(match: re.Match[str]) -> _Terms:
    opening, operand = match["open"], match["values"] or ""
    is_negated = opening.count("!") % 2 == 1
    if opening.count("(") != match["close"].count(")"):
        raise ValueError("no equivalent")
    if match["call"] == "all" and not is_negated:
        return
    operator = _CALICO["".join((match["call"] or match["operator"]).split())]
    is_set = operator in (Operator.IN, Operator.NOT_IN)
    if operand.startswith("{") != is_set:
        raise ValueError("no equivalent")
    values = [text[1:-1] for text in re.findall(_TEXT, operand)]
    key = match["argument"] if match["call"] else match["key"]
    yield key, _OPPOSITES[operator] if is_negated else operator, values


def _read_prometheus(match: re.Match[str]) -> _Terms:
    if match["key"] is None:
        return
    key, operator, text = match["key"], _PROMETHEUS[match["operator"]], match["values"][1:-1]
    if match["metric"]:  # it is about series with this name
        raise ValueError("no equivalent")
    if operator is Operator.IN and text == ".+":
        operator, text = Operator.NOT_EQUALS, ""
    if operator not in (Operator.IN, Operator.NOT_IN):
        values = [text]
    elif re.fullmatch(r"[\w|-]+", text, re.ASCII):
        values = text.split("|")
    else:
        raise ValueError("no equivalent")
    if "" in values:  # for Prometheus, a missing label is an empty one
        if operator is not Operator.NOT_EQUALS:
            raise ValueError("no equivalent")
        yield key, _EXISTS, []
    yield key, operator, values


def _read_nomad(match: re.Match[str]) -> _Terms:
    key, operator, value = match["key"], _NOMAD[match["operator"]], match["values"]
    if value.startswith(("'", '"')):
        value = value[1:-1]
    is_equality = operator.arity == "one"
    name = key.removeprefix("meta.")
    is_label = key.startswith("attr.") or (key in _NOMAD_FIELDS and is_equality and value)
    is_meta = name != key and not name.startswith("attr.") and name not in _NOMAD_FIELDS
    # A missing label is not equal to an empty value, and for Nomad not unequal either.
    if not (is_label or is_meta) or (operator is Operator.NOT_EQUALS and not value):
        raise ValueError("no equivalent")
    yield name, operator, [value] if is_equality or value else []


def _read_mapping(match: re.Match[str]) -> _Terms:
    key, text = match["key"].strip("'\""), match["values"].strip("'\"")
    if key in ("key", "operator", "effect"):
        raise KeyError(key)  # a match expression or a toleration
    value = text.removeprefix("!")
    operator, values = Operator.EQUALS, [value]
    if value.startswith("in(") and value.endswith(")"):
        operator, values = Operator.IN, [each.strip() for each in value[3:-1].split(",")]
    yield key, operator if value == text else _OPPOSITES[operator], values


def _read_jq(match: re.Match[str]) -> _Terms:
    key = match["key"].strip(".[]'\" \t\r\n")
    yield key, _COMPARISONS[match["operator"]], [match["values"][1:-1]]
