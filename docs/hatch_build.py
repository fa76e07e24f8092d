"""Build the manual page into the wheel, from the help of the commands: hatchling runs this."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPage(BuildHookInterface):
    """Add ``share/man/man1/nodeselect.1`` to a wheel; an editable install has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the page to a temporary folder, from which it is added to the wheel."""
        if version == "editable":
            return
        sys.path[:0] = [self.root, str(Path(self.root, "src"))]
        from docs.build_man import build_man

        self._folder = TemporaryDirectory()
        page = Path(self._folder.name, "nodeselect.1")
        page.write_text(build_man(), "utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/nodeselect.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        if version != "editable":
            self._folder.cleanup()
