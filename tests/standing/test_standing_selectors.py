"""Standing selectors are a mapping of names that is asked which selectors match a node."""

import copy
import pickle
from collections.abc import Callable, Hashable
from typing import Any

import pytest

from nodeselect import AnyOf, Node, Placement, Selector, StandingSelectors
from nodeselect.standing import standing_selectors as module
from tests.imports import HEAVY, loaded_after
from tests.standing.random_cases import compare

parse = Selector.parse

TRAIN = parse("gpu,tier!=free")
WEB = parse("!gpu")
ALL = Selector.everything()


def three() -> StandingSelectors[str]:
    """Return three selectors whose names are not sorted."""
    return StandingSelectors({"train": TRAIN, "all": ALL, "web": WEB})


def test_reading() -> None:
    """Length, iteration, membership and look-up are those of a dict."""
    standing = three()
    assert len(standing) == 3
    assert list(standing) == list(standing) == ["train", "all", "web"]
    assert "web" in standing
    assert "batch" not in standing
    assert standing["web"] == WEB
    assert standing.get("batch") is None
    with pytest.raises(KeyError, match="batch"):
        standing["batch"]
    assert repr(standing) == "<StandingSelectors of 3 selectors>"
    assert repr(standing.snapshot()) == "<StandingSnapshot of 3 selectors>"
    assert list(StandingSelectors([("b", ALL), ("a", ALL)])) == ["b", "a"]
    empty: StandingSelectors[str] = StandingSelectors()
    assert len(empty) == len(empty.matching(Node("n-1"))) == 0


def test_an_answer_is_a_set() -> None:
    """An answer has the names that match, in order, and does what sets do."""
    answer = three().matching(Node("n-1", {"gpu": "1"}))
    assert len(answer) == 2
    assert answer
    assert list(answer) == answer.names() == ["train", "all"]
    assert "train" in answer
    assert "web" not in answer
    assert "batch" not in answer
    assert answer == {"all", "train"}  # type: ignore[comparison-overlap]
    assert answer & {"all", "web"} == frozenset({"all"})
    assert answer - {"all"} == {"train"}
    assert answer | {"web"} == {"all", "train", "web"}
    assert answer <= {"all", "train", "web"}
    assert repr(answer) == "<NameSet of 2: 'train', 'all'>"
    assert repr(StandingSelectors(dict.fromkeys("abcd", ALL)).matching({})) == (
        "<NameSet of 4: 'a', 'b', 'c', …>"
    )


def test_changes_of_two_nodes() -> None:
    """A change is of one node."""
    with pytest.raises(ValueError, match="two different nodes: 'n-1' and 'n-2'"):
        three().changes(Node("n-1"), Node("n-2"))


def test_single_writes() -> None:
    """``upsert`` and ``remove`` return what they did; an unknown name changes nothing."""
    standing = three()
    assert [standing.upsert("batch", ALL), standing.upsert("batch", WEB)] == ["added", "changed"]
    assert standing.upsert("batch", WEB) == standing.remove("x", missing_ok=True) == "unchanged"
    assert [standing.remove("batch"), standing.generation] == ["removed", 3]
    standing.apply({})
    with pytest.raises(KeyError, match="batch"):
        standing.remove("batch")
    with pytest.raises(KeyError, match="batch"):
        standing.apply({"new": ALL, "train": None, "batch": None})
    assert standing.names() == list(standing) == ["train", "all", "web"]
    assert standing.generation == 3


def test_equal_selectors() -> None:
    """Equal selectors are one object; putting in an equal one changes nothing."""
    standing = StandingSelectors({"a": parse("x=1,y"), "b": parse("y,x=1")})
    assert standing["a"] is standing["b"]
    standing.upsert("c", parse("x=1,y"))
    assert standing["c"] is standing["a"]
    assert standing.matching({"x": "1", "y": ""}).names() == ["a", "b", "c"]
    snapshot = standing.snapshot()
    standing.upsert("a", parse("y,x=1"))
    assert standing.generation == snapshot.generation == 1
    standing.upsert("a", WEB | TRAIN)
    assert standing.upsert("a", AnyOf([TRAIN, WEB])) == "unchanged"


MIXED: list[Hashable] = [None, 7, ("job", 1), frozenset({1}), "job", Node("n-1")]
TUPLES: list[Hashable] = [("job", 1), ("job", 2), ("job", 3)]


@pytest.mark.parametrize("names", [MIXED, TUPLES], ids=["mixed", "tuples"])
@pytest.mark.parametrize("few", [0, 512])
def test_names(monkeypatch: pytest.MonkeyPatch, few: int, names: list[Hashable]) -> None:
    """A name is any hashable value, and is returned as it is, in few names and in many."""
    monkeypatch.setattr("nodeselect.standing.selector_store._FEW_NAMES", few)
    standing = StandingSelectors(dict.fromkeys(names, ALL))
    for _ in range(2):
        assert standing.matching({}).names() == list(standing) == names
        standing.upsert("more", WEB)
        assert standing.matching({"gpu": "1"}).names() == names
        standing.remove("more")
    assert ("job", 1) in standing
    assert ("job", 9) not in standing.matching({})


UNTYPED: Any = None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.matching("n-1"), "labels must be a mapping, not str"),
        (lambda s: s.matching(UNTYPED), "labels must be a mapping, not NoneType"),
        (lambda s: s.matching({"gpu": 1}), "the value of 'gpu' must be a string, not int"),
        (lambda s: s.matching({1: "gpu"}), "a label's key must be a string, not int"),
        (lambda s: s.matching({}, 5), "node_id must be a string, not int"),
        (lambda s: s.matching(Node("n-1"), "n-1"), "node_id is only for labels"),
        (lambda s: s.explain({"gpu": None}), "the value of 'gpu' must be a string, not NoneType"),
        (lambda s: s.changes({}, Node("n-1")), "expected a Node, not dict"),
        (lambda s: s.apply([("a", WEB)]), "changes must be a mapping, not list"),
        (
            lambda s: s.apply({"a": WEB, "b": "gpu"}),
            "or an AnyOf, not str; parse a text",
        ),
        (lambda s: s.upsert("a", None), "expected a Selector or an AnyOf, not NoneType"),
        (lambda s: s.upsert("a", Placement()), "expected a Selector or an AnyOf, not Placement"),
        (lambda s: s.upsert([], WEB), "unhashable type: 'list'"),
        (lambda s: type(s)({"a": "gpu"}), "expected a Selector or an AnyOf, not str"),
    ],
)
def test_wrong_types(call: Callable[[Any], object], message: str) -> None:
    """A wrong type raises ``TypeError`` and changes nothing."""
    standing = three()
    with pytest.raises(TypeError, match=message):
        call(standing)
    assert list(standing) == ["train", "all", "web"]
    assert standing.generation == 0


@pytest.mark.parametrize("kind", ["standing", "snapshot", "answer"])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_nothing_is_copied(kind: str, copied: Callable[[object], object]) -> None:
    """What shares a store cannot be copied or pickled."""
    standing = three()
    value = {
        "standing": standing,
        "snapshot": standing.snapshot(),
        "answer": standing.matching({}),
    }[kind]
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        copied(value)


def test_compaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many replacements keep the store small, and are invisible to readers."""
    monkeypatch.setattr(module, "_MAX_DEAD", 4)
    standing = three()
    before = standing.snapshot()
    for number in range(40):
        standing.upsert("train", parse(f"gpu={number},!zone"))
        standing.upsert(f"job-{number}", parse(f"zone in (a,b),gpu>{number}"))
        assert list(standing)[:4] == ["train", "all", "web", "job-0"]
        assert len(standing._view.store.names) <= 2 * len(standing) + 4
    assert standing.generation == 80
    for name in [name for name in standing if name.startswith("job")]:
        standing.remove(name)
    assert standing.generation == 120
    assert standing._view.store._keys.keys() <= {"gpu", "zone"}
    assert list(standing) == list(before)


def test_nodes_with_many_sets_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cached for the keys of nodes is bounded, whatever keys nodes have."""
    monkeypatch.setattr("nodeselect.standing.selector_store._MAX_KEY_SETS", 4)
    standing = StandingSelectors((at, parse(f"k{at}")) for at in range(9))
    for at in [*range(9), *range(9)]:
        assert standing.matching({f"k{at}": ""}).names() == [at]
        assert len(standing._view.store._cache) <= 4


PROGRAM = """
from nodeselect import Node, Selector, StandingSelectors
standing = StandingSelectors((number, Selector.everything()) for number in range({count}))
node = Node("n-1", {{"x": "1"}})
assert len(standing.matching(node).names()) == {count}
standing.upsert(0, Selector.parse("x=2"))
standing.changes(None, node), standing.explain(node), standing.snapshot()
standing.remove(1)
"""


@pytest.mark.parametrize(("count", "numpy"), [(512, set()), (513, {"numpy"})])
def test_numpy(count: int, numpy: set[str]) -> None:
    """Few names need no numpy, whatever is done with them, and nothing else that is heavy."""
    assert loaded_after(PROGRAM.format(count=count)) & HEAVY == numpy | {"pyroaring"}


@pytest.mark.parametrize("seed", range(4))
def test_random_cases(seed: int) -> None:
    """Every answer is exact: with each operator, ids, replacements, removals and snapshots."""
    assert compare(2_000, seed) > 30_000
