"""Forge saved files: sections with anything in them, and checksums that are right.

    python -m tests.inventory.forging 100000

forges 100,000 files and uses each in some ways. A second number is a seed. ``test_forging`` does a
few thousand.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from random import Random
from struct import iter_unpack, pack, pack_into, unpack_from
from tempfile import TemporaryDirectory
from types import ModuleType
from unittest.mock import patch
from zlib import crc32

from nodeselect import Inventory, InventoryError, Node, Selector, Taint
from nodeselect.index import arrays
from nodeselect.index.label_index import LabelIndex
from nodeselect.quantity import MAX_AMOUNT
from nodeselect.readers.detect import SAVED_MAGIC
from tests.inventory.small import SMALL, tuned

_ANY = Selector.parse("")
_SELECTORS = [
    Selector.parse("x=1"),
    Selector.parse("x in (1,2,3),!y"),
    Selector.parse("x notin (1,2,3),z"),
    Selector.parse("y>3"),
    Selector.parse("q=1"),
    Selector.of(match_ids=["n-1"]),
    Selector.of(match_ids=["n-1", "n-2", "n-3", "web-1"], match_expressions=["x!=1"]),
]

_Use = Callable[[Inventory], object]

_USES: list[_Use] = [
    len,
    list,
    lambda nodes: nodes.ids(),
    lambda nodes: [nodes.get(f"n-{at}") for at in range(60)],
    lambda nodes: [nodes.match(selector).ids() for selector in _SELECTORS],
    lambda nodes: [len(nodes.match(selector)) for selector in _SELECTORS],
    lambda nodes: [list(nodes.match(selector)) for selector in _SELECTORS],
    lambda nodes: nodes.match(_ANY).first(3),
    lambda nodes: nodes.match(_ANY).sample(5, seed=1),
    lambda nodes: [nodes.match(_ANY).value_counts(key) for key in "xyz"],
    lambda nodes: nodes.match(_ANY).label_counts(),
    lambda nodes: nodes.match(_ANY).state_counts(),
    lambda nodes: nodes.match(_ANY).connected().ids(),
    lambda nodes: [nodes.match(_ANY, states=[state]).ids() for state in ("connected", "lost")],
    lambda nodes: [nodes.explain(selector) for selector in _SELECTORS],
    lambda nodes: "n-7" in nodes and nodes.explain_node(_SELECTORS[0], "n-7"),
    lambda nodes: _write(nodes).ids(),
    lambda nodes: _write(nodes).changes_since(nodes),
    lambda nodes: nodes.changes_since(Inventory([Node("n-1")])),
    lambda nodes: nodes.stats,
    lambda nodes: [_read_facts(index) for index in nodes._view.store.indexes()],
]

_WITH_NUMPY: list[_Use] = [
    lambda nodes: nodes.compact(),
    lambda nodes: nodes.to_arrow(),
    lambda nodes: _write(nodes).compact(),
    lambda nodes: _write(nodes).to_arrow(),
]


def _read_facts(index: LabelIndex) -> list[int]:
    amounts = index.amounts.values()
    assert all(each.largest <= MAX_AMOUNT for each in amounts)
    sets = [*index.taints.values(), index.with_resources, *(each.at_least(2) for each in amounts)]
    return list(map(len, sets))


def _write(nodes: Inventory) -> Inventory:
    removed = [node_id for node_id in ("n-2", "n-3") if node_id in nodes]
    nodes.apply([Node("n-1", {"x": "9"}), Node("new", {"y": "1"}), *removed])
    return nodes


def saved_files(folder: Path) -> list[bytes]:
    """Return some files: of ids of the same and of different lengths, with and without names.

    The nodes of the last have taints and resources.
    """
    files = []
    for prefix, name, has_facts in (("n", None, 0), ("n" * 40, "web", 0), ("n", None, 1)):
        fleet = [
            Node(
                f"{prefix if at % 9 == 8 else 'n'}-{at}",
                {key: str(at % to) for key, to in (("x", 4), ("y", 7), ("z", 60)) if at % to != 1},
                f"{name}-{at % 20}" if name and at % 3 else None,
                [None, "a", "b", "connected", "lost"][at % 5],
                taints=[Taint("k", "NoExecute", str(at % 4))] if has_facts and at % 3 else None,
                resources={"cpu": at, "memory": 1 + at % 3} if has_facts and at % 4 else None,
            )
            for at in range(60)
        ]
        file = folder / "fleet.nsx"
        tuned(SMALL)(fleet).save(file)
        files.append(file.read_bytes())
    return files


def read_sections(data: bytes) -> tuple[dict[bytes, tuple[int, bytes]], int, int]:
    """Return the sections of a file, each with the bytes of a number; nodes, and generation."""
    header_size = int.from_bytes(data[16:20], "little")
    sections: dict[bytes, tuple[int, bytes]] = {}
    for name, width, _, offset, size in iter_unpack("<24sIIQQ", data[40:header_size]):
        sections[name.rstrip(b"\0")] = width, data[offset : offset + size]
    return sections, *unpack_from("<QQ", data, 24)


def forge(data: bytes, random: Random) -> bytes:
    """Return a file with some sections changed, and right checksums."""
    sections, nodes, generation = read_sections(data)
    if random.random() < 0.05:
        nodes = random.choice((0, 1, nodes - 1, nodes + 1))
        sections[b"ranks"] = 4, (sections[b"ranks"][1] + bytes(4))[: 4 * nodes]
    if random.random() < 0.05:
        generation = random.choice((2**63 - 1, 2**63, 2**64 - 1))
    for name in random.sample(list(sections), random.choice((1, 1, 2, 3))):
        sections[name] = _change(*sections[name], nodes, random)
    if random.random() < 0.05:
        del sections[random.choice(list(sections))]
    if random.random() < 0.9 and {b"postings", b"postings.offsets"} <= sections.keys():
        sections[b"postings.checksums"] = 4, _checksums(sections)
    return to_file(sections, nodes, generation)


def _change(width: int, section: bytes, nodes: int, random: Random) -> tuple[int, bytes]:
    """Return other bytes of a number, and another section."""
    count = len(section) // width
    numbers = [section[at : at + width] for at in range(0, count * width, width)]
    match random.randrange(8):
        case 0:
            return random.choice((0, 1, 2, 3, 4, 8)), section
        case 1:
            return width, section[: random.randint(0, len(section))]
        case 2:
            return width, section + random.randbytes(width * random.randint(1, 9))
        case 3:
            at, to = sorted(width * random.randint(0, count) for _ in range(2))
            return width, section[:at] + section[to:] + section[at:to]
        case 4 if count:  # a number again, in place of another one
            numbers[random.randrange(count)] = random.choice(numbers)
            return width, b"".join(numbers)
        case 5:  # the same numbers in other widths
            width = random.choice((1, 2, 4, 8))
            return width, b"".join(number.ljust(width, b"\0")[:width] for number in numbers)
    some = (0, 1, 10, 65, 195, 255, nodes - 1, nodes, count, 256, 2**31, 2**32 - 1, 2**64 - 1)
    changed = bytearray(section)
    for _ in range(random.randint(1, 4) if count else 0):
        at, number = width * random.randrange(count), random.choice(some) % (1 << 8 * width)
        changed[at : at + width] = number.to_bytes(width, "little")
    return width, bytes(changed)


def _checksums(sections: dict[bytes, tuple[int, bytes]]) -> bytes:
    (_, data), (width, offsets) = sections[b"postings"], sections[b"postings.offsets"]
    width = max(width, 1)
    numbers = [
        int.from_bytes(offsets[at : at + width], "little") for at in range(0, len(offsets), width)
    ]
    return b"".join(pack("<I", crc32(data[start:stop])) for start, stop in pairwise(numbers))


def to_file(sections: dict[bytes, tuple[int, bytes]], nodes: int, generation: int) -> bytes:
    """Return a file of these sections, with right checksums."""
    end = header_size = 40 + 48 * len(sections)
    entries, parts = b"", b""
    for name, (width, section) in sections.items():
        start = -(-end // 64) * 64
        parts += bytes(start - end) + section
        end = start + len(section)
        entries += pack("<24sIIQQ", name, width, crc32(section), start, len(section))
    fields = SAVED_MAGIC, 0x01020304, 1, header_size, 0, nodes, generation
    header = bytearray(pack("<8sIIIIQQ", *fields) + entries)
    pack_into("<I", header, 20, crc32(header))
    return bytes(header) + parts


@contextmanager
def _bulk_reader(bulk: ModuleType | None) -> Iterator[None]:
    """Read many items by numpy, or not, if that is None."""
    with ExitStack() as stack:
        for module in ("durable.saved_strings", "durable.saved_segment", "index.segment"):
            stack.enter_context(patch(f"nodeselect.{module}.bulk_reader", lambda _: bulk))
        yield


def use_forged(number: int, seed: int, folder: Path) -> tuple[int, int]:
    """Forge files and use each in some ways; return how many uses were answered, and refused.

    :raises Exception: if a use raises something else than ``InventoryError``.
    """
    files, answered, refused = saved_files(folder), 0, 0
    with_numpy: list[_Use] = [*_WITH_NUMPY, lambda nodes: nodes.save(folder / "saved.nsx")]
    for at in range(number):
        random = Random(f"{seed} {at}")
        data = forge(random.choice(files), random)
        for use in random.sample([*_USES, *with_numpy], 6):
            bulk = arrays if use in with_numpy else random.choice((arrays, None))
            try:
                with _bulk_reader(bulk):
                    use(tuned(SMALL).open(BytesIO(data)))
                answered += 1
            except InventoryError:
                refused += 1
            except Exception as error:
                error.add_note(f"file {at} of seed {seed}")
                raise
    return answered, refused


if __name__ == "__main__":
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with TemporaryDirectory() as name:
        print("answered, refused:", use_forged(count, seed, Path(name)))
