"""A picture of lines over two logarithmic axes, as SVG.

The same points give the same bytes. Colours follow the reader's choice of light or dark; each line
carries its name at its end, so that nobody depends on colours.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 48, 52
_LINE_HEIGHT = 16

_LIGHT = ("#0b5fc0", "#c2410c", "#15803d", "#86198f", "#a16207", "#0e7490", "#b91c1c", "#57606a")
# Colours of lines, the first for the first.
_DARK = ("#6cb6ff", "#ff9a5c", "#5fd17f", "#e29bf0", "#e3c04d", "#56c7dd", "#ff8a80", "#a7b1bb")


def draw(
    title: str,
    x_name: str,
    lines: Mapping[str, Points],
    *,
    show_x: Callable[[float], str],
    show_y: Callable[[float], str],
) -> str:
    """Draw lines, each with a name; the first is the one that the picture is about.

    :param lines: at most eight; points with both numbers above 0.
    :param show_x: gives the text at a power of ten of the one axis, ``show_y`` at one of the other.
    """
    assert len(lines) <= len(_LIGHT)
    points = [point for line in lines.values() for point in line]
    across = _Axis([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = _Axis([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
    summary = escape(f"{title}. Over {x_name}: {', '.join(lines)}.")
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        f"<title>{summary}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}"/>',
        _text(_LEFT, 26, title, "title"),
        *_grid(across, up, show_x, show_y),
        _text(middle, _HEIGHT - 12, x_name, "middle"),
    ]
    for number, line in reversed(list(enumerate(lines.values()))):
        parts += _line(number, [(across.place(x), up.place(y)) for x, y in line])
    ends = [(up.place(line[-1][1]), number) for number, line in enumerate(lines.values())]
    names = list(lines)
    for y, number in _apart(ends):
        x = across.place(lines[names[number]][-1][0]) + 10
        parts.append(_text(x, y + 4, names[number], f"name c{number}"))
    return "\n".join([*parts, "</svg>\n"])


class _Axis:
    """Places of numbers along a logarithmic axis."""

    def __init__(self, numbers: Sequence[float], start: float, stop: float) -> None:
        """Let the axis hold all ``numbers``, from the power of ten before to the one behind."""
        self._low, self._high = floor(log10(min(numbers))), ceil(log10(max(numbers)))
        self._high = max(self._high, self._low + 1)
        self._start, self._stop = start, stop

    def place(self, number: float) -> float:
        share = (log10(number) - self._low) / (self._high - self._low)
        return self._start + share * (self._stop - self._start)

    def powers(self) -> list[float]:
        return [10.0**power for power in range(self._low, self._high + 1)]


def _grid(
    across: _Axis, up: _Axis, show_x: Callable[[float], str], show_y: Callable[[float], str]
) -> list[str]:
    parts = []
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
    for number in across.powers():
        x = across.place(number)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(_text(x, bottom + 18, show_x(number), "middle"))
    for number in up.powers():
        y = up.place(number)
        parts.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, show_y(number), "end"))
    return parts


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _style() -> str:
    """Return the rules for the light, and those that take their place in the dark."""
    dark = "\n".join(_colours("#0d1117", "#e6edf3", "#30363d", _DARK))
    rules = (
        "text { font: 13px system-ui, sans-serif; }",
        "text.title { font-size: 15px; font-weight: 600; }",
        "text.middle { text-anchor: middle; }",
        "text.end { text-anchor: end; }",
        ".line { fill: none; stroke-width: 1.75; }",
        ".line.c0 { stroke-width: 3.5; }",
        *_colours("#ffffff", "#24292f", "#d8dee4", _LIGHT),
        f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}",
    )
    return "\n".join(("", *rules, ""))


def _colours(page: str, text: str, grid: str, lines: Sequence[str]) -> list[str]:
    rules = [f".page {{ fill: {page}; }} text {{ fill: {text}; }} .grid {{ stroke: {grid}; }}"]
    for number, colour in enumerate(lines):
        rules.append(
            f".line.c{number} {{ stroke: {colour}; }}"
            f" .dot.c{number}, .name.c{number} {{ fill: {colour}; }}"
        )
    return rules


def _line(number: int, places: Sequence[tuple[float, float]]) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle class="dot c{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places]
    return [f'<polyline class="line c{number}" points="{path}"/>', *dots]


def _apart(ends: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Move names that would lie on each other apart, upwards where there is no room below."""
    places: list[tuple[float, int]] = []
    for y, number in sorted(ends):
        above = places[-1][0] + _LINE_HEIGHT if places else _TOP
        places.append((max(y, above), number))
    limit = float(_HEIGHT - _BOTTOM)
    for at in range(len(places) - 1, -1, -1):
        y, number = places[at]
        places[at] = (min(y, limit), number)
        limit = places[at][0] - _LINE_HEIGHT
    return places
