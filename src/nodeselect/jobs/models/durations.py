"""Durations as Go writes them: ``30s``, ``1m30s``, ``1.5h``; in nanoseconds as numbers."""

import re

__all__ = ["DURATION", "NANOSECONDS", "duration_text", "is_duration", "parse_duration"]

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
"""How many nanoseconds a unit has; the two marks for micro are two characters."""

_PART = "[0-9]{1,19}(?:[.][0-9]{1,19})?(?:ns|us|µs|μs|ms|s|m|h)"
DURATION = f"(?:{_PART})+"
"""A pattern of what is read: no sign, a unit behind each number, as many parts as one likes."""

_WHOLE = re.compile(DURATION)
_PARTS = re.compile("([0-9]+)(?:[.]([0-9]+))?(ns|us|µs|μs|ms|s|m|h)")
_MOST = 2**63 - 1


def is_duration(text: str) -> bool:
    """Say whether ``text`` is a duration, of 64 bits or more."""
    return len(text) <= 200 and _WHOLE.fullmatch(text) is not None


def parse_duration(text: str) -> int | None:
    """Read ``text`` as nanoseconds, or give None: it is no duration, or one beyond 64 bits.

    >>> parse_duration("1m30s"), parse_duration("1.5s"), parse_duration("90")
    (90000000000, 1500000000, None)
    """
    if not is_duration(text):
        return None
    total = 0
    for whole, fraction, unit in _PARTS.findall(text):
        size = NANOSECONDS[unit]
        total += int(whole) * size + int(fraction or 0) * size // 10 ** len(fraction)
    return total if total <= _MOST else None


def duration_text(nanoseconds: int) -> str:
    """Give a duration as Go writes it.

    >>> duration_text(90_000_000_000), duration_text(1_500_000), duration_text(300)
    ('1m30s', '1ms500us', '300ns')
    """
    parts = []
    for unit in ("h", "m", "s", "ms", "us", "ns"):
        count, nanoseconds = divmod(nanoseconds, NANOSECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
