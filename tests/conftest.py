"""Shared fixtures, ``--bless``, and profiles of hypothesis: random examples, fixed ones in CI."""

import io
import os
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import Phase, settings

from nodeselect.cli.app import run as run_cli
from tests import golden
from tests.cli.running import FLEET, PLAIN, Result, Run
from tests.thoroughness import IS_CI

# At a desk fewer examples, but others in each run; in CI more of them, and always the same.
settings.register_profile("desk", max_examples=20, deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.register_profile(  # without examples that are made smaller: mutmut needs one
    "few", max_examples=10, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("ci" if IS_CI else "desk")


def pytest_sessionstart() -> None:
    """Empty the caches for mutmut, which runs the tests of a mutant in a process that has run some.

    What the original code has put into a cache would hide a mutant.
    """
    if "MUTANT_UNDER_TEST" not in os.environ:
        return
    from nodeselect.selectors import parser, predicate, selector

    selector._parse_short.cache_clear()
    selector._parse_long.cache_clear()
    predicate._factory.cache_clear()
    parser._parser.cache_clear()
    parser._known.clear()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="rewrite the files that hold expected outputs"
    )


Report = pytest.TestReport | pytest.CollectReport


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Report, Report]:
    """Turn a skip into a failure if ``ALLOWED_SKIPS`` is set and does not match its reason.

    CI installs what tests need, and sets this pattern: no test vanishes there without notice.
    """
    report = yield
    allowed = os.environ.get("ALLOWED_SKIPS")
    if allowed is None or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext
    if not re.search(allowed, reason):
        report.outcome = "failed"
        report.longrepr = f"{reason} (not among ALLOWED_SKIPS: {allowed})"
    return report


pytest_make_collect_report = pytest_runtest_makereport


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Bless in one process, which sees all that is to be written."""
    if config.option.bless:
        config.option.numprocesses = 0
        golden.start()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for path in golden.write():
        terminalreporter.write_line(f"rewrote {path}")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command line in this process."""

    def run_here(
        *args: str,
        stdin: bytes | str | BinaryIO = b"",
        program: str = "nodeselect",
        **environment: str,
    ) -> Result:
        for name, value in (PLAIN | environment).items():
            monkeypatch.setenv(name, value)
        data = stdin.encode() if isinstance(stdin, str) else stdin
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        monkeypatch.setattr(sys, "argv", [program, *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        capsys.readouterr()
        status = run_cli()
        return Result(status, *capsys.readouterr())

    return run_here


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a file with the four nodes of ``FLEET``, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("fleet.ndjson").write_text(FLEET)
    return "fleet.ndjson"
