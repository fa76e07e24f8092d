"""An interrupted write changes nothing, and the next write goes on."""

from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from nodeselect import Node, Selector, StandingSelectors
from nodeselect.standing import selector_store
from nodeselect.standing import standing_selectors as module
from nodeselect.standing.standing_selectors import BaseStanding
from tests.inventory.faults import in_another_thread, interrupted

parse = Selector.parse

BATCH = {
    "a": parse("x in (1,2),!y"),
    "new": parse("x>1,z!=1"),
    "b": None,
    "other": parse("x,y notin (1,2)"),
    "pinned": Selector.of(match_ids=["n-1", "n-9"]),
    "c": parse("x=1"),
}
# Every point is tested if this is 1.
_STEP = 7

NODES = [Node("n-1", {"x": "1"}), Node("n-2", {"x": "2", "y": "3"}), Node("n-9", {"z": "1"})]


def changed(replacements: int) -> StandingSelectors[str]:
    """Return selectors one of which was replaced that many times."""
    standing = StandingSelectors(
        {"a": parse("x=1"), "b": parse("!x"), "c": parse("x=1"), "d": parse("x>0")}
    )
    for number in range(replacements):
        standing.upsert("a", parse(f"x in (1,{number}),y"))
    standing.apply({"d": None, "e": parse("y!=3")})
    return standing


def state(standing: BaseStanding[str]) -> tuple[Any, ...]:
    """Return everything that a reader sees."""
    return (
        {name: standing[name] for name in standing},
        len(standing),
        standing.generation,
        [standing.matching(node).names() for node in NODES],
        [name in standing for name in ("b", "d", "new")],
        standing.explain(NODES[0]),
    )


@pytest.mark.parametrize("replacements", [2, 12], ids=["appends", "compacts"])
def test_an_interruption_at_any_point(monkeypatch: pytest.MonkeyPatch, replacements: int) -> None:
    """Wherever a batch is interrupted, all of it is visible or nothing, and writes go on."""
    monkeypatch.setattr(module, "_MAX_DEAD", 8)
    whole = changed(replacements)
    states = {whole.generation: state(whole)}
    before = state(whole)
    whole.apply(BATCH)
    states[whole.generation] = state(whole)
    whole.upsert("last", parse("y"))
    for at in count(step=_STEP):
        standing = changed(replacements)
        snapshot, answer = standing.snapshot(), standing.matching(NODES[0])
        names = answer.names()
        if not interrupted(partial(standing.apply, BATCH), at):
            break
        assert state(standing) == states[standing.generation]
        if standing.generation == before[2]:
            in_another_thread(partial(standing.apply, BATCH))
        in_another_thread(partial(standing.upsert, "last", parse("y")))
        assert state(standing) == state(whole)
        assert state(snapshot) == before
        assert answer.names() == names
    assert at > 1_000


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_an_interrupted_repair(kind: type[BaseException]) -> None:
    """If a half-written batch cannot be removed, the next write fails and readers go on."""
    standing = changed(2)
    before = state(standing)
    with patch.object(module, "StandingView", side_effect=kind), pytest.raises(kind):
        standing.apply(BATCH)
    with patch.object(selector_store.SelectorStore, "compacted", side_effect=kind):
        for _ in range(2):
            with pytest.raises(kind):
                standing.upsert("new", parse("x"))
            assert state(standing) == before
    standing.upsert("new", parse("x"))
    assert list(standing) == [*before[0], "new"]
    assert standing.generation == before[2] + 1


class Name:
    """A name whose comparison can be made to fail."""

    fails = False

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        if self.fails:
            raise OSError("gone")
        return self is other


def test_names_that_cannot_be_compared() -> None:
    """If the comparison of two names raises, the write raises that, and changes nothing."""
    first, second = Name(), Name()
    standing = StandingSelectors({first: parse("x")})
    second.fails = first.fails = True
    with pytest.raises(OSError, match="gone"):
        standing.upsert(second, parse("y"))
    second.fails = first.fails = False
    assert list(standing) == [first]
    standing.upsert(second, parse("y"))
    assert standing.matching({"y": ""}).names() == [second]


def test_a_reentrant_write_is_rejected() -> None:
    """A signal handler that writes during a write of its thread gets an error, not a deadlock."""
    standing = changed(2)
    add = selector_store.SelectorStore.add
    calls = []

    def write_within(*args: Any) -> int:
        calls.append(args)
        with pytest.raises(RuntimeError, match="while it interrupts another write"):
            standing.upsert("within", parse("x"))
        return add(*args)

    with patch.object(selector_store.SelectorStore, "add", write_within):
        standing.upsert("a", parse("x,y,z"))
    assert len(calls) == 1
    assert "within" not in standing
    standing.upsert("within", parse("x"))
    assert "within" in standing
