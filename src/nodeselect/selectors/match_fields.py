"""The three fields of a job spec that select nodes: their requirements, and their valid ids."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from nodeselect.errors import SelectorError
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.selectors.diagnostics.words import id_error
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.text import quoted, to_exact_str

if TYPE_CHECKING:
    from nodeselect.selectors.selector import Selector


def requirements_from_labels(match_labels: Mapping[str, str] | None) -> list[Requirement]:
    """Return a requirement for each label of ``match_labels``.

    :raises SelectorError: if a key or a value is invalid; ``path`` names it.
    :raises TypeError: if ``match_labels`` is not a mapping of strings.
    """
    if match_labels is None:
        return []
    if not isinstance(match_labels, Mapping):
        raise TypeError("match_labels must be a mapping")
    return [_label(key, value) for key, value in match_labels.items()]


def requirements_from_expressions(
    match_expressions: Iterable[str], parse: Callable[[str], "Selector"]
) -> list[Requirement]:
    """Return the requirements of ``match_expressions``, in their order.

    :param parse: parses one expression.
    :raises SelectorError: if an expression is invalid or blank; ``path`` names it.
    :raises TypeError: if ``match_expressions`` is not a list of strings.
    """
    requirements: list[Requirement] = []
    for number, text in enumerate(_items(match_expressions, "match_expressions")):
        if type(text) is not str:
            text = to_exact_str(text, f"match_expressions[{number}]")
        try:
            parsed = parse(text).requirements
            if not parsed:
                message = "an expression must not be blank"
                hint = "write a requirement, such as region=eu, or remove the expression"
                raise SelectorError("blank", message, text, (len(text), len(text)), hint=hint)
        except SelectorError as error:
            raise error.at(f"match_expressions[{number}]") from None
        requirements += parsed
    return requirements


def valid_ids(match_ids: Iterable[str] | None) -> list[str] | None:
    """Return ``match_ids`` as plain strings, or None if it is None.

    :raises SelectorError: if an id is empty or unprintable; ``path`` names it.
    :raises TypeError: if ``match_ids`` is not a list of strings.
    """
    if match_ids is None:
        return None
    valid = []
    for number, node_id in enumerate(_items(match_ids, "match_ids")):
        place = f"match_ids[{number}]"
        text = to_exact_str(node_id, place)
        if not (text and text.isascii() and text.isprintable()):
            error = id_error(text)
            if error is not None:
                raise error.at(place)
        valid.append(text)
    return valid


def _label(key: object, value: object) -> Requirement:
    if type(key) is type(value) is str and is_key(key) and is_value(value):  # the usual case
        return Requirement._trusted(key, Operator.EQUALS, (value,), "=")
    key = to_exact_str(key, "a key of match_labels")
    try:
        return Requirement(key, Operator.EQUALS, [to_exact_str(value, f"the value of {key!r}")])
    except SelectorError as error:
        raise error.at(f"match_labels[{quoted(key)}]") from None


def _items(items: Iterable[str], name: str) -> Iterable[str]:
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise TypeError(f"{name} must be a list of strings, not {type(items).__name__}")
    return items
