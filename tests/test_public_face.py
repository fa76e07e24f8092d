"""What is public is named in ``__all__`` and documented, and importing it loads nothing heavy."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import nodeselect
from tests.imports import HEAVY, loaded_after

HOME = Path(nodeselect.__file__).parent


def public_modules() -> list[str]:
    """Return the names of all modules that do not begin with an underscore."""
    names = [module.name for module in pkgutil.walk_packages([str(HOME)], "nodeselect.")]
    return [name for name in names if not name.rpartition(".")[2].startswith("_")]


MODULES = public_modules()


def assigned_names(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines: by ``def``, ``class`` or ``=``."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign(targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(ast.Name(name)):
            return [name]
    return []


def defined_names(module: ModuleType) -> set[str]:
    """Return the public names that the text of a module defines itself."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    names = {name for statement in tree.body for name in assigned_names(statement)}
    return {name for name in names if not name.startswith("_")}


def test_all_of_nodeselect() -> None:
    """``nodeselect.__all__`` has every name, imported at once or on first use."""
    assert all(hasattr(nodeselect, name) for name in nodeselect.__all__)
    assert {*nodeselect.__all__, "__version__", "errors"} <= set(dir(nodeselect))
    with pytest.raises(AttributeError, match="no attribute 'Inventori'"):
        nodeselect.Inventori  # type: ignore[attr-defined] # noqa: B018


@pytest.mark.parametrize("package", ["nodeselect", "nodeselect.jobs"])
def test_public_names_are_documented(package: str) -> None:
    """The documentation of the library mentions every public name."""
    names = importlib.import_module(package).__all__
    page = (Path(__file__).parents[1] / "docs" / "library.md").read_text("utf-8")
    assert [name for name in names if not re.search(rf"\b{name}\b", page)] == []


@pytest.mark.parametrize("name", MODULES)
def test_all_names_exist(name: str) -> None:
    """Each name in ``__all__`` of a module exists and is listed once."""
    module = importlib.import_module(name)
    names = module.__all__
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []


OWN_NAMES = {name for module in MODULES for name in defined_names(importlib.import_module(module))}


@pytest.mark.parametrize("name", MODULES)
def test_all_is_what_the_module_defines(name: str) -> None:
    """``__all__`` of a module lists its public names; a package may list those of others."""
    module = importlib.import_module(name)
    exported, own = set(module.__all__), defined_names(module)
    assert own - exported == set()
    for name in exported - own:
        assert hasattr(module, "__path__")
        assert name in OWN_NAMES


def public_tuples() -> list[type[tuple[object, ...]]]:
    """Return the named tuples that packages export."""
    packages = [nodeselect, *map(importlib.import_module, PACKAGES)]
    exported = {getattr(package, name) for package in packages for name in package.__all__}
    tuples = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, tuple)]
    return sorted(tuples, key=lambda kind: kind.__name__)


PACKAGES = [
    f"nodeselect.{name}" for name in ("selectors", "inventory", "standing", "jobs", "readers")
]


@pytest.mark.parametrize("kind", public_tuples(), ids=lambda kind: kind.__name__)
def test_fields_are_documented(kind: type[tuple[object, ...]]) -> None:
    """The docstring of a named tuple, which ``help`` shows, describes its fields in their order."""
    documented = re.findall(r"^ *:param (\w+): .+", kind.__doc__ or "", re.MULTILINE)
    assert documented == list(getattr(kind, "_fields"))  # noqa: B009 - not known of all tuples


def test_importing_loads_nothing_heavy() -> None:
    """Importing nodeselect loads none of the heavy libraries."""
    loaded = loaded_after("import nodeselect")
    assert "nodeselect" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    ("text", "libraries"),
    [
        pytest.param('[{\\"id\\": \\"n-1\\"}]', set(), id="json"),
        pytest.param('{\\"id\\": \\"n-1\\"}\\n\\n{\\"id\\": \\"n-2\\"}', {"msgspec"}, id="ndjson"),
        pytest.param("- id: n-1", {"yaml"}, id="yaml"),
    ],
)
def test_reading_loads_what_it_needs(text: str, libraries: set[str]) -> None:
    """JSON lines load msgspec, and YAML the YAML library; every inventory loads pyroaring."""
    loaded = loaded_after(
        f'import io, nodeselect\nassert nodeselect.Inventory.read(io.StringIO("{text}"))'
    )
    assert loaded & HEAVY == libraries | {"pyroaring"}
