"""See which nodes a label selector matches, and why the others do not.

>>> from nodeselect import Inventory, Node, Selector
>>> inventory = Inventory([Node("n-1", {"region": "eu"}), Node("n-2", {"region": "us"})])
>>> inventory.match(Selector.parse("region in (eu,uk)")).ids()
['n-1']
>>> print(inventory.explain(Selector.parse("region=EU")))
0 of 2 nodes match
write region=eu instead of region=EU: 1 node would match
"""

import sys
from importlib import import_module

# The lock of the interpreter never goes again once it is there, so this is checked once.
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "nodeselect needs the global interpreter lock: on this free-threaded build of Python,"
        " start python with -X gil=1, or with PYTHON_GIL=1 in the environment"
    )

# As in typing, which is not imported: until this module ends, Ctrl-C prints a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from nodeselect.durable.change_log import ChangeLog
    from nodeselect.errors import (
        InventoryError,
        JobError,
        NodeselectError,
        SelectorError,
    )
    from nodeselect.explain import (
        Correction,
        Explanation,
        Hint,
        NearMiss,
        NodeExplanation,
        Reason,
        RequirementResult,
    )
    from nodeselect.inventory import (
        BaseInventory,
        Inventory,
        NodeChange,
        NodeSet,
        Snapshot,
    )
    from nodeselect.limits import LIMITS, Limits
    from nodeselect.node import Node, Taint
    from nodeselect.placement import HostPort, Placement, Pod, Toleration, Usage
    from nodeselect.problem import Fix, Place, Problem
    from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
    from nodeselect.standing import StandingSelectors

__all__ = [
    "LIMITS",
    "AnyOf",
    "BaseInventory",
    "ChangeLog",
    "Correction",
    "Explanation",
    "Fix",
    "Hint",
    "HostPort",
    "Inventory",
    "InventoryError",
    "JobError",
    "Limits",
    "NearMiss",
    "Node",
    "NodeChange",
    "NodeExplanation",
    "NodeSet",
    "NodeselectError",
    "Operator",
    "Place",
    "Placement",
    "Pod",
    "Problem",
    "Reason",
    "Requirement",
    "RequirementResult",
    "Selector",
    "SelectorError",
    "Snapshot",
    "StandingSelectors",
    "Taint",
    "Toleration",
    "Usage",
]

__version__ = "0.9.0"

# Where the names are; all others are in ``explain``.
_MODULES = {
    "durable.change_log": ("ChangeLog",),
    "errors": ("InventoryError", "JobError", "NodeselectError", "SelectorError"),
    "inventory": ("BaseInventory", "Inventory", "NodeChange", "NodeSet", "Snapshot"),
    "limits": ("LIMITS", "Limits"),
    "node": ("Node", "Taint"),
    "placement": ("HostPort", "Placement", "Pod", "Toleration", "Usage"),
    "problem": ("Fix", "Place", "Problem"),
    "selectors": ("AnyOf", "Operator", "Requirement", "Selector"),
    "standing": ("StandingSelectors",),
}


if not TYPE_CHECKING:  # a type checker must not think that there is every name

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used.

        So a program that uses only selectors does not import inventories, and the command line can
        handle Ctrl-C during most imports.
        """
        if name in _MODULES:
            return import_module(f"nodeselect.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = next((home for home, names in _MODULES.items() if name in names), "explain")
        return globals().setdefault(name, getattr(import_module(f"nodeselect.{home}"), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
