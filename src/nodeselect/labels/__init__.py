"""SAYING: what nodes are wanted. From text to requirements, selector and predicate.

Useful alone: this room knows nothing of nodes, inventories or files.
"""

from typing import TYPE_CHECKING

from nodeselect.labels.answers import Allowed, allowed
from nodeselect.labels.operators import Operator
from nodeselect.labels.requirement import Requirement
from nodeselect.labels.selector import Selector

if TYPE_CHECKING:
    from nodeselect.labels.algebra import (
        conflict,
        disjoint,
        equivalent,
        implies,
        normal_form,
        redundant,
    )

__all__ = [
    "Allowed",
    "Operator",
    "Requirement",
    "Selector",
    "allowed",
    "conflict",
    "disjoint",
    "equivalent",
    "implies",
    "normal_form",
    "redundant",
]


def __getattr__(name: str) -> object:
    """Give a name of the algebra, which is loaded when it is first asked for.

    Most programs match and never ask; loading it would cost each of them half a millisecond.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nodeselect.labels import algebra

    return getattr(algebra, name)
