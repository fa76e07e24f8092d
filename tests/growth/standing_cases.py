"""Many standing selectors: which of them match a node, and what a change gains and loses."""

from functools import partial

from nodeselect import Inventory, Node, Selector, StandingSelectors
from tests.growth.cases import case, words
from tests.growth.inventory_cases import fleet
from tests.growth.selector_cases import TEMPLATES

_NODE = Node("n-1", {"k": "7", "region": "eu", "gpu": "l4"})
_CHANGED = _NODE.replace(labels={"k": "12", "region": "us"})


def _selectors(template: str, n: int) -> dict[str, Selector]:
    """Return ``n`` selectors by name, each of one requirement."""
    return {word: Selector.parse(template.format(word)) for word in words(n)}


def _ranges(n: int) -> dict[str, Selector]:
    return {f"at-{number}": Selector.parse(f"k>{number},k<{2 * number}") for number in range(n)}


def _ids(n: int) -> dict[str, Selector]:
    return {word: Selector.of(match_ids=[word, "n-1"]) for word in words(n)}


def _ask(selectors: dict[str, Selector]) -> object:
    """Ask for one node in all ways, before and after all selectors were replaced."""
    standing = StandingSelectors(selectors)
    answers: list[object] = []
    for changed in (Selector.parse("gpu"), Selector.parse("region=us")):
        gained, lost = standing.changes(_NODE, _CHANGED)
        explanation = standing.explain(_NODE)
        answers += [gained | lost, "x" in gained, len(lost), repr(lost), standing.matching(_NODE)]
        answers += [str(explanation), repr(explanation), repr(standing), standing.generation]
        standing.apply(dict.fromkeys(selectors, changed))
    snapshot = standing.snapshot()
    assert all(name in snapshot and snapshot[name] == standing.get(name) for name in snapshot)
    standing.apply(dict.fromkeys(list(selectors)[::2]))
    return answers, [*standing.matching(_CHANGED)], len(snapshot)


def _replace(names: list[str]) -> object:
    """Replace one selector again and again, then find it in each snapshot in between."""
    standing = StandingSelectors({name: Selector.parse(f"{name}=a") for name in names[:9]})
    snapshots = []
    for number, name in enumerate(names):
        standing.upsert("changing", Selector.parse(f"k={number}"))
        standing.upsert(name, Selector.parse("region=eu"))
        if number > 9:
            standing.remove(names[number - 9])
        snapshots.append(standing.snapshot())
    return [(snapshot["changing"], len(snapshot)) for snapshot in snapshots]


def _replace_all(selectors: dict[str, Selector]) -> object:
    """Replace all selectors three times, so that they are compacted."""
    standing = StandingSelectors(selectors)
    for text in ("region=eu", "region=us", "gpu"):
        standing.apply(dict.fromkeys(selectors, Selector.parse(text)))
    return standing.matching(_NODE).names()


def _write_both(nodes: list[Node]) -> object:
    """Write to nodes and selectors in turn, and ask what each write to a node changes.

    The selectors have few keys: a query after a write takes a step for each key of any selector.
    """
    inventory, standing = Inventory(), StandingSelectors(_selectors("region=eu,{}", 9))
    moved = [standing.changes(change.old, change.new) for change in inventory.apply(nodes)]
    for node in nodes:
        standing.upsert(node.id, Selector.parse(f"host={node.id}"))
        changed = node.replace(labels={"region": "us", "host": node.id})
        inventory.upsert(changed)
        moved.append(standing.changes(node, changed))
    for node in nodes[::2]:
        standing.remove(node.id)
        moved += [standing.changes(each.old, each.new) for each in inventory.apply([node.id])]
    return [(gained.names(), lost.names()) for gained, lost in moved]


for _kind, _template in TEMPLATES.items():
    case(f"standing/{_kind}", _ask, partial(_selectors, _template), 40)
case("standing/ranges", _ask, _ranges, 40)
case("standing/ids", _ask, _ids, 40)
case("standing/equal-selectors", _ask, partial(_selectors, "region in (eu,us)"), 40)
case("standing/replaced", _replace, words, 40)
case("standing/compacted", _replace_all, partial(_selectors, "region"), 1_100)
case("standing/nodes-change", _write_both, fleet, 40)
