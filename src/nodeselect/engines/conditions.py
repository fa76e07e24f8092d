"""Convert selectors to expressions of an engine, such as a database.

**The law of every engine**: a condition is true or false, never NULL. It is false if the node does
not have the label, if the value of the label is NULL, and if there are no labels at all. So NOT and
AND have only two truth values to consider. An engine that follows this law selects the same nodes
as :attr:`Selector.matches`.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.requirement import ID_KEY, HasKey, OneOf
from nodeselect.selectors.selector import require_condition

_E = TypeVar("_E")


class Conditions(Protocol[_E]):
    """The conditions that an engine must be able to express, as SQL text or as another ``_E``."""

    def has_key(self, key: str) -> _E:
        """Express that the node has the label ``key``, with any value."""

    def value_in(self, key: str, values: Sequence[str]) -> _E:
        """Express that the node has the label ``key`` with one of ``values``, byte for byte."""

    def integer_between(self, key: str, low: int, high: int) -> _E:
        """Express that the label is a 64-bit integer from ``low`` to ``high``, inclusive."""

    def id_in(self, ids: Sequence[str]) -> _E:
        """Express that the node's id is one of ``ids``, byte for byte. There is at least one id."""

    def has_id(self) -> _E:
        """Express that the id of the node is not NULL."""

    def constant(self, value: bool) -> _E:
        """Express a condition that is true for every node or, if ``value`` is false, for none."""

    def negation(self, condition: _E) -> _E:
        """Express that a condition does not hold."""

    def conjunction(self, conditions: Sequence[_E]) -> _E:
        """Express that all ``conditions`` hold. There is at least one condition."""


def required_id(column: _E | None) -> _E:
    """Return the column of the ids; raise ``ValueError`` if there is none."""
    if column is None:
        raise ValueError("the selector asks for ids: say which column has them")
    return column


def express(selector: Selector | AnyOf, conditions: Conditions[_E]) -> _E:
    """Return the expression of an engine that is true for the nodes that ``selector`` matches.

    :raises TypeError: if ``selector`` is neither a :class:`Selector` nor an ``AnyOf``.
    """
    if not require_condition(selector).is_satisfiable:
        return conditions.constant(False)
    parts = [_express_part(part, conditions) for part in selector.split()]
    return conditions.conjunction(parts) if parts else conditions.constant(True)


def _express_part(part: Selector | AnyOf, conditions: Conditions[_E]) -> _E:
    if isinstance(part, AnyOf):  # not all of its selectors fail
        failing = [conditions.negation(express(each, conditions)) for each in part.selectors]
        return conditions.negation(conditions.conjunction(failing))
    if part.ids is not None:
        return conditions.id_in(part.ids)
    (requirement,) = part.requirements
    key, test = requirement.key, requirement.test
    if key == ID_KEY:  # no requirement includes ids
        is_excluded = conditions.id_in(requirement.values)
        return conditions.conjunction([conditions.has_id(), conditions.negation(is_excluded)])
    if isinstance(test, HasKey):
        condition = conditions.has_key(key)
    elif isinstance(test, OneOf):
        condition = conditions.value_in(key, test.values)
    else:
        condition = conditions.integer_between(key, test.low, test.high)
    return conditions.negation(condition) if requirement.is_negated else condition
