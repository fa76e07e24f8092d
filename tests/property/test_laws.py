"""What holds for every selector, every text and every node."""

import copy
import itertools
import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect.errors import SelectorError
from nodeselect.selectors import AnyOf, Operator, Selector
from tests.cli.running import unprintable
from tests.hints import check_selector_hint
from tests.naive import matches
from tests.property.strategies import (
    KEYS,
    VALUES,
    any_ofs,
    any_texts,
    labels,
    node_ids,
    selectors,
    spaced,
    texts,
)


@given(texts())
def test_the_canonical_text_reads_back(text: str) -> None:
    """Parsing the canonical text gives an equal selector with the same canonical text."""
    selector = Selector.parse(text)
    again = Selector.parse(str(selector))
    assert again == selector
    assert again.canonical == selector.canonical
    assert hash(again) == hash(selector)
    assert str(again) == str(selector)


@given(selectors(), labels(), node_ids())
def test_pickle_and_copy_give_the_selector_again(
    selector: Selector, node_labels: dict[str, str], node_id: str | None
) -> None:
    """A pickled or copied selector is equal, shows the same text and matches the same nodes."""
    text = str(selector)
    assert repr(selector) == f"Selector({text if len(text) <= 200 else text[:199] + '…'!r})"
    pickled = [
        pickle.loads(pickle.dumps(selector, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    ]
    for again in (*pickled, copy.copy(selector), copy.deepcopy(selector)):
        assert (again, hash(again)) == (selector, hash(selector))
        assert (again.requirements, again.ids) == (selector.requirements, selector.ids)
        assert (str(again), repr(again)) == (text, repr(selector))
        assert again.matches(node_labels, node_id) == selector.matches(node_labels, node_id)


@given(st.data(), texts(), labels())
def test_spacing_does_not_matter(
    data: st.DataObject, text: str, node_labels: dict[str, str]
) -> None:
    """The four kinds of white space between tokens change nothing."""
    selector = Selector.parse(data.draw(spaced(text)))
    assert selector == Selector.parse(text)
    assert str(selector) == str(Selector.parse(text))
    assert selector.matches(node_labels) == Selector.parse(text).matches(node_labels)


@given(st.data(), texts(), labels())
def test_order_does_not_matter(data: st.DataObject, text: str, node_labels: dict[str, str]) -> None:
    """Requirements in another order are an equal selector that matches the same nodes."""
    selector = Selector.parse(text)
    parts = [str(requirement) for requirement in selector.requirements]
    shuffled = Selector.parse(",".join(data.draw(st.permutations(parts))))
    assert shuffled == selector
    assert hash(shuffled) == hash(selector)
    assert shuffled.matches(node_labels) == selector.matches(node_labels)


@given(selectors(), labels(), node_ids(), st.text(), st.text())
def test_an_unrelated_label_changes_nothing(
    selector: Selector, node_labels: dict[str, str], node_id: str | None, key: str, value: str
) -> None:
    """A label whose key is in no requirement does not change the answer."""
    asked = {requirement.key for requirement in selector.requirements}
    more = node_labels if key in asked else {**node_labels, key: value}
    less = {key: value for key, value in node_labels.items() if key in asked}
    answer = selector.matches(node_labels, node_id)
    assert selector.matches(more, node_id) == answer
    assert selector.matches(less, node_id) == answer


@given(selectors(), selectors(), labels(), node_ids())
def test_and_matches_what_both_match(
    one: Selector, other: Selector, node_labels: dict[str, str], node_id: str | None
) -> None:
    """``s & t`` matches a node exactly if both ``s`` and ``t`` do, in either order."""
    both = one.matches(node_labels, node_id) and other.matches(node_labels, node_id)
    assert (one & other).matches(node_labels, node_id) == both
    assert one & other == other & one
    assert one & Selector.everything() == one
    assert one & Selector.nothing() == Selector.nothing()


@given(any_ofs(), any_ofs(), selectors(), labels(), node_ids())
def test_any_of_is_or_and_distributes(
    one: AnyOf, other: AnyOf, both: Selector, node_labels: dict[str, str], node_id: str | None
) -> None:
    """``|`` is OR and ``&`` is AND, on either side; neither order nor repetition matters."""

    def answer(condition: Selector | AnyOf) -> bool:
        return condition.matches(node_labels, node_id)

    assert answer(one) is any(map(answer, one.selectors))
    assert answer(one | other) == answer(one | other | one) == (answer(one) or answer(other))
    assert answer(one & other) == (answer(one) and answer(other))
    assert answer(one & both) == answer(both & one) == (answer(one) and answer(both))
    assert answer(one | both) == answer(both | one) == (answer(one) or answer(both))
    assert answer(one & (other | both)) == answer(one & other | one & both)
    assert (one | other, hash(one | other)) == (other | one | other, hash(other | one | other))
    assert (one | AnyOf(()), both & AnyOf(())) == (one, AnyOf(()))
    assert answer(one | Selector.nothing()) == answer(one & Selector.everything()) == answer(one)


@given(any_ofs(), labels(), node_ids())
def test_split_of_any_of_is_equivalent(
    condition: AnyOf, node_labels: dict[str, str], node_id: str | None
) -> None:
    """A node satisfies all conditions of ``split()`` exactly if it matches; one is an ``AnyOf``."""
    parts = condition.split()
    passed = [part.matches(node_labels, node_id) for part in parts]
    assert all(passed) is condition.matches(node_labels, node_id)
    assert len(set(parts)) == len(parts)
    for part in parts[:-1]:
        assert isinstance(part, Selector)
        assert part.split() == (part,)
    if parts and isinstance(last := parts[-1], AnyOf):
        assert len(last.selectors) > 1
        assert last.split() == (last,)


@given(any_ofs(), labels(), node_ids())
def test_any_of_pickles_and_is_no_text(
    condition: AnyOf, node_labels: dict[str, str], node_id: str | None
) -> None:
    """A pickled or copied ``AnyOf`` is equal. Its text never parses to a wider selector."""
    for again in (pickle.loads(pickle.dumps(condition)), copy.deepcopy(condition)):
        assert (again, hash(again), again.selectors) == (
            condition,
            hash(condition),
            condition.selectors,
        )
    parsed = refusal(str(condition)) or Selector.parse(str(condition))
    if isinstance(parsed, Selector) and parsed.matches(node_labels, node_id):
        assert condition.matches(node_labels, node_id)


@given(selectors(), labels(), node_ids())
def test_the_predicate_answers_as_the_model(
    selector: Selector, node_labels: dict[str, str], node_id: str | None
) -> None:
    """The compiled predicate returns what the model does, as a bool."""
    answer = selector.matches(node_labels, node_id)
    assert answer is matches(selector.requirements, selector.ids, node_labels, node_id)


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)))
def test_match_labels_are_equalities(wanted: dict[str, str]) -> None:
    """``match_labels`` is the same selector as the equalities in a text."""
    text = ",".join(f"{key}={value}" for key, value in wanted.items())
    selector = Selector.of(match_labels=wanted)
    assert selector == Selector.parse(text)
    assert all(each.operator is Operator.EQUALS for each in selector.requirements)
    assert selector.matches(wanted)


def refusal(text: str) -> SelectorError | None:
    """Return the error that ``text`` raises, or None if it parses."""
    try:
        Selector.parse(text)
    except SelectorError as error:
        return error
    return None


@given(any_texts())
def test_any_text_parses_or_raises_a_selector_error(text: str) -> None:
    """A text is a selector or raises a SelectorError that points into it and is safe to print."""
    error = refusal(text)
    if error is None:
        return
    shown = str(error)
    assert not unprintable(shown)
    assert error.source == text
    start, end = error.span
    assert 0 <= start <= end <= len(text)
    headline, _, _, _, carets, *hint = shown.split("\n")
    assert headline == f"error[{error.code}]: {error.message}"
    assert re.fullmatch(r" *\| *\^+", carets)
    assert hint == ([f"help: {error.hint}"] if error.hint else [])
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    assert str(pickle.loads(pickle.dumps(error))) == shown
    check_selector_hint(error)


# Pieces of mistaken requirements, between keys and values that are a "v" and a digit.
PIECES = (
    *("=", "==", "===", ":", "!", "!=", "<>", ">", ">>", "<", ">=", "!~", "*", "'", '"', "\n"),
    *("(", ")", "[", "]", "{", "}", ",", ", "),
    *(" in ", " IN ", " notin ", " not in ", " is not in ", " is in ", " is ", " is not ", " eq "),
    *(" ne ", " not ", " is null ", " is not null ", " exists ", " not exists ", " gt "),
)
VALUE_PIECES = ("v1", " v2 ", "'v3'", '"v4', "[v5", "v6,")
NEGATIONS = re.compile(r"!|<>|\b(?:not|notin|ne|null)\b", re.IGNORECASE)


@example("v0 in v1 v2")
@example("v0 notin (v1,(v2))")
@example("!v0:v1")
@example("v0:[v1,v2]")
@given(
    st.builds(
        str.__add__,
        st.sampled_from(("v0", "not v0", "!v0")),
        st.lists(st.sampled_from(PIECES) | st.sampled_from(VALUE_PIECES), min_size=1).map("".join),
    )
)
def test_a_suggestion_has_all_words_of_the_requirement(text: str) -> None:
    """What follows "write:" has all words between two commas, in order, and negates as they do."""
    error = refusal(text)
    _, write, suggestion = ((error and error.hint) or "").partition("write: ")
    if not write:
        return
    outside = re.sub(r"[(\[{][^()\[\]{}]*", lambda match: match[0].replace(",", " "), text)
    pieces = outside.split(",")
    whole = [
        "".join(pieces[first:last])
        for first, last in itertools.combinations(range(len(pieces) + 1), 2)
    ]
    words = re.findall("v[0-9]", suggestion)
    assert words in [re.findall("v[0-9]", each) for each in whole], suggestion
    if len(pieces) == 1 and not re.search(r"[=(,](?!v)\w", suggestion):  # no word is a value
        is_negative = NEGATIONS.search(suggestion) is not None
        assert is_negative == len(NEGATIONS.findall(text)) % 2, suggestion


@given(any_texts())
def test_an_error_in_a_job_spec_says_the_same(text: str) -> None:
    """``of`` rejects the expressions that ``parse`` rejects, with the same error and its place."""
    parsed = refusal(text)
    if parsed is None:
        return
    with pytest.raises(SelectorError) as caught:
        Selector.of(match_expressions=["x", text])
    assert caught.value.path == "match_expressions[1]"
    assert str(caught.value) == str(parsed.at("match_expressions[1]"))
