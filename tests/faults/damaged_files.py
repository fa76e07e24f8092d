"""Damage saved inventories: flip one bit, or cut them off.

Then every way to read the inventory must return what it returned before, or raise the error for a
damaged file.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

from nodeselect import Inventory, InventoryError, Node, Placement, Selector, Taint
from nodeselect.index.tuning import Tuning
from tests.inventory.small import tuned

_SEGMENTS = Tuning(max_unsegmented=1)
_EVERYTHING = Selector.everything()
_TASK = Placement(Selector.parse("y"), requests={"cpu": 2})
_TEXTS = ("x=1", "x!=1,y", "x in (0,1,2,3)", "!y", "z>3", "z notin (5,6)")


def _ids(selector: Selector, inventory: Inventory) -> list[str]:
    return inventory.match(selector).ids()


READINGS: list[Callable[[Inventory], object]] = [
    list,
    len,
    lambda inventory: inventory.ids(),
    lambda inventory: [inventory.get(f"n-{at}") for at in range(-1, 40, 3)],
    lambda inventory: inventory.explain(Selector.of(match_ids=["web-1"])).as_dict(),
    lambda inventory: inventory.match(_EVERYTHING).state_counts(),
    lambda inventory: inventory.match(_EVERYTHING).label_counts(),
    lambda inventory: inventory.match(_EVERYTHING).first(3),
    lambda inventory: inventory.match(_TASK).ids(),
    *(partial(_ids, Selector.parse(text)) for text in _TEXTS),
]
"""All ways to read an inventory that need other sections of a file."""


def _nodes(count: int, width: int, *, names: bool, states: int) -> list[Node]:
    return [
        Node(
            f"n-{at:0{width}}",
            {"x": str(at % 4)} | ({"y": ""} if at % 3 else {}) | ({"z": str(at)} if names else {}),
            f"web-{at % 5}" if names and at % 2 else None,
            f"state-{at % states}" if states else None,
        )
        for at in range(count)
    ]


def _saved(nodes: list[Node]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fleet.nsx")
        tuned(_SEGMENTS)(nodes).save(path)
        return path.read_bytes()


_TAINT = Taint("gpu", "NoSchedule")
_FLEETS: list[list[Node]] = [
    [],
    _nodes(7, 0, names=True, states=2),
    _nodes(40, 4, names=False, states=0),
    [*_nodes(30, 0, names=True, states=3), Node("n" * 200)],  # ids of very different lengths
    [
        Node(f"n-{at}", {"y": ""}, taints=[_TAINT] * (at % 3 > 1), resources={"cpu": at % 5})
        for at in range(20)
    ],
]

FILES = list(map(_saved, _FLEETS))
"""Saved inventories of several kinds."""

_EXPECTED = [[read(Inventory(nodes)) for read in READINGS] for nodes in _FLEETS]


def damage(data: bytes, random: Random) -> bytes:
    """Flip one bit of a file, or cut it off."""
    if random.random() < 0.1:
        return data[: random.randrange(len(data))]
    damaged = bytearray(data)
    damaged[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def read_damaged(number: int, data: bytes) -> list[str]:
    """Read a damaged file in all ways; return the codes of the errors.

    :param number: the position in ``FILES`` of what it was.
    """
    codes = []
    try:
        opened = tuned(_SEGMENTS).open(BytesIO(data))
    except InventoryError as error:
        return [error.code]
    for position, read in enumerate(READINGS):
        try:
            result = read(opened)
        except InventoryError as error:
            codes.append(error.code)
        else:
            assert result == _EXPECTED[number][position]
    return codes
