"""Take the pictures of a page, light and dark, with Chromium: ``python docs/build_pictures.py``.

They depend on the fonts of the machine, so no test compares them.
"""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Blink numbers the schemes: 0 is dark, 1 is light.
PICTURES = {ROOT / "docs/pictures/page.png": 1, ROOT / "docs/pictures/page-dark.png": 0}


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        job = ("--job", "docs/example/first-try.yaml", "-n", "docs/example/fleet.json")
        command = ["nodeselect", "explain", *job, "-o", "html"]
        with page.open("wb") as output:
            subprocess.run(command, cwd=ROOT, stdout=output, check=False)  # noqa: S603
        browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars"]
        for picture, scheme in PICTURES.items():
            options = [
                "--window-size=1120,930",
                f"--blink-settings=preferredColorScheme={scheme}",
                f"--screenshot={picture}",
            ]
            subprocess.run([*browser, *options, page.as_uri()], check=True, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
