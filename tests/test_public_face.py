"""What is public is named in the ``__all__`` of a face, and importing it loads nothing heavy."""

import importlib
import re
from pathlib import Path

import pytest

import nodeselect
from tests.imports import HEAVY, loaded_after

HOME = Path(nodeselect.__file__).parent

FACES = [
    "nodeselect",
    *(f"nodeselect.{name}" for name in ("selectors", "explain", "inventory", "standing", "jobs")),
    *(f"nodeselect.engines.{name}" for name in ("sql", "sqlalchemy", "polars", "spark")),
]
"""The modules whose names are public."""


def test_only_faces_have_public_names() -> None:
    """Only the faces have ``__all__``: whatever is not named there may change without a word."""
    named = {path for path in HOME.rglob("*.py") if re.search("^__all__", path.read_text(), re.M)}
    shown = {path.relative_to(HOME).with_suffix("").as_posix() for path in named}
    faces = [face.partition("nodeselect")[2].replace(".", "/").lstrip("/") for face in FACES]
    files = {f"{face}/__init__".lstrip("/") for face in faces if (HOME / face).is_dir()}
    assert shown == files | {face for face in faces if (HOME / f"{face}.py").is_file()}


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


@pytest.mark.parametrize("face", [face for face in FACES if face.count(".") < 2])
def test_names_exist(face: str) -> None:
    """Each name in ``__all__`` of a face exists and is listed once."""
    module = importlib.import_module(face)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def public_tuples() -> list[type[tuple[object, ...]]]:
    """Return the named tuples that packages export."""
    packages = [importlib.import_module(face) for face in FACES if face.count(".") < 2]
    exported = {getattr(package, name) for package in packages for name in package.__all__}
    tuples = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, tuple)]
    return sorted(tuples, key=lambda kind: kind.__name__)


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
