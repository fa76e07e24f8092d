"""Amounts of a resource: integers in nodeselect, quantities such as ``500m`` or ``4Gi`` as text."""

import re
from typing import Final

from nodeselect.problem import TEMPLATE_HINT, TEMPLATE_TEXT, Fix
from nodeselect.text import quoted

MAX_AMOUNT: Final = 2**63 - 1
"""The largest amount of a resource."""

_UNIT_DIGITS: Final = 9
UNIT: Final = 10**_UNIT_DIGITS
"""One unit of a resource, such as a core or a byte, in billionths."""

_CPU_MULTIPLE: Final = 1000  # an amount of cpu is in millicores

_QUANTITY: Final = (  # compiled when it is needed
    r"([+-]?)([0-9]{0,1000})(?:\.([0-9]{0,1000}))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,9})?"
)

# Common suffixes, in thousandths. No number that is so short, suffix included, is too large.
_COMMON = {"": 1000, "m": 1, "Ki": 1024_000}
_SHORT = 14

_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

# What people write after an amount of cpu, and the suffix for it.
_CPU_UNITS = {
    **dict.fromkeys(("", "core", "cores", "cpu", "cpus", "vcpu", "vcpus"), ""),
    **dict.fromkeys(("m", "mcpu", "millicore", "millicores", "millicpu"), "m"),
}

# Beyond them the result is the same: too large, or 1 as everything is rounded up.
_MIN_EXPONENT, _MAX_EXPONENT = -2_100, 40


def parse_quantity(resource: str, text: str) -> int:
    """Parse a quantity as ``resource.ParseQuantity`` of Kubernetes does; return it as an integer.

    >>> parse_quantity("cpu", "0.5"), parse_quantity("memory", "1.5Ki")
    (500, 1536)

    The result is in millicores for ``cpu`` and in whole units (bytes, pieces) for everything else,
    rounded up. Like Kubernetes, take too many units with a suffix such as ``Ei`` as 2⁶³ - 1.
    Unlike Kubernetes, which takes a text without digits as 0, and which lets other numbers
    overflow, reject these.

    Cost: about 1 µs.

    :raises ValueError: if ``text`` is not a quantity, is negative, or is too large.
    """
    suffix = text.lstrip("0123456789")
    thousandths = _COMMON.get(suffix)
    if thousandths and len(suffix) < len(text) <= _SHORT:  # faster
        number = int(text[: len(text) - len(suffix)]) * thousandths
        return number if resource == "cpu" else -(-number // 1000)
    return round_up(resource, parse_exact(text))


def parse_exact(text: str) -> int:
    """Parse a quantity as :func:`parse_quantity` does; return it in billionths (``UNIT``).

    Kubernetes rounds quantities up to billionths when it parses them, and later their sums.

    :raises ValueError: if ``text`` is not a quantity, is negative, or is too large.
    """
    match = re.fullmatch(_QUANTITY, text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"{quoted(text)} is not a quantity, such as 2, 500m or 4Gi")
    sign, whole, fraction, suffix = match.groups("")
    number = int(whole + fraction)
    exponent = -len(fraction)
    if suffix in _BINARY:
        number <<= _BINARY[suffix]
        if number > MAX_AMOUNT * 10**-exponent:
            number, exponent = MAX_AMOUNT, 0
    elif suffix:
        exponent += _DECIMAL.get(suffix) or int(suffix[1:])
    exponent += _UNIT_DIGITS
    if exponent > 0:
        number *= 10 ** min(exponent, _MAX_EXPONENT)
    elif exponent < 0:
        number = -(-number // 10 ** -max(exponent, _MIN_EXPONENT))
    if sign == "-" and number:
        raise ValueError(f"the quantity {quoted(text)} is negative")
    if number > MAX_AMOUNT * UNIT:
        raise ValueError(f"the quantity {quoted(text)} is too large")
    return number


def suggest_quantity(resource: str, text: str) -> Fix | None:
    """Return a hint on what to write instead of a text that is not a quantity, such as ``4GB``."""
    if re.search(TEMPLATE_TEXT, text):
        return Fix(TEMPLATE_HINT)
    if re.fullmatch(_QUANTITY, text):  # it is negative, or too large
        return None
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([A-Za-z]{0,12})", text.strip())
    number, unit = match.groups() if match else ("", "?")
    unit = unit if len(unit) == 1 else unit.lower()
    in_bytes = re.fullmatch("([kmgt])(i?)(?:b|bytes)?", unit.lower())
    if not unit or (resource == "cpu" and unit in _CPU_UNITS):
        return Fix.write(number + _CPU_UNITS[unit])
    if resource == "cpu" or "/" in resource or in_bytes is None:
        return None
    binary, decimal = (number + in_bytes[1].upper() + end for end in ("i", ""))
    decimal = decimal.replace("K", "k")
    words = f"write {binary} (powers of 1024) or {decimal} (powers of 1000)"
    return Fix.write(binary) if in_bytes[2] else Fix(words)


def round_up(resource: str, exact: int) -> int:
    """Convert billionths to the unit of a resource, rounded up; raise ValueError if too large."""
    amount = -(-exact // (UNIT // _CPU_MULTIPLE if resource == "cpu" else UNIT))
    if amount > MAX_AMOUNT:
        raise ValueError(f"the amount of {resource} is too large")
    return amount


def quantity_text(resource: str, amount: int) -> str:
    """Return the shortest quantity that :func:`parse_quantity` parses as ``amount``.

    >>> quantity_text("cpu", 3920), quantity_text("memory", 15 * 2**30), quantity_text("pods", 110)
    ('3920m', '15Gi', '110')
    """
    if resource == "cpu":
        if amount % _CPU_MULTIPLE:
            return f"{amount}m"
        amount //= _CPU_MULTIPLE
    texts = [str(amount)]
    for base, suffixes in ((1000, ("k", "M", "G", "T", "P", "E")), (1024, _BINARY)):
        number = amount
        for suffix in suffixes:
            if number % base or not number:
                break
            number //= base
            texts.append(f"{number}{suffix}")
    return min(texts, key=len)
