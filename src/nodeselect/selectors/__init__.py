"""SAYING: what nodes are wanted. From text to requirements, selector and predicate.

Useful alone: this room knows nothing of nodes, inventories or files.
"""

from typing import TYPE_CHECKING

from nodeselect.selectors.key_constraint import Allowed, allowed
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.selectors.selector import Selector

if TYPE_CHECKING:
    from nodeselect.selectors.algebra import (
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
    from nodeselect.selectors import algebra

    return getattr(algebra, name)
