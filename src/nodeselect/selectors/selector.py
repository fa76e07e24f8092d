"""Selectors: requirements on labels and ids, all of them together."""

from collections.abc import Iterable, Mapping
from operator import attrgetter

from nodeselect.errors import SelectorError
from nodeselect.frozen import Frozen
from nodeselect.limits import LIMITS
from nodeselect.selectors.key_constraint import allowed
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.predicate import Failures, Predicate, compile_failures, compile_predicate
from nodeselect.selectors.requirement import Requirement, exact_text
from nodeselect.text import FORBIDDEN, printable, quoted, truncate

__all__ = ["Selector", "failures_of", "made_of"]


class Selector(Frozen):
    """Which nodes to take: every requirement must hold, and the id be one of ``ids``.

    Made by :meth:`parse`, :meth:`of`, :meth:`everything`, :meth:`nothing` and ``a & b``, which all
    check the same things; there is no other way. Frozen; equal when it asks for the same things in
    whatever order; safe to share between threads.
    """

    __slots__ = ("_hash", "_parts", "ids", "matches", "requirements", "written")

    requirements: tuple[Requirement, ...]
    """The requirements in order of key; those on one key in the order they were given."""
    _hash: int
    _parts: "tuple[Selector, ...]"
    written: tuple[Requirement, ...]
    """The requirements in the order they were given; this order is lost when it is pickled."""
    ids: tuple[str, ...] | None
    """The node ids to choose from, sorted; None when any will do. An empty tuple takes no node."""
    matches: Predicate
    """``matches(labels, node_id=None)`` says whether a node is taken.

    ``labels`` maps keys to values and is never validated; ``node_id`` is needed only by a selector
    with ``ids``, and such a selector takes no node whose id is not told. A function made once for
    this selector; cost: some 20 ns a requirement.
    """

    def __init__(self) -> None:
        raise TypeError("use Selector.parse, Selector.of, Selector.everything or Selector.nothing")

    @classmethod
    def parse(cls, text: str) -> "Selector":
        """Read a selector as Kubernetes does.

        ::

            selector    = [ requirement { "," requirement } ]
            requirement = key                          the label is there, whatever its value
                        | "!" key                      the label is not there
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

        1. A comma is AND. There is no OR: use several selectors.
        2. The empty text takes everything, as in Kubernetes.
        3. ``!=`` and ``notin`` also take nodes *without* the key; ``key,key!=a`` does not.
        4. A missing value is the empty one: ``key=`` takes a label that is "". ``key in ()`` too.
        5. ``>`` and ``<`` compare whole numbers of 64 bits; a label that is none fails both.
        6. Everything is compared exactly: no case folding, no trimming, no wildcards.

        The same text again costs one look-up in a bounded table.

        :raises SelectorError: when the text is wrong; it says where and what to write instead.
        :raises TypeError: when ``text`` is not a string.
        """
        if type(text) is not str:  # a subclass could pass for another text in the table
            text = exact_text(text, "a selector")
        selector = _parsed.get(text)
        if selector is None:
            selector = _parse(text)
            _remember(text, selector)
        return selector

    @classmethod
    def of(
        cls,
        *,
        match_labels: Mapping[str, str] | None = None,
        match_expressions: Iterable[str] | None = None,
        match_ids: Iterable[str] | None = None,
    ) -> "Selector":
        """Make a selector of the three fields of a job spec; all of them must hold.

        >>> Selector.of(match_labels={"region": "eu"}, match_expressions=["!debug", "tier>1"])
        Selector('!debug,region=eu,tier>1')

        A field that is None or empty is no condition. An expression may hold several requirements,
        joined by commas; a blank one is an error. Ids are exact: never a name, never a prefix.

        :raises SelectorError: when a label, an expression or an id is wrong; ``place`` says which.
        :raises TypeError: when something is not of the type it should be, such as one string in
            the place of a list.
        """
        requirements: list[Requirement] = []
        if match_labels is not None:
            if not isinstance(match_labels, Mapping):
                raise TypeError("match_labels must be a mapping")
            for key, value in match_labels.items():
                requirements.append(_label(key, value))
        for number, text in enumerate(_several(match_expressions, "match_expressions")):
            place = f"match_expressions[{number}]"
            requirements.extend(_expression(exact_text(text, place), place))
        ids = [
            _id(exact_text(text, f"match_ids[{number}]"), number)
            for number, text in enumerate(_several(match_ids, "match_ids"))
        ]
        return made_of(requirements, ids or None)

    @classmethod
    def everything(cls) -> "Selector":
        """Give the selector that takes every node."""
        return _EVERYTHING

    @classmethod
    def nothing(cls) -> "Selector":
        """Give the selector that takes no node. It has no text: its ``str`` does not parse."""
        return _NOTHING

    @property
    def is_satisfiable(self) -> bool:
        """Whether any node at all could match: False for ``a=b,a=c`` and ``a,!a``. Exact."""
        if self.ids == ():
            return False
        keys = {each.key for each in self.requirements}
        compared = any(each.operator in _COMPARED for each in self.requirements)
        if len(keys) == len(self.requirements) and not compared:
            return True  # one requirement a key: nothing to contradict, which is the usual case
        return not any(each.is_empty for each in allowed(self.requirements).values())

    @property
    def parts(self) -> "tuple[Selector, ...]":
        """What all must hold, one by one: a selector of the ids, if any, and one of each
        requirement in the order in which they were given; what is written twice stands once.

        >>> Selector.parse("region=eu,!debug").parts
        (Selector('region=eu'), Selector('!debug'))
        """
        try:
            return self._parts
        except AttributeError:  # asked for the first time
            ids = () if self.ids is None else (made_of([], self.ids),)
            once = dict.fromkeys(self.written)
            parts = (*ids, *(made_of([requirement], None) for requirement in once))
            object.__setattr__(self, "_parts", parts)
            return self._parts

    def __and__(self, other: "Selector") -> "Selector":
        """Take what both take.

        :raises SelectorError: when the two together exceed a limit.
        """
        if not isinstance(other, Selector):
            return NotImplemented
        ids = self.ids if other.ids is None else other.ids
        if self.ids is not None and other.ids is not None:
            ids = tuple(set(self.ids) & set(other.ids))
        return made_of([*self.written, *other.written], ids)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Selector):
            return NotImplemented
        return self.ids == other.ids and _canonical(self) == _canonical(other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:  # asked for the first time
            object.__setattr__(self, "_hash", hash((self.ids, *_canonical(self))))
            return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (_text(self.requirements), self.ids)

    def __str__(self) -> str:
        """Give the canonical text; ``Selector.parse`` reads it back.

        (A selector put together of parts may have a text that is too long for ``parse``.)
        Ids have no text in the language, so a selector with ids shows them in angle brackets, and
        one that takes nothing is ``<nothing>``: neither parses, so neither can turn into a wider
        selector.
        """
        text = _text(self.requirements)
        if self.ids is None:
            return text
        if not self.ids:
            return "<nothing>"
        ids = f"<id in ({printable(','.join(self.ids))})>"
        return f"{ids},{text}" if text else ids

    def __repr__(self) -> str:
        return f"Selector({truncate(str(self), 200)!r})"


def _parse(text: str) -> Selector:
    if len(text) > LIMITS.selector_text:
        raise _too_long(text, len(text))
    if not text.isprintable() and (forbidden := FORBIDDEN.search(text)):
        from nodeselect.selectors.diagnostics.words import bad_character  # with the first mistake

        raise bad_character(text, forbidden.start())
    selector = made_of(_read(text), None, text)
    # The canonical text has a blank before each "(", and must be one that can be parsed.
    if (most := len(text) + len(selector.requirements)) > LIMITS.selector_text:
        most = len(_text(selector.requirements))
    if most > LIMITS.selector_text:
        raise _too_long(text, most)
    return selector


def _read(text: str) -> list[Requirement]:
    from nodeselect.selectors import parser as _grammar  # Lark: loaded with the first text

    return _grammar.parse_requirements(text)


def _too_long(text: str, length: int) -> SelectorError:
    return SelectorError(
        "text-too-long",
        f"a selector has at most {LIMITS.selector_text:,} characters (selector_text),"
        f" this one {length:,}",
        text,
        (min(LIMITS.selector_text, len(text)), len(text)),
        hint="use several selectors",
    )


def made_of(
    requirements: list[Requirement], ids: Iterable[str] | None, source: str | None = None
) -> Selector:
    """Make the selector of parts that are right one by one; the only place that does.

    :raises SelectorError: when they exceed a limit together.
    """
    _check_sizes(requirements, source)
    if ids is not None:
        ids = tuple(sorted(set(ids)))
        if len(ids) > LIMITS.match_ids:
            raise SelectorError(
                "too-many-ids",
                f"a selector holds at most {LIMITS.match_ids:,} ids (match_ids)",
                "",
                (0, 0),
                place="match_ids",
            )
        if not ids:  # what is asked of labels does not matter any more
            requirements = []
    selector = Selector.__new__(Selector)
    by_key = tuple(sorted(requirements, key=attrgetter("key")))
    object.__setattr__(selector, "requirements", by_key)
    object.__setattr__(selector, "written", tuple(requirements))
    object.__setattr__(selector, "ids", ids)
    object.__setattr__(selector, "matches", compile_predicate(requirements, ids))
    return selector


def failures_of(selector: Selector, fields: Mapping[str, int] | None = None) -> Failures:
    """Make the function that gives which of a selector's :attr:`~Selector.parts` a node fails: the
    first of them by the lowest bit.

    :param fields: where labels are no map: as in ``compile_failures``.
    """
    requirements = [each for part in selector.parts for each in part.requirements]
    return compile_failures(requirements, selector.ids, fields)


def _check_sizes(requirements: list[Requirement], source: str | None) -> None:
    if len(requirements) > LIMITS.requirements:
        raise _too_large("requirements", len(requirements), requirements, source)
    if len(requirements) > LIMITS.values // LIMITS.values_in_set:  # fewer cannot hold too many
        values = sum(len(requirement.values) for requirement in requirements)
        if values > LIMITS.values:
            raise _too_large("values", values, requirements, source)


def _too_large(
    what: str, number: int, requirements: list[Requirement], source: str | None
) -> SelectorError:
    text = _text(requirements) if source is None else source
    most: int = getattr(LIMITS, what)
    return SelectorError(
        f"too-many-{what}",
        f"a selector holds at most {most:,} {what} ({what}), this one {number:,}",
        text,
        (0, len(text)),
        hint="use several selectors",
    )


def _label(key: object, value: object) -> Requirement:
    key = exact_text(key, "a key of match_labels")
    try:
        return Requirement(key, Operator.EQUALS, [exact_text(value, f"the value of {key!r}")])
    except SelectorError as error:
        raise error.at(f"match_labels[{quoted(key)}]") from None


def _expression(text: str, place: str) -> tuple[Requirement, ...]:
    if not text.strip(" \t\r\n"):
        raise SelectorError(
            "blank",
            "an expression is never blank",
            text,
            (len(text), len(text)),
            hint="write one, or take the item away",
            place=place,
        )
    try:
        return Selector.parse(text).written
    except SelectorError as error:
        raise error.at(place) from None


def _id(text: str, number: int) -> str:
    if text and text.isascii() and text.isprintable():
        return text
    from nodeselect.selectors.diagnostics.words import bad_id  # with the first that may be wrong

    error = bad_id(text)
    if error is not None:
        raise error.at(f"match_ids[{number}]")
    return text


def _several(items: Iterable[str] | None, name: str) -> Iterable[str]:
    if items is None:
        return ()
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise TypeError(f"{name} must be a list of strings, not {type(items).__name__}")
    return items


def _canonical(selector: Selector) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Give what is asked of labels in an order that does not depend on how it was written."""
    return sorted(requirement.order for requirement in selector.requirements)


def _text(requirements: Iterable[Requirement]) -> str:
    return ",".join(map(str, requirements))


def _again(text: str, ids: tuple[str, ...] | None) -> Selector:
    """Make a selector again from its canonical form; what ``pickle`` and ``copy`` call.

    Put together of parts, it may be longer than one text that people write.
    """
    return made_of(_read(text), ids, text)


_COMPARED = (Operator.GREATER_THAN, Operator.LESS_THAN)
"""Operators that may take nothing by themselves: no integer is above the largest."""

_parsed: dict[str, Selector] = {}
_parsed_characters = 0
_MOST_CHARACTERS = 1_000_000
"""Text kept in the table of parsed selectors; some 10,000 selectors of the usual length."""


def _remember(text: str, selector: Selector) -> None:
    global _parsed_characters
    _parsed_characters += len(text) + 50
    if _parsed_characters > _MOST_CHARACTERS:
        _parsed.clear()
        _parsed_characters = len(text) + 50
    _parsed[text] = selector


_EVERYTHING = made_of([], None)
_NOTHING = made_of([], ())
