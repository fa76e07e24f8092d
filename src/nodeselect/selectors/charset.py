"""Which texts are valid keys, values and integers in a selector.

The rules are those of Kubernetes (``validate/content/kube.go``): ASCII only, with fixed maximum
lengths. They apply to every selector, but never to the labels of *nodes*: real nodes carry
``GPU-0: NVIDIA GeForce RTX 3090``. No selector can contain such a value, but ``key`` and ``key!=a``
match it.
"""

import re

from nodeselect.limits import LIMITS

__all__ = [
    "MAX_INT64",
    "MIN_INT64",
    "NAME_RE",
    "PREFIX_RE",
    "is_key",
    "is_value",
    "parse_int64",
]

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1

_LETTER = "[A-Za-z0-9]"
_NAME = f"{_LETTER}(?:[-A-Za-z0-9_.]{{0,{LIMITS.key_name - 2}}}{_LETTER})?"
_PART = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"

NAME_RE = re.compile(_NAME)
PREFIX_RE = re.compile(rf"(?=.{{1,{LIMITS.key_prefix}}}\Z){_PART}(?:\.{_PART})*")
_INTEGER = re.compile("([+-]?)0*([0-9]{1,19})")


def is_value(text: str) -> bool:
    """Return whether ``text`` is a valid value.

    It is empty, or 1 to 63 letters, digits, ``-``, ``_`` and ``.`` with a letter or digit at both
    ends.
    """
    return not text or NAME_RE.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Return whether ``text`` is a valid key: a name, or a prefix, a slash and a name.

    A name follows the rule for values but is not empty. A prefix has 1 to 253 characters:
    parts separated by dots, each of lower-case letters, digits and ``-`` with a letter or digit at
    both ends.
    """
    if NAME_RE.fullmatch(text):
        return True
    prefix, slash, name = text.partition("/")
    return bool(slash and PREFIX_RE.fullmatch(prefix) and NAME_RE.fullmatch(name))


def parse_int64(text: str) -> int | None:
    """Parse ``text`` as Go's ``ParseInt(text, 10, 64)`` does; return None if that fails.

    Valid are an optional sign and ASCII digits, nothing else, in the range of 64 bits. Python's
    ``int`` also accepts spaces, underscores, digits of other scripts and any size.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    number = int(match[1] + match[2])
    return number if MIN_INT64 <= number <= MAX_INT64 else None
