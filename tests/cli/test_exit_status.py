"""Exit statuses and errors of the command line."""

import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.cli.running import COMMAND, FLEET, PLAIN, Run, run_process

USAGE = "Usage: nodeselect match [OPTIONS]\nTry 'nodeselect match --help' for help.\n\nerror: "

ONE_WAY = "give exactly one of -l, --id, --job or --all\n"
COUNT = "--count cannot be combined with other output options\n"
EXTRA = (
    "\n  repeat an option for each of its values,"
    " and quote a selector: -l 'tier in (gold, silver)'\n"
)
LINES = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(20_000))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], ONE_WAY, id="no-selector"),
        pytest.param(["--all", "-l", "a"], ONE_WAY, id="all-and-selector"),
        pytest.param(["--all", "--id", "a"], ONE_WAY, id="all-and-id"),
        pytest.param(["--job", "job", "-l", "a"], ONE_WAY, id="job-and-selector"),
        pytest.param(["--job", "job", "--id", "a"], ONE_WAY, id="job-and-id"),
        pytest.param(["--job", "job", "--all"], ONE_WAY, id="job-and-all"),
        pytest.param(["--bogus"], "No such option '--bogus'.\n", id="unknown-option"),
        pytest.param(
            ["--all", "x"], f"Got unexpected extra argument (x){EXTRA}", id="extra-argument"
        ),
        pytest.param(
            ["--all", "--limit", "0"],
            "Invalid value for '--limit': 0 is not in the range x>=1.\n",
            id="limit-of-nothing",
        ),
        pytest.param(
            ["--all", "--limit", "x"],
            "Invalid value for '--limit': 'x' is not a valid integer range.\n",
            id="limit-that-is-no-number",
        ),
        pytest.param(
            ["--all", "-o", "xml"],
            "Invalid value for '-o' / '--output': 'xml' is not one of 'table', 'name',"
            " 'folded', 'wide', 'json', 'ndjson', 'csv'.\n",
            id="unknown-format",
        ),
        pytest.param(
            ["--all", "-n", "x"],
            "Invalid value for '-n' / '--nodes': given more than once\n",
            id="two-files-of-nodes",
        ),
        pytest.param(
            ["--job", "a", "--job", "b"],
            "Invalid value for '--job': given more than once\n",
            id="two-jobs",
        ),
        pytest.param(
            ["--all", "-L", "a,,b"],
            "Invalid value for '-L' / '--label-column': empty value\n",
            id="empty-column",
        ),
        pytest.param(
            ["--all", "--state", ""], "Invalid value for '--state': empty value\n", id="no-state"
        ),
        pytest.param(
            ["--all", "--state", "lost,,ready"],
            "Invalid value for '--state': empty value\n",
            id="empty-state",
        ),
        pytest.param(["--all", "--count", "-o", "name"], COUNT, id="count-and-format"),
        pytest.param(["--all", "--count", "-o", "table"], COUNT, id="count-and-default-format"),
        pytest.param(["--all", "--count", "-L", "a"], COUNT, id="count-and-column"),
        pytest.param(["--all", "--count", "--show-labels"], COUNT, id="count-and-labels"),
        pytest.param(["--all", "--count", "--no-headers"], COUNT, id="count-and-no-headers"),
        pytest.param(["--all", "--count", "--limit", "3"], COUNT, id="count-and-limit"),
        pytest.param(
            ["--all", "--min", "3", "--max", "2"], "--min 3 is greater than --max 2\n", id="no-gate"
        ),
        pytest.param(
            ["--all", "--max", "0"],
            "--min 1 is greater than --max 0: add --min 0\n",
            id="none-and-one-at-least",
        ),
        *(
            pytest.param(
                ["--all", "-o", style, *options],
                f"-L and --no-headers need -o table, wide, csv, not {style}\n",
                id=f"{options[0]}-with-{style}",
            )
            for style in ("name", "folded", "json", "ndjson")
            for options in (["-L", "a"], ["--no-headers"])
        ),
        *(
            pytest.param(
                ["--all", "-o", style, "--show-labels"],
                f"--show-labels needs -o table, not {style}\n",
                id=f"labels-with-{style}",
            )
            for style in ("name", "folded", "wide", "json", "ndjson", "csv")
        ),
    ],
)
def test_wrong_usage(run: Run, fleet: str, options: list[str], message: str) -> None:
    """An invalid command line is an error before anything is read."""
    assert run("match", "-n", fleet, *options) == (2, "", USAGE + message)


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        pytest.param("match -n f g --all", "(g)", id="nodes"),
        pytest.param("match -n f -l a= b", "(b)", id="selector"),
        pytest.param("explain -n f --job a b", "(b)", id="job"),
        pytest.param("waves --job a -n f \x1b", r"(\x1b)", id="hostile"),
    ],
)
def test_extra_argument(run: Run, command: str, argument: str) -> None:
    """An argument that belongs to no option is an error, with a hint."""
    result = run(*command.split(" "))
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith(f"\nerror: Got unexpected extra argument {argument}{EXTRA}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("exlain", "explain"), ("dif", "diff"), ("Match", "match"), ("label", "labels")],
)
def test_misspelt_command(run: Run, name: str, meant: str) -> None:
    """A misspelt command is an error with a suggestion."""
    usage = "Usage: nodeselect [OPTIONS] COMMAND [ARGS]...\nTry 'nodeselect --help' for help.\n\n"
    message = f"error: No such command '{name}'.\n  did you mean '{meant}'?\n"
    assert run(name, "-n", "f") == (2, "", usage + message)


def test_option_without_its_value(run: Run, fleet: str) -> None:
    """A missing value of an option is an error."""
    message = "error: Option '-l' requires an argument.\n"
    assert run("match", "-n", fleet, "-l") == (2, "", message)


def test_no_nodes(run: Run) -> None:
    """-n is required: nothing is read from standard input by accident."""
    message = "Missing option '-n' / '--nodes'.\n"
    assert run("match", "--all", stdin=FLEET) == (2, "", USAGE + message)


def test_job_and_nodes_of_standard_input(run: Run) -> None:
    """--job and -n cannot both be standard input."""
    message = "--job and -n cannot both read standard input\n"
    assert run("match", "-n", "-", "--job", "-", stdin=FLEET) == (2, "", USAGE + message)


def test_unknown_command(run: Run) -> None:
    """An unknown command is an error, with the usage of the group."""
    assert run("bogus") == (
        2,
        "",
        (
            "Usage: nodeselect [OPTIONS] COMMAND [ARGS]...\nTry 'nodeselect --help' for help.\n\n"
            "error: No such command 'bogus'.\n"
        ),
    )


BLANK = (
    "error[blank]: -l: an expression must not be blank\n  write a requirement, or remove the item\n"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["-l", ""], BLANK, id="empty"),
        pytest.param(["-l", " \t"], BLANK, id="blank"),
        pytest.param(["-l", "region=eu", "-l", ""], BLANK, id="one-blank"),
        pytest.param(
            ["-l", "region in (eu"],
            "error[unclosed-list]: -l: the list of values is not closed\n"
            "  region in (eu\n"
            "               ^\n"
            "  add ')' at its end\n",
            id="wrong",
        ),
        pytest.param(
            ["-l", "a b", "-l", "c", "-l", "", "-l", "x not in (a)"],
            "error[unexpected]: -l: expected '=', '!=', 'in', 'notin', '>', '<', ',' or the end,"
            " found 'b'\n  a b\n    ^\n  put ',' between two requirements\n"
            + BLANK
            + "error[not-in]: -l: 'not in' is written 'notin'\n  x not in (a)\n    ^^^^^^\n"
            "  write: x notin (a)\n",
            id="all-wrong-ones",
        ),
        pytest.param(["--id", ""], "error[empty-id]: --id: a node id must not be empty\n", id="id"),
        pytest.param(
            ["--id", "", "-l", "a", "-l", "b"],
            "error[empty-id]: --id: a node id must not be empty\n",
            id="id-once",
        ),
    ],
)
def test_wrong_selector(run: Run, fleet: str, options: list[str], message: str) -> None:
    """All invalid selectors and ids are reported, with their option and position."""
    assert run("match", "-n", fleet, *options) == (2, "", message)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        pytest.param(
            "nope.json",
            "error[cannot-read]: nope.json: cannot be read: No such file or directory\n",
            id="missing",
        ),
        pytest.param(".", "error[cannot-read]: .: cannot be read: Is a directory\n", id="folder"),
        pytest.param(
            "empty",
            "error[empty-input]: empty: the input is empty\n  check the command that wrote it\n",
            id="empty",
        ),
        pytest.param(
            "cut",
            "error[cut-off]: cut: line 1, column 12: the JSON is cut off here\n"
            "  get the complete output again\n",
            id="cut-off",
        ),
        pytest.param(
            "twice",
            "error[duplicate-id]: twice: two nodes have the id 'n': nodes 1 and 2\n"
            "  keep one of the two\n",
            id="one-id-twice",
        ),
        pytest.param(
            "number",
            "error[label-not-text]: number: [0].labels.a: the value of the label 'a' must be"
            ' a string, not the number 5\n  quote it: "5"\n',
            id="label-that-is-no-text",
        ),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_wrong_nodes(run: Run, nodes: str, message: str) -> None:
    """Invalid nodes are reported with file and position, and no node is printed."""
    Path("empty").touch()
    Path("cut").write_text('[{"id": "n"')
    Path("twice").write_text('{"id": "n", "labels": {}}\n' * 2)
    Path("number").write_text('[{"id": "n", "labels": {"a": 5}}]')
    assert run("match", "-n", nodes, "--all") == (2, "", message)


def test_error_at_the_end(run: Run) -> None:
    """An error in the last line means that no node is printed."""
    result = run("match", "-n", "-", "--all", "-o", "name", stdin=LINES + '{"id": 5}\n')
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error[id-not-text]: standard input: line 20001: id: ")


@pytest.mark.parametrize(
    ("job", "message"),
    [
        pytest.param(
            "nope", "nope: error[cannot-read]: cannot be read: No such file or directory\n",
            id="missing",
        ),
        pytest.param(
            ".", ".: error[cannot-read]: cannot be read: Is a directory\n", id="folder"
        ),
        pytest.param(
            "wrong",
            "wrong:1:11: error[wrong-type] at selector: expected a mapping, found the string "
            "'all'\n"
            "  selector: all\n"
            "            ^^^\n"
            "  write: {match_labels: {region: eu}}, or {} for EVERY node\n",
            id="wrong",
        ),
        pytest.param(
            "large",
            "large:1:1: error[file-too-large]: a job file may have at most 1,048,576 bytes"
            f" (job_file_bytes)\n  {'#' * 72}…\n  ^\n",
            id="large",
        ),
    ],
)  # fmt: skip
def test_wrong_job(run: Run, fleet: str, job: str, message: str) -> None:
    """An invalid job is reported with file and position, and matches no node."""
    Path("wrong").write_text("selector: all\n")
    Path("large").write_text("#" * 2_000_000)
    assert run("match", "-n", fleet, "--job", job) == (2, "", message)


def test_wrong_job_of_standard_input(run: Run, fleet: str) -> None:
    """Errors of a job from standard input say so."""
    result = run("match", "-n", fleet, "--job", "-", stdin="selector: {match_ids: x}")
    assert result.status == 2
    assert result.err.startswith("standard input:1:23: error[wrong-type] at selector.match_ids: ")


def test_a_bug(run: Run, fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is status 70 and one line, without a traceback."""

    def broken(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("boom\x1b[31m\nsecond line" + "x" * 1_000)

    monkeypatch.setattr(importlib.import_module("nodeselect.cli.match"), "node_lines", broken)
    result = run("match", "-n", fleet, "--all")
    assert (result.status, result.out) == (70, "")
    assert re.fullmatch(
        r"error: a bug in nodeselect \(test_exit_status\.py:\d+\): RuntimeError:"
        r" boom\\x1b\[31m\\x0asecond linex{100,200}; please report it\n",
        result.err,
    )


def started(*args: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """Start the command line in a new process."""
    return subprocess.Popen([*COMMAND, *args], env={**os.environ, **PLAIN}, **streams)


@pytest.fixture
def large(tmp_path: Path) -> str:
    """Return a file with more nodes than fit in a pipe."""
    (tmp_path / "large").write_text(LINES)
    return str(tmp_path / "large")


@pytest.fixture
def closed() -> Any:
    """Return the write end of a pipe that has no reader."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def test_broken_pipe(large: str) -> None:
    """If the reader of the output exits early, as ``head`` does, the status is 141."""
    with started(
        "match", "-n", large, "--all", "-o", "name", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"n-0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize(
    "options", [["match", "-n", "-", "--all", "--count"], ["--help"], ["match", "--help"]]
)
def test_closed_pipe(closed: int, options: list[str]) -> None:
    """If the reader is gone from the start, the status is 141, however little is written."""
    with started(
        *options, stdin=subprocess.DEVNULL if len(options) < 3 else subprocess.PIPE,
        stdout=closed, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        _, message = process.communicate(b"[]" if len(options) > 2 else None, 60)
        assert (process.returncode, message) == (141, b"")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param(["--all", "--count"], 0, id="some"),
        pytest.param(["-l", "nope", "--count"], 1, id="none"),
        pytest.param(["-l", "a b"], 2, id="wrong-selector"),
        pytest.param(["--bogus"], 2, id="wrong-usage"),
    ],
)
def test_closed_standard_error(closed: int, large: str, options: list[str], status: int) -> None:
    """A closed standard error does not change the status."""
    with started(
        "match", "-n", large, *options, stdout=subprocess.DEVNULL, stderr=closed
    ) as process:
        assert process.wait(60) == status


@pytest.mark.parametrize("options", [["--all"], ["--all", "--count"]])
def test_full_disk(large: str, options: list[str]) -> None:
    """A full disk is reported as such, not as a bug or a result."""
    with (
        Path("/dev/full").open("wb") as full,
        started("match", "-n", large, *options, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        _, message = process.communicate(timeout=60)
        assert process.returncode not in (0, 1, 70)
        assert b"bug" not in message
        assert b"No space left on device" in message


@pytest.mark.parametrize("style", ["table", "wide", "name", "csv", "json"])
def test_narrow_encoding(style: str) -> None:
    """Characters that the encoding does not have are escaped."""
    node = '[{"id": "日本", "labels": {"é": "東京"}}]'
    result = run_process(
        "match", "-n", "-", "--all", "-o", style, stdin=node, PYTHONIOENCODING="ascii"
    )
    assert result.status == 0
    assert result.out.isascii()


def test_ctrl_c() -> None:
    """An interrupt while nodes are read is status 130, without output."""
    command = [
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);" + COMMAND[-1],
        *("match", "-n", "-", "--all"),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        # More than a pipe holds: it is written only once the process has begun to read it.
        process.stdin.write(LINES.encode())
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert (process.stdout.read(), process.stderr.read().strip()) == (b"", b"")


@pytest.mark.parametrize(
    ("command", "status", "out"),
    [
        pytest.param("match --all --count -n - <&-", 2, "", id="no-input"),
        pytest.param("match --all --count -n nodes.json >&-", 2, "", id="no-output"),
        pytest.param("match --all --count -n nodes.json 2>&-", 0, "1\n", id="no-errors"),
        pytest.param("match -l nope --count -n nodes.json 2>&-", 1, "0\n", id="none-and-no-errors"),
        pytest.param("match -l 'a b' -n nodes.json 2>&-", 2, "", id="wrong-and-no-errors"),
        pytest.param("--help >/dev/full", 2, "", id="help-on-a-full-disk"),
    ],
)
def test_closed_streams(command: str, status: int, out: str, tmp_path: Path) -> None:
    """Closed streams are no bug, and do not change the result."""
    (tmp_path / "nodes.json").write_text('[{"id": "n-1"}]')
    program = "from nodeselect.cli import main; main()"
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (status, out)
    assert "bug" not in done.stderr
