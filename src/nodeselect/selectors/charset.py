"""What a key, a value and an integer of a selector may be.

The rules are those of Kubernetes (``validate/content/kube.go``): ASCII only, lengths fixed. They
hold for selectors, whichever constructor makes them. The labels of *nodes* are never held to
them: real nodes carry ``GPU-0: NVIDIA GeForce RTX 3090``, and such values can be matched by
``key`` or ``key!=a`` though no selector can name them.
"""

import re

from nodeselect.limits import LIMITS

__all__ = ["NAME", "PREFIX", "is_key", "is_value", "parse_int64"]

_LETTER = "[A-Za-z0-9]"
_NAME = f"{_LETTER}(?:[-A-Za-z0-9_.]{{0,{LIMITS.key_name - 2}}}{_LETTER})?"
_PART = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"

NAME = re.compile(_NAME)
PREFIX = re.compile(rf"(?=.{{1,{LIMITS.key_prefix}}}\Z){_PART}(?:\.{_PART})*")
_INTEGER = re.compile("([+-]?)0*([0-9]{1,19})")


def is_value(text: str) -> bool:
    """Say whether ``text`` may be a value: empty, or 1 to 63 letters, digits, ``-``, ``_``, ``.``
    with a letter or digit at both ends."""
    return not text or NAME.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Say whether ``text`` may be a key: a name by the rule for values but not empty, or a prefix,
    a slash and a name. A prefix is 1 to 253 characters of dot-separated parts of lower-case
    letters, digits and ``-``, each with a letter or digit at both ends."""
    if NAME.fullmatch(text):
        return True
    prefix, slash, name = text.partition("/")
    return bool(slash and PREFIX.fullmatch(prefix) and NAME.fullmatch(name))


def parse_int64(text: str) -> int | None:
    """Read ``text`` as Go's ``ParseInt(text, 10, 64)`` does, or give None.

    An optional sign and ASCII digits, nothing else, in the range of 64 bits. Python's ``int`` also
    takes blanks, underscores, other scripts' digits and any size; all of these are None here.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    number = int(match[1] + match[2])
    return number if -(2**63) <= number < 2**63 else None
