"""Selectors in the syntax of other systems: what is suggested matches the same nodes."""

import re
from collections.abc import Callable, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Selector, SelectorError
from nodeselect.problem import Fix
from nodeselect.selectors.other_syntax import equivalent

Labels = Mapping[str, str]
Case = tuple[str, Callable[[Labels], bool]]

KEYS = st.sampled_from(["a", "b"])
VALUES = st.sampled_from(["", "x", "y", "x y"])
NODES: list[Labels] = [
    {key: value for key, value in (("a", a), ("b", b)) if value is not None}
    for a, b in product((None, "", "x", "y", "x-y", "xy"), repeat=2)
]
SPACES = st.sampled_from(["", " ", "\t "])


@st.composite
def calico_terms(draw: st.DrawFn) -> Case:
    """Return a term of Calico, and its meaning by ``Evaluate`` of the nodes of its parser."""
    key, values, space = draw(KEYS), draw(st.lists(VALUES, max_size=3)), draw(SPACES)
    quote = draw(st.sampled_from("'\""))
    value = values[0] if values else ""
    operand = f"{space}{quote}{value}{quote}"
    texts = f",{space}".join(f"{quote}{each}{quote}" for each in values)
    text, holds = draw(
        st.sampled_from([
            (f"has({space}{key}{space})", lambda labels: key in labels),
            ("all()", lambda _: True),
            (f"{key}{space}=={operand}", lambda labels: labels.get(key) == value),
            (f"{key}{space}!={operand}", lambda labels: labels.get(key) != value),
            (f"{key} in {{{texts}}}", lambda labels: labels.get(key) in values),
            (f"{key} not{space}in {{{texts}}}", lambda labels: labels.get(key) not in values),
            (f"{key} contains{operand}",
             lambda labels: value in labels.get(key, "\0")),
            (f"{key} starts {space}with{operand}",
             lambda labels: labels.get(key, "\0").startswith(value)),
        ])
    )  # fmt: skip
    negations = draw(st.integers(0, 3))
    text = draw(st.sampled_from([f"{space}{text}", f"({text}{space})", f"(({text}) )"]))
    return "!" * negations + text, lambda labels: holds(labels) is (negations % 2 == 0)


@st.composite
def prometheus_terms(draw: st.DrawFn) -> Case:
    """Return a matcher of Prometheus, for which a missing label is an empty one."""
    key, space, quote = draw(KEYS), draw(SPACES), draw(st.sampled_from("'\""))
    operator = draw(st.sampled_from(["=", "!=", "=~", "!~"]))
    regexps = st.sampled_from(["x|y", "x|", "x.*", ".+", ".*", "x-y", "(x|y)", ""])
    value = draw(st.sampled_from(["", "x"]) if "~" not in operator else regexps)

    def holds(labels: Labels) -> bool:
        found = labels.get(key, "")
        same = re.fullmatch(value, found) is not None if "~" in operator else found == value
        return same is not operator.startswith("!")

    return f"{space}{key}{operator}{space}{quote}{value}{quote}", holds


@st.composite
def nomad_terms(draw: st.DrawFn) -> Case:
    """Return a constraint of Nomad, by the rules of ``checkConstraint``."""
    key, space, value = draw(KEYS), draw(SPACES), draw(st.sampled_from(["x", "y", '""', '"x y"']))
    operator = draw(st.sampled_from(["=", "==", "!=", " is ", " not ", " is_set", " is_not_set"]))
    text, expected = f"${{meta.{key}}}{space}{operator}", value.strip('"')
    if "set" not in operator:
        text += space + value

    def holds(labels: Labels) -> bool:
        match operator.strip():
            case "is_set":
                return key in labels
            case "is_not_set":
                return key not in labels
            case "!=" | "not":
                return labels.get(key, "") != expected
        return labels.get(key) == expected

    return text, holds


@st.composite
def mapping_items(draw: st.DrawFn) -> Case:
    """Return an item of a mapping; those with operators are of Ray."""
    key, values, space = draw(KEYS), draw(st.lists(VALUES, min_size=1)), draw(SPACES)
    listed, quote, is_negated = ",".join(values), draw(st.sampled_from("'\"")), draw(st.booleans())
    text, allowed = draw(st.sampled_from([(values[0], values[:1]), (f"in({listed})", values)]))
    text = f"{quote}{key}{quote}:{space}{quote}{'!' * is_negated}{text}{quote}{space}"
    return text, lambda labels: (labels.get(key) in allowed) is not is_negated


@st.composite
def jq_terms(draw: st.DrawFn) -> Case:
    """Return a comparison of jq, for which a missing label is null."""
    key, value, space = draw(KEYS), draw(VALUES), draw(SPACES)
    path = draw(st.sampled_from([f".{key}", f'["{key}"]', f'.["{key}"]']))
    is_equal = draw(st.booleans())
    text = f'.metadata.labels{path}{space}{"==" if is_equal else "!="}{space}"{value}"'
    return text, lambda labels: (labels.get(key) == value) is is_equal


LANGUAGES = {
    "Calico": ("{}", "&&", calico_terms()),
    "Prometheus": ("{{{}}}", ",", prometheus_terms()),
    "Nomad": ("{}", ",", nomad_terms()),
    "Ray": ("{{{}}}", ",", mapping_items()),
    "jq": (".items[] | select({})", " and ", jq_terms()),
}
"""The form of a selector in each language, what joins its terms, and a term."""


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_the_equivalent_matches_the_same_nodes(language: str, data: st.DataObject) -> None:
    """What a certain fix suggests matches a node if and only if the other system would."""
    form, conjunction, term = LANGUAGES[language]
    terms = data.draw(st.lists(term, min_size=1, max_size=2))
    fix = equivalent(form.format(conjunction.join(text for text, _ in terms)))
    if fix is None or not fix.is_certain:
        return
    assert fix.replacement
    selector = Selector.parse(fix.replacement)
    for labels in NODES:
        assert selector.matches(labels) is all(holds(labels) for _, holds in terms)


@pytest.mark.parametrize(
    "text",
    ["x", "x=a,!y", "region in (eu,us)", "x == a", "a && b", "x=${REGION}", "{{ x }}", "("],
)
def test_other_texts(text: str) -> None:
    """A text without a mark of one of the syntaxes is in none of them."""
    assert equivalent(text) is None


def test_what_has_no_equivalent() -> None:
    """A filter of jq is recognized by its beginning; a mapping has one text for each key."""
    assert equivalent('.labels.a!="b"') == Fix.write(
        "a!=b", "for this jq filter, write", is_certain=True
    )
    words = "no selector text is known to be equivalent to this "
    for text in ('.name=="a"', '.metadata.labels.a=="b" or .metadata.labels.c=="d"'):
        assert equivalent(text) == Fix(f"{words}jq filter")
    for text in ("{key: gpu, operator: Exists}", '{"effect": "NoSchedule", "key": "gpu"}'):
        assert equivalent(text) == Fix(f"{words}mapping")
    for text in ('{"a": null}', "{a: Null}", "{'a': True}", '{"a": {"b": "c"}}'):
        assert equivalent(text) is None


def test_a_selector_of_alternatives() -> None:
    """Alternatives are not joined to one selector; the words say how to write them."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse("has(a) && b == 'c' || has(d)")
    words = "use one selector for each alternative of this Calico selector"
    assert caught.value.fix == Fix(words)
