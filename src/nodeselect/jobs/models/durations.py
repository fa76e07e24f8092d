"""Durations as Go writes them, such as ``30s``, ``1m30s`` and ``1.5h``, in nanoseconds."""

import re

__all__ = ["DURATION", "NANOSECONDS", "duration_text", "is_duration", "parse_duration"]

# Nanoseconds of each unit. The two signs for micro are different characters.
NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_PART = "[0-9]{1,19}(?:[.][0-9]{1,19})?(?:ns|us|µs|μs|ms|s|m|h)"
# No sign, a unit after each number, any number of parts.
DURATION = f"(?:{_PART})+"

_WHOLE = re.compile(DURATION)
_PARTS = re.compile("([0-9]+)(?:[.]([0-9]+))?(ns|us|µs|μs|ms|s|m|h)")
_INT64_MAX = 2**63 - 1


def is_duration(text: str) -> bool:
    """Return whether ``text`` is a duration, whatever its size."""
    return len(text) <= 200 and _WHOLE.fullmatch(text) is not None


def parse_duration(text: str) -> int | None:
    """Return a duration in nanoseconds; None if it is not one, or has more than 64 bits.

    >>> parse_duration("1m30s"), parse_duration("1.5s"), parse_duration("90")
    (90000000000, 1500000000, None)
    """
    if not is_duration(text):
        return None
    total = 0
    for whole, fraction, unit in _PARTS.findall(text):
        size = NANOSECONDS[unit]
        total += int(whole) * size + int(fraction or 0) * size // 10 ** len(fraction)
    return total if total <= _INT64_MAX else None


def duration_text(nanoseconds: int) -> str:
    """Return a duration as Go writes it.

    >>> duration_text(90_000_000_000), duration_text(1_500_000), duration_text(300)
    ('1m30s', '1ms500us', '300ns')
    """
    parts = []
    for unit in ("h", "m", "s", "ms", "us", "ns"):
        count, nanoseconds = divmod(nanoseconds, NANOSECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
