"""Whatever a saved file says, nothing but an ``InventoryError`` is raised."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from tests.inventory.forging import read_sections, to_file, use_forged
from tests.inventory.small import SMALL, tuned
from tests.thoroughness import at_desk


def test_states_of_the_same_name(tmp_path: Path) -> None:
    """Two states that a file calls the same are damage, in whatever way they are used."""
    file = tmp_path / "fleet.nsx"
    tuned(SMALL)([Node("a", state="x"), Node("b", state="y")]).save(file)
    sections, nodes, generation = read_sections(file.read_bytes())
    sections[b"states.names"] = 1, b"x\nx\n"
    forged = to_file(sections, nodes, generation)

    def write_and_save(nodes: Inventory) -> None:
        nodes.upsert(Node("c"))
        nodes.save(file)

    uses: list[Callable[[Inventory], object]] = [
        lambda nodes: nodes.match(Selector.everything(), states=["x"]).ids(),
        write_and_save,
        list,
    ]
    for use in uses:
        with pytest.raises(InventoryError, match="damaged: two states have the same name"):
            use(tuned(SMALL).open(BytesIO(forged), verify=True))


def test_offsets_of_eight_bytes(tmp_path: Path) -> None:
    """Numbers may take more bytes than they need."""
    file = tmp_path / "fleet.nsx"
    fleet = [Node("n-" * at + "1", {"a": str(at)}, state="lost") for at in range(1, 20)]
    tuned(SMALL)(fleet).save(file)
    sections, nodes, generation = read_sections(file.read_bytes())
    for name, (width, section) in sections.items():
        if b".offsets" in name:
            numbers = (section[at : at + width] for at in range(0, len(section), width))
            sections[name] = 8, b"".join(number.ljust(8, b"\0") for number in numbers)
    opened = tuned(SMALL).open(BytesIO(to_file(sections, nodes, generation)))
    assert opened.ids() == [node.id for node in fleet]
    assert list(opened) == fleet


def test_forged_files(tmp_path: Path) -> None:
    """A forged file whose checksums are right is damaged, or has other nodes."""
    answered, refused = use_forged(at_desk(400, ci=2_000), 1, tmp_path)
    assert min(answered, refused) > at_desk(600, ci=3_000)
