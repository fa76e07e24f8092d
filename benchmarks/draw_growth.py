"""Draw how costs grow, of what the scripts of growth have recorded, into ``docs/pictures/``.

python -m benchmarks.draw_growth
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.inventory_peers import OURS
from benchmarks.line_chart import Points, draw
from benchmarks.record import RESULTS

_PICTURES = Path(__file__).parent.parent / "docs" / "pictures"

# What of the questions is drawn, and what it is called; the first is that of the title.
_QUESTIONS = {
    "five, set": "five requirements",
    "five, ids": "the same, all ids",
    "one rack, set": "one rack",
    "negation alone, set": "environment!=prod",
    "team and version, set": "team and version",
    "five, set, most changes": "five, most changes",
    "100 racks, never seen": "100 racks, first time",
}

# The same of standing selectors.
_STANDING = {
    "set": "the set",
    "names": "all names",
    "changes": "a label changes",
    "set_after_put": "the set, after a write",
    "put": "one put in",
    "predicates": "all predicates",
}


def main() -> None:
    """Draw all pictures."""
    recorded, standing = (
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("growth", "standing")
    )
    _PICTURES.mkdir(exist_ok=True)
    for name, picture in {
        "growth-questions": _questions(recorded),
        "growth-peers-count": _peers(recorded, "count", "Five requirements: how many nodes?"),
        "growth-peers-ids": _peers(recorded, "ids", "Five requirements: which nodes? All ids"),
        "growth-answer": _answers(recorded),
        "growth-standing": _standing(standing),
    }.items():
        (_PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8", newline="\n")
        print(f"docs/pictures/{name}.svg")


def _questions(recorded: dict[str, Any]) -> str:
    lines = {
        shown: [(row["nodes"], row["times"][name]["median_us"]) for row in recorded["nodes"]]
        for name, shown in _QUESTIONS.items()
    }
    return _over_nodes("What an answer costs", lines)


def _peers(recorded: dict[str, Any], wanted: str, title: str) -> str:
    lines: dict[str, list[tuple[float, float]]] = {OURS: []}
    for row in recorded["nodes"]:
        (asked,) = (asked for asked in row["peers"] if asked["wanted"] == wanted)
        for name, timing in asked["times"].items():
            lines.setdefault(name, []).append((row["nodes"], timing["median_us"]))
    return _over_nodes(title, lines)


def _answers(recorded: dict[str, Any]) -> str:
    rows = sorted(recorded["answers"], key=lambda row: row["hits"])
    lines = {
        shown: [(row["hits"], row[wanted]["median_us"]) for row in rows if row["hits"]]
        for wanted, shown in {"set": "the set", "ids": "all ids", "first": "first ten"}.items()
    }
    title = f"Few hits and many, among {recorded['of']:,} nodes"
    return draw(title, "nodes in the answer", lines, show_x=_count, show_y=_time)


def _standing(recorded: dict[str, Any]) -> str:
    lines = {
        shown: [(row["selectors"], row["times"][name]["median_us"]) for row in recorded["rows"]]
        for name, shown in _STANDING.items()
    }
    title = "Which selectors match a node?"
    return draw(title, "selectors", lines, show_x=_count, show_y=_time)


def _over_nodes(title: str, lines: Mapping[str, Points]) -> str:
    return draw(title, "nodes", lines, show_x=_count, show_y=_time)


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _time(microseconds: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if microseconds >= size:
            return f"{microseconds / size:.0f} {unit}"
    return f"{microseconds * 1e3:.0f} ns"


if __name__ == "__main__":
    main()
