"""Persistent maps: each is what a dict would be, whatever is made of it later."""

from hypothesis import given
from hypothesis import strategies as st

from nodeselect.placement.persistent_map import PersistentMap

# The hashes of few of these differ in what decides on the leaf.
keys = st.integers(0, 40).map(lambda number: f"key-{number}")
changes = st.dictionaries(keys, st.none() | st.integers(1, 3).map(str), max_size=8)


@given(st.lists(st.tuples(st.integers(0, 9), changes), max_size=12))
def test_each_is_what_a_dict_would_be(steps: list[tuple[int, dict[str, str | None]]]) -> None:
    """Change an earlier map, and compare all maps with dicts; find what differs between two."""
    maps: list[tuple[PersistentMap[str], dict[str, str]]] = [(PersistentMap(), {})]
    for at, change in steps:
        before, model = maps[at % len(maps)]
        after = {key: value for key, value in (model | change).items() if value is not None}
        maps.append((before.updated(change), after))
    for found, model in maps:
        assert found.to_dict() == model
        assert len(found) == len(model)
        assert all(found.get(f"key-{number}") == model.get(f"key-{number}") for number in range(41))
        for other, other_model in maps:
            differing = {
                key
                for key in model.keys() | other_model
                if model.get(key) is not other_model.get(key)
            }
            keys = found.differences(other, 100)
            assert keys is not None
            assert differing == set(keys)
            assert found.differences(other, len(differing) - 1) is None or not differing


def test_nothing_is_left() -> None:
    """When all entries are removed, the map is as small as a new one."""
    names = [f"key-{number}" for number in range(5_000)]
    full = PersistentMap[str]().updated(dict.fromkeys(names, "x"))
    empty = full
    for name in names:
        empty = empty.updated({name: None})
    assert empty._root is PersistentMap[str]()._root
    half = full.updated(dict.fromkeys(names[::2]))
    leaves = [leaf for branch in half._root for twig in branch for leaf in twig]
    assert sum(map(len, leaves)) == 2_500
    assert len({id(leaf) for leaf in leaves if not leaf}) == 1
