"""Which texts are valid keys, values and integers in a selector.

The rules are those of Kubernetes (``validate/content/kube.go``): ASCII only, with fixed maximum
lengths. They apply to every selector, but not to the labels of *nodes*: a node can have the value
``GPU-0: NVIDIA GeForce RTX 3090`` for the key ``gpu``. No selector can contain this value, but
``gpu`` and ``gpu!=a`` match the node.
"""

import re

from nodeselect.limits import LIMITS

WHITE_SPACE = " \t\r\n"
"""The characters that separate words; all others, such as a no-break space, are part of words."""

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1

# A run never gives a character back ("*+"): that is the fastest, and linear. So the letter or digit
# at its end is required by looking back.
_NAME = rf"[A-Za-z0-9][-A-Za-z0-9_.]{{0,{LIMITS.key_name - 1}}}+(?<=[A-Za-z0-9])"
_PART = r"[a-z0-9][-a-z0-9]*+(?<=[a-z0-9])"
_PREFIX = rf"{_PART}(?:\.{_PART})*"

NAME_RE = re.compile(_NAME)
KEY_RE = re.compile(rf"{_NAME}|(?=[-a-z0-9.]{{1,{LIMITS.key_prefix}}}/){_PREFIX}/{_NAME}")
# An integer of so few characters is within 64 bits. The digits of a longer one are those after the
# zeros at its start, perhaps none.
_SHORT = 18
_SHORT_INTEGER = re.compile("[+-]?[0-9]+")
_LONG_INTEGER = "([+-]?)(?=[0-9])0*+([0-9]{0,19})"


def is_value(text: str) -> bool:
    """Return whether ``text`` is a valid label value.

    A valid value is empty, or has 1 to 63 letters, digits, ``-``, ``_`` and ``.``, and a letter or
    digit at both ends.
    """
    return not text or NAME_RE.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Return whether ``text`` is a valid label key: ``name`` or ``prefix/name``.

    A name is valid if it is a valid value and not empty. A prefix has 1 to 253 characters: one or
    more parts separated by dots, each of lower-case letters, digits and ``-``, with a letter or
    digit at both ends.
    """
    return KEY_RE.fullmatch(text) is not None


def is_prefix(text: str) -> bool:
    """Return whether ``text`` is a valid prefix of a key, such as ``example.com``."""
    return len(text) <= LIMITS.key_prefix and re.fullmatch(_PREFIX, text) is not None


def parse_int64(text: str) -> int | None:
    """Parse ``text`` as Go's ``ParseInt(text, 10, 64)`` does; return None if that fails.

    A valid text is an optional sign and ASCII digits, for a signed 64-bit integer. Python's ``int``
    also accepts spaces, underscores, digits of other scripts and any size.
    """
    if len(text) <= _SHORT:
        return int(text) if _SHORT_INTEGER.fullmatch(text) else None
    match = re.fullmatch(_LONG_INTEGER, text)
    if match is None:
        return None
    number = int(f"{match[1]}0{match[2]}")
    return number if MIN_INT64 <= number <= MAX_INT64 else None
