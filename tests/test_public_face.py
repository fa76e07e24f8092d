"""What is public is named in the ``__all__`` of a face, and importing it loads nothing heavy."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import lark
import pytest
from docs.build_api import FACES

import nodeselect
from nodeselect import Inventory, Node, Selector
from tests import golden, user_code
from tests.imports import HEAVY, loaded_after

HOME = Path(nodeselect.__file__).parent
ROOT = Path(__file__).parents[1]
STABILITY = ROOT / "docs/stability.md"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
EXAMPLES = sorted(ROOT.glob("docs/example/*.py"))
IMPORT = re.compile(r"^(?:>>> )? *from (nodeselect[.\w]*) import (\([^)]*\)|.*)$", re.MULTILINE)


def test_only_faces_have_public_names() -> None:
    """Only the faces have ``__all__``: whatever is not named there may change without a word."""
    named = {path for path in HOME.rglob("*.py") if re.search("^__all__", path.read_text(), re.M)}
    shown = {path.relative_to(HOME).with_suffix("").as_posix() for path in named}
    faces = [face.partition("nodeselect")[2].replace(".", "/").lstrip("/") for face in FACES]
    files = {f"{face}/__init__".lstrip("/") for face in faces if (HOME / face).is_dir()}
    assert shown == files | {face for face in faces if (HOME / f"{face}.py").is_file()}


def test_all_of_nodeselect() -> None:
    assert all(hasattr(nodeselect, name) for name in nodeselect.__all__)
    assert {*nodeselect.__all__, "__version__", "errors"} <= set(dir(nodeselect))
    with pytest.raises(AttributeError, match="no attribute 'Inventori'"):
        nodeselect.Inventori  # type: ignore[attr-defined] # noqa: B018


def test_public_names_are_listed() -> None:
    """The promise lists the names of each face, sorted; there are few enough to know them all."""
    names = {face: importlib.import_module(face).__all__ for face in FACES}
    table = "".join(
        f"| `{face}` | {', '.join(f'`{name}`' for name in sorted(names[face]))} |\n"
        for face in FACES
    )
    heading = "| import from | names |\n| --- | --- |\n"
    page = STABILITY.read_text("utf-8")  # which ends with this table
    golden.check_span(STABILITY, (page.index(heading) + len(heading), len(page)), table)
    assert all(len(set(each)) == len(each) for each in names.values())
    assert len({name for each in names.values() for name in each}) <= 90


@pytest.mark.parametrize("face", FACES)
def test_names_exist(face: str) -> None:
    module = importlib.import_module(face)
    for name in module.__all__:
        assert getattr(module, name).__doc__, name


@pytest.mark.parametrize("path", [*PAGES, *EXAMPLES], ids=lambda path: path.name)
def test_pages_import_only_public_names(path: Path) -> None:
    for module, names in IMPORT.findall(path.read_text("utf-8")):
        public = importlib.import_module(module).__all__ if module in FACES else ["(none)"]
        modules = {face.rpartition(".")[2] for face in FACES if face.rpartition(".")[0] == module}
        assert set(re.findall(r"\w+", names)) <= {*public, *modules, "__version__"}, module


def public_tuples() -> list[type[tuple[object, ...]]]:
    packages = [importlib.import_module(face) for face in FACES]
    exported = {getattr(package, name) for package in packages for name in package.__all__}
    tuples = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, tuple)]
    return sorted(tuples, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", public_tuples(), ids=lambda kind: kind.__name__)
def test_fields_are_documented(kind: type[tuple[object, ...]]) -> None:
    documented = re.findall(r"^ *:param (\w+): .+", kind.__doc__ or "", re.MULTILINE)
    assert documented == list(getattr(kind, "_fields"))  # noqa: B009 - not known of all tuples


def test_importing_loads_nothing_heavy() -> None:
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


VALID = """
from nodeselect.selectors import Selector, implies, selectors_from_pod_spec
[selector] = selectors_from_pod_spec({"nodeSelector": {"a": "b"}})
assert implies(selector, Selector.from_kubernetes({"matchLabels": {"a": "b"}}))
selector &= Selector.of(match_labels={"a": "b"}, match_ids=["n-1"]) & Selector.parse("!c")
assert selector.matches({"a": "b"}, "n-1")
"""


def run_alone(
    folder: Path, packages: tuple[ModuleType, ...], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run a Python that finds no other packages than these."""
    for package in packages:
        path = Path(str(package.__file__)).parent
        (folder / path.name).symlink_to(path, target_is_directory=True)
    return subprocess.run(
        [sys.executable, "-S", "-P", *arguments],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


def test_valid_selectors_need_no_package(tmp_path: Path) -> None:
    done = run_alone(tmp_path, (nodeselect,), "-c", VALID)
    assert (done.returncode, done.stderr) == (0, "")


def test_selectors_need_only_lark(tmp_path: Path) -> None:
    """A Python that finds no other package than nodeselect and Lark does all that is promised."""
    done = run_alone(tmp_path, (nodeselect, lark), str(ROOT / "tests/light.py"))
    assert done.stdout == "nodeselect and lark are enough\n"
    assert done.stderr == "error: click is missing: run 'pip install nodeselect'\n"


LIVE = """
from nodeselect import Inventory, Node, Selector
inventory = Inventory((Node(f"n-{{at}}", {{"x": str(at % 3)}}) for at in range({count})))
answer = inventory.match(Selector.of(match_labels={{"x": "1"}}))
assert len(answer) == len(answer.ids()) == len(answer | answer)
answer.first(2), answer.sample(2, 1), answer.value_counts("x")
inventory.upsert(Node("n-1")), inventory.remove("n-0"), inventory.compact()
inventory.snapshot().explain(Selector.everything())
"""


@pytest.mark.parametrize(
    ("count", "numpy"),
    [
        pytest.param(100, False, id="few"),
        pytest.param(2_048, False, id="the-most-that-are-few"),
        pytest.param(3_000, True, id="many"),
    ],
)
def test_numpy(count: int, numpy: bool) -> None:
    """Few nodes need no numpy, whatever is done with them."""
    loaded = loaded_after(LIVE.format(count=count))
    assert ("numpy" in loaded) == numpy
    assert not loaded & {"lark", "pydantic", "click", "yaml", "msgspec"}


def test_growing_beyond_few() -> None:
    """An inventory that has grown loads numpy when it compacts, and not before."""
    grow = (
        "from nodeselect import Inventory, Node\n"
        "import sys\n"
        "inventory = Inventory(compact_at=None)\n"
        "inventory.apply([Node(f'n-{at}') for at in range(3_000)])\n"
        "assert 'numpy' not in sys.modules\n"
        "inventory.compact()\n"
        "assert len(inventory) == 3_000"
    )
    assert "numpy" in loaded_after(grow)


def test_a_program_runs(tmp_path: Path) -> None:
    """Each part of the program returns what its names promise."""
    selector = user_code.use_selectors()
    assert str(selector) == "!debug,region in (eu,us),region=eu"
    assert user_code.place_a_pod() == ["n-1", "n-1"]
    assert user_code.spread_pods().kinds == ("pod anti-affinity", "topology spread")
    event = {"type": "ADDED", "object": {"metadata": {"name": "w-1", "labels": {"pool": "a"}}}}
    assert user_code.compare(selector, Selector.parse("region")) == [True, False, False, True]
    assert user_code.use_kubernetes(event) == [Node("w-1", {"pool": "a"}, "w-1")]
    assert user_code.use_inventory(selector) == ["n-1", "n-2"]
    nodes = [Node("n-1", {"region": "eu"}), Node("n-2", {"region": "us"})]
    assert user_code.look_at(Inventory(nodes)) == [2, 0, 1, 1, 0, 1]
    assert user_code.use_saved(nodes, tmp_path / "fleet.nsx") == [2, 1, 2, 3, 3]
    example = Inventory.read(Path(__file__).parents[1] / "docs/example/fleet.json")
    assert user_code.use_database(example)[-1] == "node-174fc70c"
    assert user_code.explain_one(Inventory([Node("n-1")])).matches
    assert user_code.use_standing(Selector.parse("region=eu")) == ["job-1", "job-3", "job-4"]
    assert user_code.use_jobs().name == "demo"


@pytest.mark.parametrize("face", [face for face in FACES if "engines" not in face])
def test_a_program_uses_every_public_name(face: str) -> None:
    """The program imports every name of the faces that need no extra."""
    module = importlib.import_module(face)
    for name in module.__all__:
        assert getattr(user_code, name, None) is getattr(module, name), name
