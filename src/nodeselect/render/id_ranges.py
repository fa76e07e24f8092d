"""Write many ids as a few ranges: ``edge-[001-128,130]``, as Slurm and ClusterShell do."""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from nodeselect.render.screen import Screen
from nodeselect.text import display_width

# In a report, a range of ids is split to be no wider than this.
_RANGE_COLUMNS = 70

# Which number in an id a range can replace: the last one of the host name (the part before the
# first dot); if no letter is before that, as in an IP address, the last one of the whole id. It has
# at most 18 digits, so that programs that expand the range can use 64 bits.
_HOST_NUMBER = r"([^.]*[^.0-9])([0-9]{1,18})([^.0-9]*(?:[.].*)?)"
_LAST_NUMBER = r"(.*)(?<![0-9])([0-9]{1,18})([^0-9]*)"

# Characters with a meaning for programs that expand ranges; an id that has one is quoted.
_SIGNS = r'[\[\],"!&^@*?%{}\\\s]'


def ranges_text(ids: Iterable[str], screen: Screen, columns: int = _RANGE_COLUMNS) -> str:
    """Return ids as ranges, escaped and separated by blanks, each at most ``columns`` wide."""
    return " ".join(map(screen.code, compress_ids(ids, columns)))


def compress_ids(ids: Iterable[str], max_width: int = sys.maxsize) -> list[str]:
    """Return ids as fewer texts: ids that differ only in one number become a range.

    >>> compress_ids(["edge-001", "edge-002", "gw-7.lan", "edge-003", "core", "gw-9.lan"])
    ['edge-[001-003]', 'gw-[7,9].lan', 'core']

    Every id is in exactly one text of the result. Ids that differ in one number share a text unless
    that would be longer. The text is at the place of the first of these ids, and its numbers
    ascend. Numbers with leading zeros share a text only with numbers of the same length, so that no
    range is ambiguous. An id with a special character, such as a bracket, a comma or a blank, is
    quoted as a JSON string.

    :param max_width: a text that is wider, in columns, is split, but never inside a range.
    """
    texts = {node_id: [node_id] for node_id in ids}
    series: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for node_id in texts:
        if re.search(_SIGNS, node_id):
            texts[node_id] = [json.dumps(node_id, ensure_ascii=False)]
        elif match := re.fullmatch(_HOST_NUMBER, node_id) or re.fullmatch(_LAST_NUMBER, node_id):
            series[match[1], match[3]].append(match[2])
    for (before, after), numerals in series.items():
        room = max_width - display_width(before) - display_width(after) - len("[]")
        for group in _split_by_width(numerals):
            members = [f"{before}{numeral}{after}" for numeral in group]
            ranges = _ranges(sorted(group, key=int))
            compressed = [f"{before}[{part}]{after}" for part in _join_ranges(ranges, room)]
            if len(" ".join(compressed)) <= len(" ".join(members)):
                texts |= {node_id: [] for node_id in members}
                texts[members[0]] = compressed
    return [text for parts in texts.values() for text in parts]


def _split_by_width(numerals: Sequence[str]) -> Iterable[list[str]]:
    """Group numerals so that no range is ambiguous: those as long as ``007`` are apart."""
    padded = {len(numeral) for numeral in numerals if numeral[0] == "0" and len(numeral) > 1}
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for numeral in numerals:
        groups[len(numeral) if len(numeral) in padded else 0].append(numeral)
    return groups.values()


def _ranges(numerals: Sequence[str]) -> Iterator[str]:
    """Yield ranges for ascending numerals: ``1-3`` for 1, 2, 3; ``7`` for a single number."""
    for _, group in groupby(enumerate(numerals), lambda pair: int(pair[1]) - pair[0]):
        first, *others = (numeral for _, numeral in group)
        yield f"{first}-{others[-1]}" if others else first


def _join_ranges(ranges: Iterable[str], room: int) -> Iterator[str]:
    """Join ranges with commas into texts of at most ``room`` columns, but at least one range."""
    joined = ""
    for part in ranges:
        if joined and len(joined) + 1 + len(part) > room:
            yield joined
            joined = ""
        joined += f",{part}" if joined else part
    yield joined
