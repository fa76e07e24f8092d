"""Take the picture of a page, with Chromium: ``python docs/build_pictures.py``.

It depends on the fonts of the machine, so no test compares it.
"""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/pictures/page.png"


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        job = ("--job", "docs/example/first-try.yaml", "-n", "docs/example/fleet.json")
        command = ["nodeselect", "explain", *job, "--html", str(page)]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars"]
        size = ["--window-size=1120,930", f"--screenshot={PICTURE}"]
        subprocess.run([*browser, *size, page.as_uri()], check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
