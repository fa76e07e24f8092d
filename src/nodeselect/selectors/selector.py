"""Selectors: conditions on the labels and the id of a node, all of which must hold; and their OR.

Both classes are in one module because ``Selector | Selector`` is an ``AnyOf`` of selectors.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, final

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.problem import Key
from nodeselect.selectors.diagnostics import limit_error
from nodeselect.selectors.frozen import Frozen
from nodeselect.selectors.key_constraint import constraints_by_key
from nodeselect.selectors.label_selector import (
    label_selector_from_requirements,
    requirements_from_label_selector,
)
from nodeselect.selectors.parser import parse_requirements
from nodeselect.selectors.predicate import Predicate, compile_predicate
from nodeselect.selectors.requirement import ID_KEY, Requirement, equality
from nodeselect.text import id_mistake, printable, to_exact_str, truncate


@final
class Selector(Frozen):
    """A condition on nodes: all :attr:`requirements` hold, and :attr:`ids` is None or has the id.

    Build one with :meth:`parse`, :meth:`of`, :meth:`from_requirements`, :meth:`from_kubernetes`,
    :meth:`everything`, :meth:`nothing` or ``a & b``. Frozen and safe to share between threads. Two
    selectors are equal if they have the same requirements, in any order, and the same ids.
    """

    __slots__ = ("_hash", "_matches", "_predicate", "_split", "ids", "requirements")

    requirements: tuple[Requirement, ...]
    """The requirements, in the order in which they were written."""
    ids: tuple[str, ...] | None
    """The ids that match, sorted; None if any id matches. If empty, no node matches."""
    _hash: int
    _matches: Predicate
    _predicate: Predicate
    _split: "tuple[Selector, ...]"

    def __init__(self) -> None:
        raise TypeError("use Selector.parse, Selector.of or Selector.from_requirements")

    @classmethod
    def parse(cls, text: str) -> "Selector":
        """Parse a selector as Kubernetes does.

        ::

            selector    = [ requirement { "," requirement } ]
            requirement = key                          the label is present, with any value
                        | "!" key                      the label is absent
                        | key ( "=" | "==" ) [ value ]
                        | key "!=" [ value ]
                        | key "in" "(" values ")"
                        | key "notin" "(" values ")"
                        | key ( ">" | "<" ) integer
            values      = [ value ] { "," [ value ] }

        >>> selector = Selector.parse("region=us-east, tier in (premium,standard), !debug")
        >>> selector.matches({"region": "us-east", "tier": "premium"})
        True
        >>> str(selector)
        '!debug,region=us-east,tier in (premium,standard)'

        1. A comma is AND. A text has no OR: combine selectors with ``|`` (:class:`AnyOf`).
        2. The empty text matches every node, as in Kubernetes.
        3. ``!=`` and ``notin`` also match nodes *without* the key; ``key,key!=a`` does not.
        4. A value that is not written is the empty string: ``key=`` and ``key in ()`` match "".
        5. ``>`` and ``<`` compare signed 64-bit integers; other values match neither.
        6. Keys and values are compared exactly: no case folding, no trimming, no wildcards.

        A parsed text is cached: parsing it again costs one look-up.

        :raises SelectorError: if the text is invalid. The error has the position and a fix.
        :raises TypeError: if ``text`` is not a string.
        """
        if type(text) is not str:  # a subclass could compare equal to another cached text
            text = to_exact_str(text, "a selector")
        return _parse_short(text) if len(text) <= _SHORT_TEXT else _parse_long(text)

    @classmethod
    def of(
        cls,
        *,
        match_labels: Mapping[str, str] | None = None,
        match_expressions: Iterable[str] | None = None,
        match_ids: Iterable[str] | None = None,
    ) -> "Selector":
        """Build a selector from the three fields of a job spec; a node must match all three.

        >>> Selector.of(match_labels={"region": "eu"}, match_expressions=["!debug", "tier>1"])
        Selector('!debug,region=eu,tier>1')

        None is no condition, as are no labels and no expressions; if there are no ids, no node
        matches. An expression may contain several requirements, separated by commas; a blank one is
        an error. Ids must be equal.

        :raises SelectorError: if a label, an expression or an id is invalid; ``path`` is its place,
            such as ``match_ids[2]``.
        :raises TypeError: if an argument has the wrong type, such as a string instead of a list.
        """
        requirements = [] if match_labels is None else _from_labels(match_labels)
        if match_expressions is not None:
            requirements += _from_expressions(match_expressions)
        return _build(requirements, None if match_ids is None else _valid_ids(match_ids))

    @classmethod
    def from_requirements(
        cls, requirements: Iterable[Requirement], match_ids: Iterable[str] | None = None
    ) -> "Selector":
        """Build a selector for the nodes that satisfy all ``requirements``.

        >>> from nodeselect import Operator
        >>> Selector.from_requirements([Requirement("gpu", Operator.GREATER_THAN, ["2"])])
        Selector('gpu>2')

        :param match_ids: the ids that match; None for any id.
        :raises SelectorError: if an id is invalid or a limit is exceeded.
        """
        checked = list(requirements)
        if not all(isinstance(requirement, Requirement) for requirement in checked):
            raise TypeError("requirements must be a list of Requirement")
        return _build(checked, None if match_ids is None else _valid_ids(match_ids))

    @classmethod
    def from_kubernetes(cls, label_selector: Mapping[str, Any] | None) -> "Selector":
        """Build a selector from a Kubernetes LabelSelector, as decoded JSON or YAML.

        >>> team = {"key": "team", "operator": "NotIn", "values": ["a", "b"]}
        >>> Selector.from_kubernetes({"matchLabels": {"app": "x"}, "matchExpressions": [team]})
        Selector('app=x,team notin (a,b)')

        As in Kubernetes, an empty LabelSelector matches every node, and None matches none.

        :raises SelectorError: if a part is invalid, unknown or of the wrong type; ``path`` is its
            place, such as ``matchExpressions[1].values[0]``.
        :raises TypeError: if ``label_selector`` is neither a mapping nor None.
        """
        if label_selector is None:
            return _NOTHING
        return _build(requirements_from_label_selector(label_selector), None)

    @classmethod
    def everything(cls) -> "Selector":
        """Return the selector that matches every node."""
        return _EVERYTHING

    @classmethod
    def nothing(cls) -> "Selector":
        """Return the selector that matches no node. No text can be parsed to this selector."""
        return _NOTHING

    @property
    def canonical(self) -> tuple[Requirement, ...]:
        """The requirements sorted by key; those with the same key in their original order."""
        return tuple(sorted(self.requirements, key=lambda requirement: requirement.key))

    @property
    def excluded_ids(self) -> tuple[str, ...]:
        """The ids that do not match, sorted; empty unless from the affinity of a pod."""
        return tuple(sorted(_excluded_ids(self.requirements)))

    @property
    def is_satisfiable(self) -> bool:
        """Whether any possible node matches; exact. False for ``a=b,a=c`` and ``a,!a``."""
        return self.ids != () and are_satisfiable(self.requirements)

    @property
    def matches(self) -> Predicate:
        """A function: ``matches(labels, node_id=None)`` returns whether a node matches.

        ``node_id`` is needed only if the selector has ``ids``. The function raises ``TypeError`` if
        ``labels`` is not a mapping, or if it reads a value or an id that is not a string. It stops
        reading at the first failed requirement. A call costs about 30 ns a requirement.
        """
        try:
            return self._matches
        except AttributeError:  # the first use
            predicate = compile_predicate(self.requirements, self.ids, checked=True)
            object.__setattr__(self, "_matches", predicate)
            return predicate

    @property
    def predicate(self) -> Predicate:
        """A function like :attr:`matches` without type checks: other types may give wrong results.

        A call costs about 20 ns a requirement.
        """
        try:
            return self._predicate
        except AttributeError:  # the first use
            predicate = compile_predicate(self.requirements, self.ids, checked=False)
            object.__setattr__(self, "_predicate", predicate)
            return predicate

    def to_kubernetes(self) -> dict[str, Any] | None:
        """Return this selector as a Kubernetes LabelSelector; None for ``Selector.nothing()``.

        >>> Selector.parse("app=x,team!=a").to_kubernetes()  # doctest: +NORMALIZE_WHITESPACE
        {'matchLabels': {'app': 'x'},
         'matchExpressions': [{'key': 'team', 'operator': 'NotIn', 'values': ['a']}]}

        What :meth:`from_kubernetes` reads from it is equivalent, but not always equal: for example,
        ``!=`` becomes ``notin``.

        :raises SelectorError: if the selector has ids, ``>`` or ``<``: a LabelSelector cannot.
        """
        return label_selector_from_requirements(self.requirements, self.ids)

    def split(self) -> "tuple[Selector, ...]":
        """Return a tuple with one selector for each condition.

        If there are ids, the first selector has only these. Each other selector has one
        requirement, in the order in which they were written, without duplicates.

        >>> Selector.parse("region=eu,!debug").split()
        (Selector('region=eu'), Selector('!debug'))
        """
        try:
            return self._split
        except AttributeError:  # the first call
            selectors = [_build([each], None) for each in dict.fromkeys(self.requirements)]
            if self.ids is not None:
                selectors.insert(0, _build([], self.ids))
            object.__setattr__(self, "_split", tuple(selectors))
            return self._split

    def __and__(self, other: "Selector") -> "Selector":
        """Return the selector that matches the nodes which both selectors match.

        :raises SelectorError: if the result exceeds a limit, such as the number of requirements.
        """
        if not isinstance(other, Selector):
            return NotImplemented
        ids = self.ids if other.ids is None else other.ids
        if self.ids is not None and other.ids is not None:
            ids = tuple(set(self.ids) & set(other.ids))
        return _build([*self.requirements, *other.requirements], ids)

    def __or__(self, other: "Selector | AnyOf") -> "AnyOf":
        """Return the :class:`AnyOf` that matches the nodes which at least one of both matches.

        :raises SelectorError: if the result has too many selectors.
        """
        if not isinstance(other, Selector | AnyOf):
            return NotImplemented
        return AnyOf((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Selector):
            return NotImplemented
        return self.ids == other.ids and _sort_keys(self) == _sort_keys(other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:  # the first call
            object.__setattr__(self, "_hash", hash((self.ids, *_sort_keys(self))))
            return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return _build, (list(self.requirements), self.ids)

    def __str__(self) -> str:
        """Return the canonical text: the requirements sorted by key. ``Selector.parse`` reads it.

        If the selector was combined from others, the text may be too long for ``parse``. A text
        cannot contain ids: they are shown as ``<id in (n-1)>`` or ``<id not in (n-1)>``, and
        ``Selector.nothing()`` as ``<nothing>``. ``parse`` rejects these, so that it never returns a
        wider selector.
        """
        text = _text(self.canonical)
        if self.ids is None:
            return text
        if not self.ids:
            return "<nothing>"
        ids = f"<id in ({printable(','.join(self.ids))})>"
        return f"{ids},{text}" if text else ids

    def __repr__(self) -> str:
        return f"Selector({truncate(str(self), 200)!r})"


@final
class AnyOf(Frozen):
    """A condition on nodes: at least one of several selectors matches. ``a | b`` builds one.

    >>> either = Selector.parse("region=eu,!debug") | Selector.parse("gpu,!debug")
    >>> either.matches({"gpu": "t4"})
    True
    >>> print(either & Selector.parse("tier=gold"))
    !debug,region=eu,tier=gold or !debug,gpu,tier=gold

    It is not nested: ``&`` combines each selector of one side with each of the other side. Frozen
    and safe to share between threads. Two are equal if they have the same selectors, in any order.

    :param selectors: the selectors; without any, no node matches.
    :raises SelectorError: with the code ``too-many-selectors`` if there are more than 1,024.
    """

    __slots__ = ("selectors",)

    selectors: tuple[Selector, ...]
    """The selectors in the order in which they were given, without duplicates."""

    def __init__(self, selectors: "Iterable[Selector | AnyOf]") -> None:
        distinct: dict[Selector, None] = {}
        for selector in selectors:
            distinct |= dict.fromkeys(alternatives(require_condition(selector)))
            if len(distinct) > LIMITS.selectors:
                message = f"an AnyOf can have at most {LIMITS.selectors:,} selectors"
                raise SelectorError(
                    "too-many-selectors", f"{message} (limit: selectors)", "", (0, 0)
                )
        object.__setattr__(self, "selectors", tuple(distinct))

    def matches(self, labels: Mapping[str, str], node_id: str | None = None) -> bool:
        """Return whether at least one selector matches a node, as :attr:`Selector.matches` does."""
        selectors = self.selectors or (_NOTHING,)  # which checks the types
        return any(selector.matches(labels, node_id) for selector in selectors)

    @property
    def is_satisfiable(self) -> bool:
        """Whether any possible node matches; exact."""
        return any(selector.is_satisfiable for selector in self.selectors)

    def split(self) -> "tuple[Selector | AnyOf, ...]":
        """Return conditions of which a node that matches satisfies all, and any other node not all.

        Each condition that all selectors share is a selector, as :meth:`Selector.split` returns it.
        What they do not share is one ``AnyOf``, the last of the conditions.

        >>> (Selector.parse("region=eu,!debug") | Selector.parse("gpu,!debug")).split()
        (Selector('!debug'), AnyOf('region=eu or gpu'))
        """
        splits = [dict.fromkeys(each.split()) for each in self.selectors if each.ids != ()]
        if not splits:
            return (_NOTHING,)
        shared = dict.fromkeys(part for part in splits[0] if all(part in each for each in splits))
        rests = [[part for part in parts if part not in shared] for parts in splits]
        if not all(rests):  # a selector that has only what all share makes the others superfluous
            return tuple(shared)
        others = ([each for part in parts for each in part.requirements] for parts in rests)
        ids = (parts[0].ids for parts in rests)  # ids are the first part
        return (*shared, AnyOf(map(_build, others, ids)))

    def __or__(self, other: "Selector | AnyOf") -> "AnyOf":
        """Return the ``AnyOf`` with the selectors of both.

        :raises SelectorError: if the result has too many selectors.
        """
        if not isinstance(other, Selector | AnyOf):
            return NotImplemented
        return AnyOf((self, other))

    def __and__(self, other: "Selector | AnyOf") -> "AnyOf":
        """Return the ``AnyOf`` that matches the nodes which both match.

        :raises SelectorError: if the result exceeds a limit, such as the number of selectors.
        """
        if not isinstance(other, Selector | AnyOf):
            return NotImplemented
        return AnyOf(one & two for one in self.selectors for two in alternatives(other))

    def __rand__(self, other: Selector) -> "AnyOf":
        if not isinstance(other, Selector):
            return NotImplemented
        return AnyOf(other & selector for selector in self.selectors)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AnyOf):
            return NotImplemented
        return set(self.selectors) == set(other.selectors)

    def __hash__(self) -> int:
        return hash(frozenset(self.selectors))

    def __reduce__(self) -> tuple[object, ...]:
        return AnyOf, (self.selectors,)

    def __str__(self) -> str:
        """Return the texts of the selectors, separated by `` or ``; no parser reads the result.

        A selector that matches every node is shown as ``<everything>``.
        """
        return " or ".join(str(each) or "<everything>" for each in self.selectors) or "<nothing>"

    def __repr__(self) -> str:
        return f"AnyOf({truncate(str(self), 200)!r})"


_set_ids, _set_requirements = (vars(Selector)[name].__set__ for name in ("ids", "requirements"))


def _from_labels(match_labels: Mapping[str, str]) -> list[Requirement]:
    if not isinstance(match_labels, Mapping):
        raise TypeError("match_labels must be a mapping")
    requirements = []
    for key, value in match_labels.items():
        if not (type(key) is type(value) is str):
            key = to_exact_str(key, "a key of match_labels")
            value = to_exact_str(value, f"the value of {key!r}")
        try:
            requirements.append(equality(key, value))
        except SelectorError as error:
            raise error.at("match_labels", Key(key)) from None
    return requirements


def _from_expressions(match_expressions: Iterable[str]) -> list[Requirement]:
    requirements: list[Requirement] = []
    for number, text in enumerate(_items(match_expressions, "match_expressions")):
        if type(text) is not str:
            text = to_exact_str(text, f"match_expressions[{number}]")
        try:
            parsed = Selector.parse(text).requirements
            if not parsed:
                message = "an expression must not be blank"
                hint = "write a requirement, such as region=eu, or remove the expression"
                raise SelectorError("blank", message, text, (len(text), len(text)), hint=hint)
        except SelectorError as error:
            raise error.at("match_expressions", number) from None
        requirements += parsed
    return requirements


def _valid_ids(match_ids: Iterable[str]) -> list[str]:
    valid = []
    for number, node_id in enumerate(_items(match_ids, "match_ids")):
        text = to_exact_str(node_id, f"match_ids[{number}]")
        if mistake := id_mistake(text):
            code, message, span = mistake
            hint = "remove it" if text else None
            raise SelectorError(code, message, text, span, hint=hint, path=("match_ids", number))
        valid.append(text)
    return valid


def _items(items: Iterable[str], name: str) -> Iterable[str]:
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise TypeError(f"{name} must be a list of strings, not {type(items).__name__}")
    return items


def _parse(text: str) -> Selector:
    if len(text) > LIMITS.selector_text:
        raise limit_error("selector_text", "characters", len(text), text)
    selector = _build(parse_requirements(text), None, text)
    # The canonical text has a space before each "(", and must be short enough to be parsed.
    if len(text) + len(selector.requirements) > LIMITS.selector_text:
        length = len(_text(selector.requirements))
        if length > LIMITS.selector_text:
            raise limit_error("selector_text", "characters", length, text)
    return selector


# Fewer long texts are cached: 4,096 selectors of 128 requirements would take some 80 MB.
_SHORT_TEXT = 256
_parse_short = lru_cache(maxsize=4_096)(_parse)
_parse_long = lru_cache(maxsize=256)(_parse)

# So few requirements cannot exceed a limit.
_MAX_UNCOUNTED = LIMITS.values // LIMITS.values_in_set


def _build(
    requirements: list[Requirement], ids: Iterable[str] | None, source: str | None = None
) -> Selector:
    """Build a selector from valid requirements and ids; every constructor calls this.

    :param ids: the ids that match; None for any id.
    :param source: the text from which the requirements were parsed, if any.
    :raises SelectorError: if the selector exceeds a limit, such as the number of values.
    """
    # So short a text cannot exceed a limit, either.
    if len(requirements) > _MAX_UNCOUNTED and (not source or len(source) > LIMITS.requirements):
        values = sum(len(requirement.values) for requirement in requirements)
        for what, number in (("requirements", len(requirements)), ("values", values)):
            if number > getattr(LIMITS, what):
                text = _text(requirements) if source is None else source
                raise limit_error(what, what, number, text)
    if ids is not None:
        if excluded := _excluded_ids(requirements):
            requirements = [each for each in requirements if each.key != ID_KEY]
        ids = tuple(sorted(set(ids) - excluded))
        if len(ids) > LIMITS.match_ids:
            raise limit_error("match_ids", "ids", len(ids), "").at("match_ids")
        if not ids:  # no node matches, whatever its labels
            requirements = []
    selector = object.__new__(Selector)
    _set_requirements(selector, tuple(requirements))
    _set_ids(selector, ids)
    return selector


def _excluded_ids(requirements: Iterable[Requirement]) -> set[str]:
    return {each for one in requirements if one.key == ID_KEY for each in one.values}


def _sort_keys(selector: Selector) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return the sorted ``sort_key`` of all requirements: their original order does not matter."""
    return sorted(requirement.sort_key for requirement in selector.requirements)


def _text(requirements: Iterable[Requirement]) -> str:
    return ",".join(map(str, requirements))


def are_satisfiable(requirements: Collection[Requirement]) -> bool:
    """Return whether any possible labels satisfy all ``requirements``; exact."""
    # The usual case. (A comparison may be impossible alone: no integer is above the largest.)
    keys = {each.key for each in requirements if not each.operator.is_comparison}
    if len(keys) == len(requirements):
        return True
    return not any(each.is_empty for each in constraints_by_key(requirements).values())


def alternatives(condition: object) -> tuple[Selector, ...]:
    """Return the selectors of which a node must match one; () if it is not about selectors."""
    if isinstance(condition, AnyOf):
        return condition.selectors
    return (condition,) if isinstance(condition, Selector) else ()


_EVERYTHING = _build([], None)
_NOTHING = _build([], ())


def require_condition(
    condition: Selector | AnyOf, expected: str = "a Selector or an AnyOf"
) -> Selector | AnyOf:
    """Return ``condition``; raise ``TypeError`` if it is another type."""
    if not isinstance(condition, (Selector, AnyOf)):  # a union would be made in each call
        hint = "; parse a text with Selector.parse" if isinstance(condition, str) else ""
        found = type(condition).__name__
        raise TypeError(f"expected {expected}, not {found}{hint}")
    return condition
