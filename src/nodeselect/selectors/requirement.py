"""One requirement of a selector: a key, an operator, values."""

from collections.abc import Iterable
from typing import Any

from nodeselect.errors import SelectorError
from nodeselect.frozen import Frozen
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import is_key, is_value, parse_int64
from nodeselect.selectors.operator import Operator

__all__ = ["Requirement", "exact_text"]


class Requirement(Frozen):
    """A condition on one label. Frozen; compares and hashes by what it says.

    >>> Requirement("tier", Operator.IN, ["standard", "premium"])
    Requirement('tier in (premium,standard)')

    :param key: ``name`` or ``prefix/name`` by the rules of Kubernetes.
    :param operator: what is asked of the key.
    :param values: no value for ``EXISTS`` and ``DOES_NOT_EXIST``, one or more for ``IN`` and
        ``NOT_IN``, exactly one for the others; for ``GREATER_THAN`` and ``LESS_THAN`` the decimal
        digits of a signed 64-bit integer.
    :param spelling: how the operator is written; only ``EQUALS`` has two, ``=`` and ``==``.
    :raises SelectorError: when key or values break a rule.
    :raises TypeError: when something is not a string, or ``values`` is one.
    """

    __slots__ = ("key", "operator", "spelling", "values")

    key: str
    """What label is asked for."""
    operator: Operator
    """What is asked of it."""
    values: tuple[str, ...]
    """What it is compared with: sorted, each once."""
    spelling: str
    """How the operator is written."""

    def __init__(
        self,
        key: str,
        operator: Operator,
        values: Iterable[str] = (),
        *,
        spelling: str | None = None,
    ) -> None:
        if not isinstance(operator, Operator):
            raise TypeError(f"operator must be an Operator, not {type(operator).__name__}")
        key = exact_text(key, "a key")
        if isinstance(values, str):
            raise TypeError("values must be several strings, not one")
        texts = tuple(exact_text(value, "a value") for value in values)
        if spelling is None:
            spelling = operator.spelling
        elif spelling != operator.spelling and (operator, spelling) != (Operator.EQUALS, "=="):
            raise ValueError(f"{operator.name} is not spelled {spelling!r}")
        if not is_key(key):
            raise _bad_words().bad_key(key, 0, len(key))
        values = tuple(sorted(set(texts)))
        _check_values(key, operator, texts, values)
        _fill(self, key, operator, values, spelling)

    @classmethod
    def read(
        cls, key: str, operator: Operator, values: tuple[str, ...], spelling: str | None = None
    ) -> "Requirement":
        """Make a requirement of parts that the grammar has already checked and sorted."""
        made = cls.__new__(cls)
        _fill(made, key, operator, values, operator.spelling if spelling is None else spelling)
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return self.order == other.order

    def __hash__(self) -> int:
        return hash(self.order)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.key, self.operator, self.values, self.spelling)

    @property
    def order(self) -> tuple[str, str, str, tuple[str, ...]]:
        """What it says, as something to compare and sort by; the key comes first."""
        return self.key, self.operator.value, self.spelling, self.values

    def __str__(self) -> str:
        operator = self.operator
        if operator is Operator.EXISTS:
            return self.key
        if operator is Operator.DOES_NOT_EXIST:
            return f"!{self.key}"
        if operator is Operator.IN or operator is Operator.NOT_IN:
            return f"{self.key} {self.spelling} ({','.join(self.values)})"
        return f"{self.key}{self.spelling}{self.values[0]}"

    def __repr__(self) -> str:
        return f"Requirement({str(self)!r})"


def exact_text(text: object, what: str) -> str:
    """Give ``text`` if it is a string, as a plain ``str``; a subclass could compare as it likes."""
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a string, not {type(text).__name__}")
    return text if type(text) is str else str.__str__(text)


def _bad_words() -> Any:
    """Give what says what is wrong with a word: its patterns are loaded with the first mistake."""
    from nodeselect.selectors.diagnostics import words as _bad_words

    return _bad_words


def _check_values(
    key: str, operator: Operator, given: tuple[str, ...], values: tuple[str, ...]
) -> None:
    """Check the values as they were ``given``, and each once, as they are kept."""
    arity = operator.arity
    wrong = {"none": bool(given), "one": len(given) != 1, "some": not given}[arity]
    if wrong:
        wanted = {"none": "no value", "one": "one value", "some": "one value or more"}[arity]
        name = f"'{operator.spelling}'" if operator.spelling else "a key alone"
        raise SelectorError(
            "wrong-number-of-values", f"{name} takes {wanted}, not {len(given)}", key, (0, len(key))
        )
    if len(values) > LIMITS.values_in_set:
        raise _bad_words().too_many_values(key, 0, len(key))
    for value in values:
        if operator in (Operator.GREATER_THAN, Operator.LESS_THAN) and parse_int64(value) is None:
            raise _bad_words().bad_integer(value, 0, len(value), key)
        if not is_value(value):
            raise _bad_words().bad_value(value, 0, len(value), key)


def _again(key: str, operator: Operator, values: tuple[str, ...], spelling: str) -> Requirement:
    return Requirement(key, operator, values, spelling=spelling)


def _fill(
    made: Requirement, key: str, operator: Operator, values: tuple[str, ...], spelling: str
) -> None:
    object.__setattr__(made, "key", key)
    object.__setattr__(made, "operator", operator)
    object.__setattr__(made, "values", values)
    object.__setattr__(made, "spelling", spelling)
