"""Convert selectors and placements to expressions of an engine, such as a database.

**The law of every engine**: a condition is true or false, never NULL. It is false if the node does
not have the label, if the value of the label is NULL, and if there are no labels at all. So NOT and
AND have only two truth values to consider. An engine that follows this law selects the same nodes
as :attr:`Selector.matches` and :meth:`Placement.matches`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from nodeselect.placement import Placement, Toleration
from nodeselect.placement.placement import require_asked
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import AtLeast, Condition, Tolerates
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.requirement import ID_KEY, HasKey, OneOf

_E = TypeVar("_E")
_C = TypeVar("_C")

# Covers the taints that keep no pod away.
_SOFT = Toleration(operator="Exists", effect="PreferNoSchedule")


class Table(NamedTuple, Generic[_C]):
    """The columns of a table of nodes, as the parameters of an engine say; None if there is none.

    They are names, or what an engine makes of them. :func:`nodeselect.engines.sql.where` describes
    each; ``labels`` may be what the engine accepts in place of a column.
    """

    labels: Any
    id: _C | None
    columns: Mapping[str, _C] | None
    taints: _C | None = None
    resources: _C | None = None

    def convert(self, to_column: Callable[[Any], _E]) -> "Table[_E]":
        """Return the table with each column, and what is in place of labels, converted."""
        labels, id_, taints, resources = (
            None if each is None else to_column(each)
            for each in (self.labels, self.id, self.taints, self.resources)
        )
        columns = {key: to_column(column) for key, column in (self.columns or {}).items()}
        return Table(labels, id_, columns, taints, resources)


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

    def taint_is(self, field: str, text: str) -> _E:
        """Express, for :meth:`no_taint`, that a field of a taint is ``text``; NULL is empty."""

    def no_taint(self, condition: _E) -> _E:
        """Express that no taint of the node satisfies ``condition``, or that all are unknown."""

    def has_amount(self, resource: str, amount: int) -> _E:
        """Express that the node has so much of a resource, or that its resources are unknown."""

    def constant(self, value: bool) -> _E:
        """Express a condition that is true for every node or, if ``value`` is false, for none."""

    def negation(self, condition: _E) -> _E:
        """Express that a condition does not hold."""

    def value_not_in(self, key: str, values: Sequence[str]) -> _E:
        """Express the negation of :meth:`value_in`: another value, or no such label."""

    def conjunction(self, conditions: Sequence[_E]) -> _E:
        """Express that all ``conditions`` hold. There is at least one condition."""

    def disjunction(self, conditions: Sequence[_E]) -> _E:
        """Express that one of ``conditions`` holds. There is at least one condition."""


def required(column: _E | None, what: str) -> _E:
    """Return the column of the ids, taints or resources; raise ``ValueError`` if there is none."""
    if column is None:
        asking = "selector" if what == "ids" else "placement"
        raise ValueError(f"the {asking} asks for {what}: say which column has them")
    return column


def express(selector: Condition | Placement, conditions: Conditions[_E]) -> _E:
    """Return the expression of an engine that is true for the nodes that ``selector`` matches.

    :raises TypeError: if it is neither a selector nor a placement nor a requirement of one.
    :raises ValueError: if a column that it depends on is not known.
    """
    if isinstance(selector, AtLeast):
        return conditions.has_amount(selector.resource, selector.amount)
    if isinstance(selector, PodRule):
        raise ValueError(f"only an inventory can decide a rule between pods: {selector}")
    if isinstance(selector, Tolerates):
        return _express_tolerations(selector, conditions)
    selector = require_asked(selector)
    if isinstance(selector, Placement):
        required_parts = (selector.selector, *selector.requirements())
        return conditions.conjunction([express(each, conditions) for each in required_parts])
    if not selector.is_satisfiable:
        return conditions.constant(False)
    parts = [_express_part(part, conditions) for part in selector.split()]
    return conditions.conjunction(parts) if parts else conditions.constant(True)


def _express_part(part: Selector | AnyOf, conditions: Conditions[_E]) -> _E:
    if isinstance(part, AnyOf):
        return conditions.disjunction([express(each, conditions) for each in part.selectors])
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
        in_list = conditions.value_not_in if requirement.is_negated else conditions.value_in
        return in_list(key, test.values)
    else:
        condition = conditions.integer_between(key, test.low, test.high)
    return conditions.negation(condition) if requirement.is_negated else condition


def _express_tolerations(part: Tolerates, conditions: Conditions[_E]) -> _E:
    kind = [("key", part.key), ("effect", part.effect)] if part.key else []
    excluding = [conditions.taint_is(*field) for field in kind]
    for each in (_SOFT, *part.tolerations.distinct):
        fields = [field for field in (("key", each.key), ("effect", each.effect)) if field[1]]
        if each.operator == "Equal":
            fields.append(("value", each.value))
        if not fields:  # it covers every taint
            return conditions.constant(True)
        covered = conditions.conjunction([conditions.taint_is(*field) for field in fields])
        excluding.append(conditions.negation(covered))
    return conditions.no_taint(conditions.conjunction(excluding))
