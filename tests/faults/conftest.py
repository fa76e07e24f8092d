"""Every command runs in a folder with all inputs."""

from pathlib import Path

import pytest

from tests.cli.running import PLAIN
from tests.faults.commands import write_inputs


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write all inputs to the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)
    write_inputs(tmp_path)
