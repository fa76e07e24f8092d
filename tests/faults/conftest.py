"""Run the whole command line in this process, on real files and pipes."""

import gc
import io
import os
import sys
from pathlib import Path
from typing import BinaryIO, NoReturn, Protocol

import pytest

from nodeselect.__main__ import main
from tests.cli.running import PLAIN
from tests.faults.commands import write_inputs


class RunMain(Protocol):
    """Run the command line with this standard output; None if it is closed.

    Return its status and what it wrote to standard error.
    """

    def __call__(self, *args: str, stdout: BinaryIO | None) -> tuple[int, str]: ...


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write all inputs to the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)
    write_inputs(tmp_path)


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch) -> RunMain:
    """Return a function that runs the entry point, which ends the process."""

    def exit_process(status: int) -> NoReturn:
        raise SystemExit(status)

    def run(*args: str, stdout: BinaryIO | None) -> tuple[int, str]:
        status: object = 0
        with Path("errors").open("wb", buffering=0) as errors, monkeypatch.context() as patch:
            files = (stdout, errors)
            streams = [None if file is None else io.TextIOWrapper(file) for file in files]
            patch.setattr(sys, "argv", ["nodeselect", *args])
            patch.setattr(sys, "stdin", None)
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            patch.setattr(os, "_exit", exit_process)
            try:
                main()
            except SystemExit as end:
                status = end.code
            finally:
                gc.enable()
            for stream in filter(None, streams):
                stream.detach()
        assert isinstance(status, int)
        return status, Path("errors").read_text()

    return run
