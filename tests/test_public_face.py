"""What is public is named in ``__all__``, and importing it loads nothing heavy."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import nodeselect
from tests.selectors.test_imports import HEAVY, loaded_after

HOME = Path(nodeselect.__file__).parent


def public_modules() -> list[str]:
    """Give the names of all modules that do not begin with an underscore."""
    names = [each.name for each in pkgutil.walk_packages([str(HOME)], "nodeselect.")]
    return [name for name in names if not name.rpartition(".")[2].startswith("_")]


MODULES = public_modules()


def assigned(node: ast.stmt) -> list[str]:
    """Give the names that a statement of a module defines: by ``def``, ``class`` or ``=``."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign(targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(ast.Name(name)):
            return [name]
    return []


def defined(module: ModuleType) -> set[str]:
    """Give the public names that the text of a module defines itself."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    names = {name for statement in tree.body for name in assigned(statement)}
    return {name for name in names if not name.startswith("_")}


def is_package(module: ModuleType) -> bool:
    """Say whether the module is a room, whose ``__init__`` shows what its modules define."""
    return hasattr(module, "__path__")


def test_the_modules_are_found() -> None:
    """The search sees the rooms and the modules in them."""
    assert {"nodeselect.selectors", "nodeselect.readers.reader", "nodeselect.node"} <= set(MODULES)


def test_all_of_nodeselect() -> None:
    """``nodeselect.__all__`` names what there is without an underscore, submodules aside."""
    names = {
        name
        for name, value in vars(nodeselect).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(nodeselect.__all__) == names
    assert len(set(nodeselect.__all__)) == len(nodeselect.__all__)


def test_the_names_that_users_know() -> None:
    """The names of the architecture's public face are there."""
    face = {"Inventory", "Node", "NodeSet", "Selector", "Requirement", "Operator"}
    errors = {"NodeselectError", "SelectorError", "InventoryError", "JobError", "Problem"}
    parts = {"Explanation", "RequirementResult", "Reason", "NearMiss", "Hint", "Correction"}
    assert face | errors | parts | {"LIMITS", "Limits"} <= set(nodeselect.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_all_names_exist(name: str) -> None:
    """Every name in ``__all__`` of a module is there, once."""
    module = importlib.import_module(name)
    names = module.__all__
    assert len(set(names)) == len(names)
    assert [each for each in names if not hasattr(module, each)] == []


@pytest.mark.parametrize("name", MODULES)
def test_all_is_what_the_module_defines(name: str) -> None:
    """``__all__`` of a module names what it defines without an underscore, and nothing else.

    A room may also show what is defined in its own modules.
    """
    module = importlib.import_module(name)
    names, own = set(module.__all__), defined(module)
    assert own - names == set()
    for each in names - own:
        assert is_package(module)
        assert getattr(module, each).__module__.startswith("nodeselect.")


def public_tuples() -> list[type[tuple[object, ...]]]:
    """Give the named tuples that the rooms show."""
    rooms = [nodeselect, *map(importlib.import_module, ROOMS)]
    shown = {getattr(room, name) for room in rooms for name in room.__all__}
    tuples = [each for each in shown if isinstance(each, type) and issubclass(each, tuple)]
    return sorted(tuples, key=lambda each: each.__name__)


ROOMS = [f"nodeselect.{room}" for room in ("selectors", "inventory", "jobs", "readers")]
TUPLES = public_tuples()


@pytest.mark.parametrize("shown", TUPLES, ids=lambda shown: shown.__name__)
def test_help_says_what_fields_are(shown: type[tuple[object, ...]]) -> None:
    """The docstring of a named tuple, which ``help`` shows, has its fields in their order."""
    named = re.findall(r"^ +:param (\w+): .+", shown.__doc__ or "", re.MULTILINE)
    assert named == list(getattr(shown, "_fields"))  # noqa: B009 - not known of all tuples
    assert {"Explanation", "Problem", "Wave"} <= {each.__name__ for each in TUPLES}


def test_importing_loads_nothing_heavy() -> None:
    """Importing nodeselect loads none of the libraries that it depends on, nor numpy."""
    loaded = loaded_after("import nodeselect")
    assert "nodeselect" in loaded
    assert not loaded & (HEAVY | {"pydantic", "click", "lark", "msgspec", "yaml", "numpy"})


@pytest.mark.parametrize(
    ("text", "libraries"),
    [
        pytest.param('[{\\"id\\": \\"n-1\\"}]', {"msgspec"}, id="json"),
        pytest.param("- id: n-1", {"msgspec", "yaml"}, id="yaml"),
    ],
)
def test_reading_loads_what_it_needs(text: str, libraries: set[str]) -> None:
    """Reading JSON loads msgspec, and only YAML loads the YAML library."""
    loaded = loaded_after(
        f'import io, nodeselect\nassert len(nodeselect.Inventory.read(io.StringIO("{text}"))) == 1'
    )
    assert loaded & HEAVY == libraries


def test_py_typed() -> None:
    """The package tells type checkers that it has types."""
    assert (HOME / "py.typed").is_file()


def test_version() -> None:
    """The version is a number of three parts."""
    assert [part.isdigit() for part in nodeselect.__version__.split(".")] == [True] * 3
