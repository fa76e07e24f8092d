"""Draw the pictures: ``python docs/build_pictures.py``, with Chromium.

The terminal is drawn from a real run, and a test compares it. The others depend on the fonts of the
machine, so no test compares them.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
STATIC = ROOT / "docs/static"
TERMINAL = PICTURES / "terminal.svg"

# Blink numbers the schemes: 0 is dark, 1 is light.
PAGES = {PICTURES / "page.png": 1, PICTURES / "page-dark.png": 0}

COLUMNS = 76
_LINE, _COLUMN, _TOP = 19, 7.8, 52  # pixels
_COLOURS = {"91": "#ff8b8b", "92": "#7ee2a8", "93": "#f5d67b", "94": "#9db2ff", "96": "#86dff0"}
_COLOURS |= {code.replace("9", "3"): colour for code, colour in _COLOURS.items()}
_SECONDS_A_LETTER = 0.04
_SECONDS_A_LINE = 0.06

_STYLE = """\
text { fill: #e6e6f0; white-space: pre }
.later { opacity: 0; animation: show 0s forwards }
.prompt { fill: #8a8fb5 }
@keyframes show { to { opacity: 1 } }
@media (prefers-reduced-motion: reduce) { .later { opacity: 1; animation: none } }
"""

_CARD = """\
<body style="margin: 0; background: #16161f; color: #e6e6f0; font: 34px sans-serif">
<div style="padding: 80px; display: flex; gap: 60px; align-items: center">
<img src="logo.svg" width="300" height="300">
<div><b style="font-size: 84px">nodeselect</b>
<p>Which nodes does a selector match,<br>and why not the others?</p></div></div>
<code style="padding: 0 80px; font-size: 30px; color: #9db2ff">pip install nodeselect</code>
"""


def terminal(command: str = "nodeselect explain -l region=eu_west,gpu -n fleet.json") -> str:
    """Run a command; return an animated picture of a terminal: typed text, then its output."""
    program, *arguments = command.split()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "NO_COLOR": ""}
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-m", program, *arguments],
        cwd=ROOT / "docs/example", env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = run.stdout.rstrip("\n").split("\n")
    height = _TOP + _LINE * (len(lines) + 1)
    letters = "".join(
        f'<tspan class="later" style="animation-delay: {at * _SECONDS_A_LETTER:.2f}s">'
        f"{escape(letter)}</tspan>"
        for at, letter in enumerate(command)
    )
    shown = [f'<text x="16" y="{_TOP}"><tspan class="prompt">$ </tspan>{letters}</text>']
    typed = len(command) * _SECONDS_A_LETTER + 0.5
    for number, line in enumerate(lines, 1):
        delay = f'style="animation-delay: {typed + number * _SECONDS_A_LINE:.2f}s"'
        y = _TOP + number * _LINE
        shown.append(f'<text class="later" {delay} x="16" y="{y}">{"".join(_spans(line))}</text>')
    text = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout)
    font = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='13'"
    rows = "\n".join(shown)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * _COLUMN + 40:.0f}'
        f' {height}" {font} role="img">\n<title>{escape(command)}</title>\n'
        f"<desc>{escape(text)}</desc>\n<style>{_STYLE}</style>\n"
        f'<rect width="100%" height="100%" rx="10" fill="#16161f"/>\n{rows}\n</svg>\n'
    )


def _spans(line: str) -> Iterator[str]:
    """Yield the pieces of a line of output, each with the colour that its escape codes give it."""
    colour = weight = ""
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not piece.startswith("\x1b"):
            yield f"<tspan{colour}{weight}>{escape(piece)}</tspan>" if piece else ""
            continue
        for code in piece[2:-1].split(";"):
            if code in _COLOURS:
                colour = f' fill="{_COLOURS[code]}"'
            elif code == "1":
                weight = ' font-weight="700"'
            elif code in ("", "0"):
                colour = weight = ""


def main() -> None:
    """Write the pictures."""
    TERMINAL.write_text(terminal(), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        job = ("--job", "docs/example/first-try.yaml", "-n", "docs/example/fleet.json")
        command = ["nodeselect", "explain", *job, "-o", "html"]
        with page.open("wb") as file:
            subprocess.run(command, cwd=ROOT, stdout=file, check=False)  # noqa: S603
        for picture, scheme in PAGES.items():
            _photograph(
                page, picture, "1120,930", f"--blink-settings=preferredColorScheme={scheme}"
            )
        card = Path(folder, "card.html")
        card.write_text(_CARD.replace("logo.svg", (STATIC / "logo.svg").as_uri()), "utf-8")
        _photograph(card, STATIC / "card.png", "1200,630")


def _photograph(page: Path, picture: Path, size: str, *options: str) -> None:
    browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", *options]
    where = [f"--window-size={size}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([*browser, *where], check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
