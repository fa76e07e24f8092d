"""Requirements in structured form: ``{key, operator, values}`` items of Kubernetes and Bacalhau."""

from collections.abc import Iterable

from nodeselect.errors import SelectorError
from nodeselect.selectors.operator import OPERATORS, Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.text import quoted, to_exact_str

# The operators' names in lower case, without spaces and underscores.
_OPERATORS = {operator.value: operator for operator in Operator} | {
    **{spelling: operator for spelling, operator in OPERATORS.items() if spelling},
    "doesnotexist": Operator.DOES_NOT_EXIST,
    "equals": Operator.EQUALS,
    "notequals": Operator.NOT_EQUALS,
}


def requirement_from_structured(key: str, operator: str, values: Iterable[str] = ()) -> Requirement:
    """Build a requirement from a key, the name of an operator, and values.

    The operator may be named as in Kubernetes (``In``, ``DoesNotExist``, ``Gt``), as in Bacalhau
    (``in``, ``!``, ``gt``) or as in a selector text (``>``), in any case and with any spaces and
    underscores: real files have ``not in`` and ``not_in``. ``=`` and ``!=`` with several values are
    ``in`` and ``notin``.

    >>> requirement_from_structured("region", "NotIn", ["eu", "uk"])
    Requirement('region notin (eu,uk)')

    :raises SelectorError: if the operator is unknown, or the key or a value breaks a rule.
    :raises TypeError: if something is not a string, or ``values`` is one.
    """
    name = to_exact_str(operator, "an operator")
    found = _OPERATORS.get("".join(name.lower().replace("_", " ").split()))
    if found is None:
        raise SelectorError(
            "unknown-operator",
            f"{quoted(name)} is not an operator",
            name,
            (0, len(name)),
            expected=("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
            hint="use In, NotIn, Exists, DoesNotExist, Gt or Lt",
        )
    if not isinstance(values, str):
        values = list(values)
        if len(values) > 1 and found is Operator.EQUALS:
            found = Operator.IN
        elif len(values) > 1 and found is Operator.NOT_EQUALS:
            found = Operator.NOT_IN
    return Requirement(key, found, values)
