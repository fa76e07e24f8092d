"""Files that released versions wrote are read, and mean what they meant then."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from nodeselect import ChangeLog, Inventory
from tests.formats.writing import LISTS, PLAIN, REPORTS, WITH_FACTS

HERE = Path(__file__).parent
VERSIONS = sorted(path.name for path in HERE.iterdir() if path.name[0].isdigit())
NODES = {"plain": PLAIN, "facts": WITH_FACTS}

pytestmark = pytest.mark.parametrize("version", VERSIONS)


@pytest.mark.parametrize("name", NODES)
def test_saved_inventory(version: str, name: str) -> None:
    """A saved inventory has the nodes with which it was saved, in their order."""
    inventory = Inventory.open(HERE / version / f"{name}.nsx", verify=True)
    assert list(inventory) == NODES[name]


@pytest.mark.parametrize("name", NODES)
def test_change_log(version: str, name: str, tmp_path: Path) -> None:
    """A change log has all its writes, for the process that goes on and for its followers."""
    path = Path(shutil.copy(HERE / version / f"{name}.log", tmp_path))
    follower = Inventory()
    follower.follow(path)
    with ChangeLog(path) as log:
        inventory = Inventory(log=log)
        assert list(inventory) == list(follower) == NODES[name]
        inventory.remove(NODES[name][0].id)
    follower.follow(path)
    assert list(follower) == NODES[name][1:]


@pytest.mark.parametrize("form", LISTS)
def test_node_list(version: str, form: str) -> None:
    """A list of nodes that ``match`` printed has these nodes."""
    assert list(Inventory.read(HERE / version / f"nodes.{form}")) == PLAIN


@pytest.mark.parametrize("command", REPORTS)
def test_report(version: str, command: str) -> None:
    """What an old program expects in a report is still there: the schema describes old reports."""
    schema = json.loads((HERE.parents[1] / f"docs/{command}.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((HERE / version / f"{command}.json").read_text()), schema)
