"""A program that uses every public name runs; CI checks its types."""

import importlib
from pathlib import Path

import pytest
from docs.build_api import FACES

from nodeselect import Inventory, Node, Selector
from tests import user_code


def test_it_runs(tmp_path: Path) -> None:
    """Each part of the program returns what its names promise."""
    selector = user_code.use_selectors()
    assert str(selector) == "!debug,region in (eu,us),region=eu"
    assert user_code.place_a_pod() == ["n-1", "n-1"]
    event = {"type": "ADDED", "object": {"metadata": {"name": "w-1", "labels": {"pool": "a"}}}}
    assert user_code.compare(selector, Selector.parse("region")) == [True, False, False, True]
    assert user_code.use_kubernetes(event) == [Node("w-1", {"pool": "a"}, "w-1")]
    assert user_code.use_inventory(selector)[:2] == ["n-1", "n-2"]
    nodes = [Node("n-1", {"region": "eu"}), Node("n-2", {"region": "us"})]
    assert user_code.look_at(Inventory(nodes)) == [2, 0, 1, 1, 0, 1]
    assert user_code.use_saved(nodes, tmp_path / "fleet.nsx") == [2, 1, 2, 3, 3]
    example = Inventory.read(Path(__file__).parents[1] / "docs/example/fleet.json")
    assert user_code.use_database(example)[-1] == "node-174fc70c"
    assert user_code.explain_one(Inventory([Node("n-1")])).matches
    assert user_code.use_standing(Selector.parse("region=eu")) == ["job-1", "job-3", "job-4"]
    assert user_code.use_jobs().name == "demo"


@pytest.mark.parametrize("face", [face for face in FACES if "engines" not in face])
def test_it_uses_every_public_name(face: str) -> None:
    """The program imports every name of the faces that need no extra."""
    module = importlib.import_module(face)
    for name in module.__all__:
        assert getattr(user_code, name, None) is getattr(module, name), name
