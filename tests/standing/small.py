"""Thresholds so low that a few selectors use all that a million would."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

from nodeselect.standing import selector_store, standing_selectors


@contextmanager
def thresholds(random: Random) -> Iterator[None]:
    """Choose each threshold at random: as it is, or so low that everything exceeds it."""
    with (
        patch.object(standing_selectors, "_MAX_DEAD", random.choice((0, 3, 1_024))),
        patch.object(selector_store, "_MIN_CACHED", random.choice((0, 1, 256))),
        patch.object(selector_store, "_CACHED_SHARE", random.choice((1, 64))),
        patch.object(selector_store, "_FEW_NAMES", random.choice((0, 512))),
        patch.object(selector_store, "_MAX_KEY_SETS", random.choice((1, 256))),
    ):
        yield
