"""Threads read and write at the same time."""

from collections.abc import Callable

from nodeselect import Node, NodeSet, Selector
from tests.inventory.racing import race, run_together, switching_often
from tests.inventory.small import small_inventory


def test_readers_next_to_a_writer() -> None:
    """Each answer of 8 readers is of one state during the query; snapshots keep theirs."""
    queries, stores = race(writes=600, readers=8, seed=1)
    assert queries > 8
    assert stores > 12


def test_two_writers_lose_nothing() -> None:
    inventory = small_inventory(compact_at=0.5)

    def writer(name: str) -> Callable[[], None]:
        def write() -> None:
            for number in range(400):
                inventory.upsert(Node(f"{name}-{number}", {"by": name}))
                inventory.apply([Node(f"{name}-last", {"n": str(number)}), Node(f"{name}-gone")])
                inventory.remove(f"{name}-gone")

        return write

    with switching_often():
        run_together([writer("a"), writer("b")])
    assert inventory.generation == 2 * 400 * 3
    assert len(inventory) == 2 * 401
    for name in "ab":
        wanted = [f"{name}-{number}" for number in range(400)]
        assert inventory.match(Selector.parse(f"by={name}")).ids() == wanted
        assert inventory[f"{name}-last"].labels == {"n": "399"}
    assert len(set(inventory.match(Selector.everything()).ids())) == len(inventory)


def test_one_answer_for_many_threads() -> None:
    """Threads that share an answer that is not computed yet get the same result."""
    inventory = small_inventory(Node(f"n-{number}", {"x": str(number % 3)}) for number in range(60))
    wanted = [f"n-{number}" for number in range(1, 60, 3)]
    for _ in range(40):
        answer = inventory.match(Selector.parse("x=1"))
        results: list[tuple[list[str], int]] = []

        def ask(answer: NodeSet = answer, results: list[tuple[list[str], int]] = results) -> None:
            results.append((answer.ids(), len(answer)))

        with switching_often():
            run_together([ask] * 8)
        assert results == [(wanted, 20)] * 8
