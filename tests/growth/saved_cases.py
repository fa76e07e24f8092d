"""Inventories that are saved in a file, and opened from it."""

from contextlib import suppress
from functools import reduce
from operator import xor
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from nodeselect import ChangeLog, Inventory, Node, NodeselectError
from tests.growth.cases import case
from tests.growth.inventory_cases import fleet, reopened

# Ids with the same hash have this many characters, each one of "@" to "O".
_LENGTH = 12


def _save(inventory: Inventory) -> object:
    """Save an inventory and a snapshot of it; move from one file to the other."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/nodes.nsx"
        inventory.save(path)
        opened = Inventory.open(path, verify=True, copy=True)
        inventory.upsert(Node("one-more"))
        inventory.snapshot().save(path)
        assert opened.refresh(path)
        return opened.ids() == inventory.ids()


def _change(inventory: Inventory) -> object:
    nodes = list(inventory)
    assert all(inventory[node.id] == node for node in nodes)
    inventory.upsert(nodes[0].replace(state="gone"))
    inventory.compact()
    return inventory.ids()


def _read_damaged(inventory: Inventory) -> object:
    """Change a byte of each section in turn."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "nodes.nsx")
        inventory.save(path)
        content = path.read_bytes()
        path.chmod(0o600)
        for position in range(len(content) // 8, len(content), len(content) // 8):
            changed = bytearray(content)
            changed[position] ^= 1
            path.write_bytes(changed)
            with suppress(NodeselectError):  # bytes between sections do not matter
                Inventory.open(path, verify=True, copy=True)
    return None


def _log(nodes: list[Node]) -> object:
    """Write to a log beside a saved file, whose nodes are loaded before."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/nodes.nsx"
        Inventory(nodes).save(path)
        with ChangeLog(f"{folder}/log", sync="never") as log:
            return Inventory.open(path, log=log).upsert(Node("one-more"))


def _find(inventory: Inventory) -> object:
    return [inventory[node_id] for node_id in inventory.ids()], inventory.get("@" * _LENGTH)


def _ids_of_one_hash(n: int) -> list[str]:
    """Return ids with the same CRC-32, which is linear: the effects of changed bits are XORed."""
    base = b"@" * _LENGTH
    by_highest_bit: dict[int, tuple[int, int]] = {}
    without_effect = []
    for position in range(4 * _LENGTH):
        mask = 1 << (position // 4 * 8 + position % 4)
        effect = crc32(_changed(base, mask)) ^ crc32(base)
        while effect and effect.bit_length() in by_highest_bit:
            other_effect, other_mask = by_highest_bit[effect.bit_length()]
            effect ^= other_effect
            mask ^= other_mask
        if effect:
            by_highest_bit[effect.bit_length()] = effect, mask
        else:
            without_effect.append(mask)
    chosen = (
        [mask for bit, mask in enumerate(without_effect) if number >> bit & 1]
        for number in range(1, n + 1)
    )
    ids = [_changed(base, reduce(xor, masks)).decode() for masks in chosen]
    assert len({*ids}) == n
    assert len({crc32(node_id.encode()) for node_id in ids}) == 1
    return ids


def _changed(text: bytes, mask: int) -> bytes:
    return (int.from_bytes(text, "little") ^ mask).to_bytes(len(text), "little")


case("save", _save, lambda n: Inventory(fleet(n)))
case("saved/damaged", _read_damaged, lambda n: Inventory(fleet(n)))
case("saved/log", _log, fleet)
case("saved/change", _change, lambda n: reopened(fleet(n)))
case("saved/find/same-hash", _find, lambda n: reopened(map(Node, _ids_of_one_hash(n))))
