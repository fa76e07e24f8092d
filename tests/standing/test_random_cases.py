"""Standing selectors give the answers of the naive matcher, whatever is changed between."""

import pytest

from tests.standing.random_cases import compare


@pytest.mark.parametrize("seed", range(4))
def test_random_cases(seed: int) -> None:
    """Every answer is exact: with each operator, ids, replacements, removals and snapshots."""
    assert compare(2_000, seed) > 30_000
