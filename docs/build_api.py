"""Build ``api/``, the reference of all public names, when the site is built."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

FACES = {
    "nodeselect": "Nodes, limits, change logs and errors",
    "nodeselect.selectors": "Selectors",
    "nodeselect.placement": "What a pod requires",
    "nodeselect.explain": "Explanations",
    "nodeselect.inventory": "Inventories and answers",
    "nodeselect.standing": "Standing selectors",
    "nodeselect.jobs": "Job files",
    "nodeselect.engines.sql": "SQL",
    "nodeselect.engines.sqlalchemy": "SQLAlchemy",
    "nodeselect.engines.polars": "Polars",
    "nodeselect.engines.spark": "Spark",
}
"""The modules whose names are public, and what they are about."""

# Members that only nodeselect itself uses, and may change without notice; those described before.
_INTERNAL = {
    "ChangeLog": "append, empty, mark, records, settle",
    "FailureCounts": "from_masks, largest, nearest_groups",
    "Fix": "of, write",
    "InventoryError": "draw, within",
    "JobError": "draw",
    "NodeselectError": "draw",
    "Operator": "arity, is_comparison, is_exclusion, is_inclusion, test_type",
    "Place": "within",
    "Placement": "requirements, undecided_without",
    "Requirement": "is_negated, key, operator, sort_key, spelling, test, values",
    "Selector": "canonical",
    "SelectorError": "at, draw, within",
    "StandingSnapshot": "changes, explain, generation, get, matching, names",
    "BaseUsage": "in_use",
}

# What a class inherits from these is not repeated.
_BASES = "BaseException, BaseInventory, Exception, NodeselectError, Set, object, str, tuple"

_INDEX = """\
API
===

These names are public (:doc:`Stability </stability>`). The classes of answers may have more
members than are listed: those may change without notice.

.. toctree::
   :titlesonly:

"""


def write_pages(folder: Path) -> None:
    """Write an index, and a page for each module."""
    folder.mkdir(exist_ok=True)
    names = [face.rpartition(".")[2] for face in FACES]
    index = _INDEX + "".join(f"   {name}\n" for name in names)
    Path(folder, "index.rst").write_text(index, "utf-8")
    for face, name in zip(FACES, names, strict=True):
        Path(folder, f"{name}.rst").write_text("\n".join(_lines(face)), "utf-8")


def names_of(face: str) -> list[str]:
    """Return the names on the page of a module: of ``nodeselect``, those of no other module."""
    names = set(import_module(face).__all__)
    if face == "nodeselect":
        names -= {name for other in FACES if other != face for name in import_module(other).__all__}
    return sorted(names)


def _lines(face: str) -> Iterator[str]:
    title = f"{face}: {FACES[face]}"
    module = "py:module" if face == "nodeselect" else "automodule"  # whose example is in the pages
    yield from (title, "=" * len(title), "", f".. {module}:: {face}\n")
    short = [name for name in names_of(face) if name in import_module("nodeselect").__all__]
    if module == "automodule" and short:
        yield f"Also in ``nodeselect``: {', '.join(f'``{name}``' for name in short)}.\n"
    for name in names_of(face):
        value = getattr(import_module(face), name)
        if hasattr(value, "model_fields"):
            yield from _model(f"{face}.{name}", value)
        elif inspect.isclass(value):
            yield from (f".. autoclass:: {face}.{name}", "   :members:")
            yield f"   :inherited-members: {_BASES}"
            yield f"   :exclude-members: {_INTERNAL.get(name, '')}\n"
        elif callable(value):
            yield f".. autofunction:: {face}.{name}\n"
        else:
            yield f".. py:data:: {name}\n   :type: {type(value).__name__}\n"
            yield "   The values of all limits.\n"


def _model(name: str, model: Any) -> Iterator[str]:
    """Yield a pydantic model with its methods; another page describes the fields."""
    fields = ", ".join(f"``{field}``" for field in model.model_fields)
    yield f".. autoclass:: {name}(**fields)\n"
    yield f"   Fields: {fields} (:doc:`described </job-files>`).\n"
    for method in ("of", "to_selector", "to_json"):
        if hasattr(model, method):
            yield f"   .. automethod:: {method}\n"
