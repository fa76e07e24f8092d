"""An id that occurs twice is found, whatever the order and the batches."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect.readers.reader import DuplicateIdCheck

IDS = st.lists(st.text("abé日", min_size=1, max_size=2), max_size=12)


def check_of(*batches: list[str]) -> DuplicateIdCheck:
    """Return the check of some batches of ids."""
    check = DuplicateIdCheck()
    for batch in batches:
        check.add(batch)
    return check


def message(check: DuplicateIdCheck) -> str | None:
    """Return the message of the check's error, if it has one."""
    error = check.error()
    return None if error is None else error.message


def expected(ids: list[str]) -> str | None:
    """Return the message for the first id that repeats an earlier one."""
    for number, node_id in enumerate(ids):
        if node_id in ids[:number]:
            first = ids.index(node_id) + 1
            return f"two nodes have the id '{node_id}': nodes {first} and {number + 1}"
    return None


@given(st.lists(IDS, max_size=4))
@example([["a", "b"], ["b", "c"]])
@example([["a", "b", "b"]])
def test_the_first_repeated_id_is_reported(batches: list[list[str]]) -> None:
    """The error names the first id that occurs again, and its two nodes, in any batches."""
    assert message(check_of(*batches)) == expected([node_id for ids in batches for node_id in ids])


@pytest.mark.parametrize("step", [1, -1, 7])
def test_many_ids(step: int) -> None:
    """Thousands of different ids in any order have no duplicate, and one more is found."""
    ids = [f"n-{number * step % 5_000:04}" for number in range(5_000)]
    check = check_of(*[ids[at : at + 300] for at in range(0, 5_000, 300)])
    assert message(check) is None
    check.add([ids[4_321]])
    assert message(check) == f"two nodes have the id '{ids[4_321]}': nodes 4,322 and 5,001"
