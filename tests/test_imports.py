"""Imports make no circle; those inside functions are of slow modules, for a stated reason."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import nodeselect
from tests.imports import run_python

# The module, and why it is not imported at the top.
ALLOWED = {
    "jinja2": "30 ms; for -o html only",
    "markupsafe": "comes with jinja2",
    "yaml": "8 ms; for YAML and job files",
    "nodeselect.index.node_table": "imports numpy; for many nodes",
    "nodeselect.index.built_segment": "imports numpy; for many nodes",
    "nodeselect.index.arrays": "imports numpy; for many nodes",
    "nodeselect.index.fact_columns": "imports numpy; for pods on many nodes",
    "nodeselect.durable.segment_writer": "imports numpy; for saved inventories",
    "nodeselect.durable.change_log": "imports zlib; for inventories with a log",
    "nodeselect.durable.log_file": "imports zlib; for inventories with a log",
    "numpy": "60 ms; for answers of many names",
    "nodeselect.jobs": "the checker and YAML; for job files",
    "nodeselect.expanso": "the checker and YAML; for job specs",
    "nodeselect.expanso.models": "imports pydantic; for values of jobs",
    "nodeselect.manifests": "YAML and placements; for manifests",
    "nodeselect.notations": "YAML and placements; for selectors of other systems",
    "nodeselect.readers.formats.yaml": "imports PyYAML",
    "nodeselect.readers.formats.csv": "imports csv",
    "nodeselect.selectors.other_syntax": "compiles patterns; for an invalid selector",
    "nodeselect.similarity": "compiles patterns; for a message about a misspelt key",
    "nodeselect.kinds": "loads YAML; for job files",
    "nodeselect.documents": "compiles many patterns; for errors only",
    "nodeselect.readers.pods": "1 ms; for --pods",
    "nodeselect.readers.formats.arrow": "imports pyarrow",
    "pyarrow": "is an extra",
    "nodeselect.inventory.arrow_table": "imports pyarrow",
    "nodeselect.readers.formats.ndjson": "imports msgspec; for JSON lines",
    "msgspec": "8 ms; for large or invalid JSON",
    "nodeselect.cli": "Ctrl-C while modules are imported is handled",
    "nodeselect.inventory": "imports pyroaring; for commands with an inventory",
    "nodeselect.render.page": "imports jinja2",
    "nodeselect.render.problems": "imports nodeselect.findings",
    "nodeselect.render.selectors": "imports nodeselect.documents, which compiles many patterns",
    "lark": "50 ms; for the first invalid text",
    "pkgutil": "3 ms; for the first invalid text",
    "csv": "for CSV only",
    "tomllib": "7 ms; for settings",
    "glob": "1 ms; for settings",
    "pyspark": "need not be installed to import the module",
    "pathlib": "3 ms; for folders, pages and SARIF",
    "urllib": "comes with pathlib",
    "random": "4 ms; for samples",
    "shlex": "for a hint",
    "click.shell_completion": "1 ms; for TAB",
    "select": "for a stream that does not block",
}


HOME = Path(nodeselect.__file__).parent


def name_of(path: Path) -> str:
    """Return the name of the module in a file."""
    name = ".".join(path.relative_to(HOME.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


TREES = {name_of(path): ast.parse(path.read_text("utf-8")) for path in HOME.rglob("*.py")}


def imports(tree: ast.AST, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports, with its full name, and whether a function imports it."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names):
                yield from ((alias.name, inside) for alias in names)
            case ast.ImportFrom(module, names):
                yield from ((f"{module}.{alias.name}", inside) for alias in names)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from imports(node, inside or function)


def test_imports_inside_functions() -> None:
    """Each import inside a function is of a module that is allowed, and each of those is used."""
    used = set()
    for module, tree in TREES.items():
        for name in (name for name, inside in imports(tree) if inside):
            fits = [allowed for allowed in ALLOWED if f"{name}.".startswith(f"{allowed}.")]
            assert fits, f"{module} imports {name} inside a function"
            used.update(fits)
    assert used == ALLOWED.keys()


def test_no_import_without_the_lock_of_the_interpreter() -> None:
    """On a free-threaded Python without its lock, the import fails and says what to do."""
    run_python(
        "import sys\nsys._is_gil_enabled = lambda: False\n"
        "try:\n    import nodeselect\n"
        "except ImportError as error:\n    assert '-X gil=1' in str(error)\n"
        "else:\n    raise AssertionError"
    )


def test_no_circles() -> None:
    """No module imports itself through others, lazy and type-only imports included."""
    graph: dict[str, set[str]] = {}
    for module, tree in TREES.items():
        names = {name if name in TREES else name.rpartition(".")[0] for name, _ in imports(tree)}
        graph[module] = names & TREES.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(error.args[1][::-1])) from None
