"""How the command line ends: 0, 1, 2, and the ways that nobody wants."""

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
    ("question", "said"),
    [
        pytest.param([], ONE_WAY, id="no-question"),
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
        pytest.param(["--all", "-L", "a,,b"], "-L has an empty value\n", id="empty-column"),
        pytest.param(["--all", "--state", ""], "--state has an empty value\n", id="no-state"),
        pytest.param(
            ["--all", "--state", "lost,,ready"], "--state has an empty value\n", id="empty-state"
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
def test_wrong_usage(run: Run, fleet: str, question: list[str], said: str) -> None:
    """A question that makes no sense is refused before anything is read, with the usage."""
    assert run("match", "-n", fleet, *question) == (2, "", USAGE + said)


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
    ended = run(*command.split(" "))
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.endswith(f"\nerror: Got unexpected extra argument {argument}{EXTRA}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("exlain", "explain"), ("dif", "diff"), ("Match", "match"), ("label", "labels")],
)
def test_a_command_that_is_misspelt(run: Run, name: str, meant: str) -> None:
    """A command that is close is told."""
    usage = "Usage: nodeselect [OPTIONS] COMMAND [ARGS]...\nTry 'nodeselect --help' for help.\n\n"
    said = f"error: No such command '{name}'.\n  did you mean '{meant}'?\n"
    assert run(name, "-n", "f") == (2, "", usage + said)


def test_option_without_its_value(run: Run, fleet: str) -> None:
    """An option whose value was forgotten is told by name."""
    said = "error: Option '-l' requires an argument.\n"
    assert run("match", "-n", fleet, "-l") == (2, "", said)


def test_no_nodes(run: Run) -> None:
    """Nodes must be told: nothing is read from standard input by accident."""
    said = "Missing option '-n' / '--nodes'.\n"
    assert run("match", "--all", stdin=FLEET) == (2, "", USAGE + said)


def test_job_and_nodes_of_standard_input(run: Run) -> None:
    """Standard input is one thing: job and nodes cannot both come from it."""
    said = "--job and -n cannot both read standard input\n"
    assert run("match", "-n", "-", "--job", "-", stdin=FLEET) == (2, "", USAGE + said)


def test_unknown_command(run: Run) -> None:
    """A command that does not exist is refused, with the usage of the whole."""
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
    ("question", "said"),
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
def test_wrong_selector(run: Run, fleet: str, question: list[str], said: str) -> None:
    """A wrong selector or id is told by its option, caret included; all wrong ones are."""
    assert run("match", "-n", fleet, *question) == (2, "", said)


@pytest.mark.parametrize(
    ("nodes", "said"),
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
def test_wrong_nodes(run: Run, nodes: str, said: str) -> None:
    """Nodes that cannot be read are told by file and place, and no node is printed."""
    Path("empty").touch()
    Path("cut").write_text('[{"id": "n"')
    Path("twice").write_text('{"id": "n", "labels": {}}\n' * 2)
    Path("number").write_text('[{"id": "n", "labels": {"a": 5}}]')
    assert run("match", "-n", nodes, "--all") == (2, "", said)


def test_nodes_that_are_wrong_at_the_end(run: Run) -> None:
    """A mistake in the last line leaves nothing printed: part of an answer is no answer."""
    ended = run("match", "-n", "-", "--all", "-o", "name", stdin=LINES + '{"id": 5}\n')
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error[id-not-text]: standard input: line 20001: id: ")


@pytest.mark.parametrize(
    ("job", "said"),
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
            "wrong:1:11: error[wrong-type] at selector: a mapping belongs here, not the string"
            " 'all'\n  selector: all\n            ^^^\n"
            "  write: {match_labels: {region: eu}}, or {} for EVERY node\n",
            id="wrong",
        ),
        pytest.param(
            "large",
            "large:1:1: error[file-too-large]: a job file has at most 1,048,576 bytes"
            f" (job_file_bytes)\n  {'#' * 73}…\n  ^\n",
            id="large",
        ),
    ],
)  # fmt: skip
def test_wrong_job(run: Run, fleet: str, job: str, said: str) -> None:
    """A job that is wrong or cannot be read is told by file and place, and never runs anywhere."""
    Path("wrong").write_text("selector: all\n")
    Path("large").write_text("#" * 2_000_000)
    assert run("match", "-n", fleet, "--job", job) == (2, "", said)


def test_wrong_job_of_standard_input(run: Run, fleet: str) -> None:
    """A job from standard input is called so."""
    ended = run("match", "-n", fleet, "--job", "-", stdin="selector: {match_ids: x}")
    assert ended.status == 2
    assert ended.err.startswith("standard input:1:23: error[wrong-type] at selector.match_ids: ")


def test_a_bug_is_told_in_one_line(run: Run, fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours ends with status 70 and one line to report, without a traceback."""

    def broken(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("boom\x1b[31m\nsecond line" + "x" * 1_000)

    monkeypatch.setattr(importlib.import_module("nodeselect.cli.match"), "node_lines", broken)
    ended = run("match", "-n", fleet, "--all")
    assert (ended.status, ended.out) == (70, "")
    assert re.fullmatch(
        r"error: a bug in nodeselect \(test_exit_status\.py:\d+\): RuntimeError:"
        r" boom\\x1b\[31m\\x0asecond linex{100,200}; please report it\n",
        ended.err,
    )


def started(*args: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """Start the command line in a process of its own."""
    return subprocess.Popen([*COMMAND, *args], env={**os.environ, **PLAIN}, **streams)


@pytest.fixture
def large(tmp_path: Path) -> str:
    """Give the name of a file whose nodes fill more than a pipe."""
    (tmp_path / "large").write_text(LINES)
    return str(tmp_path / "large")


@pytest.fixture
def closed() -> Any:
    """Give the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def test_a_reader_that_goes_away(large: str) -> None:
    """Where the reader of the output goes away, as ``head`` does, the end is quiet: 141."""
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
    "question", [["match", "-n", "-", "--all", "--count"], ["--help"], ["match", "--help"]]
)
def test_a_reader_that_was_never_there(closed: int, question: list[str]) -> None:
    """However little is written, a reader that is gone is told by 141, never by 0 or 1."""
    with started(
        *question, stdin=subprocess.DEVNULL if len(question) < 3 else subprocess.PIPE,
        stdout=closed, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        _, said = process.communicate(b"[]" if len(question) > 2 else None, 60)
        assert (process.returncode, said) == (141, b"")


@pytest.mark.parametrize(
    ("question", "status"),
    [
        pytest.param(["--all", "--count"], 0, id="some"),
        pytest.param(["-l", "nope", "--count"], 1, id="none"),
        pytest.param(["-l", "a b"], 2, id="wrong-selector"),
        pytest.param(["--bogus"], 2, id="wrong-usage"),
    ],
)
def test_the_status_does_not_depend_on_who_listens(
    closed: int, large: str, question: list[str], status: int
) -> None:
    """The status is the answer also where nobody reads standard error."""
    with started(
        "match", "-n", large, *question, stdout=subprocess.DEVNULL, stderr=closed
    ) as process:
        assert process.wait(60) == status


@pytest.mark.parametrize("question", [["--all"], ["--all", "--count"]])
def test_a_full_disk_is_no_bug(large: str, question: list[str]) -> None:
    """Output that cannot be written is told as such: not as a bug, and not as an answer."""
    with (
        Path("/dev/full").open("wb") as full,
        started("match", "-n", large, *question, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        _, said = process.communicate(timeout=60)
        assert process.returncode not in (0, 1, 70)
        assert b"bug" not in said
        assert b"No space left on device" in said


@pytest.mark.parametrize("style", ["table", "wide", "name", "csv", "json"])
def test_a_narrow_encoding_is_no_bug(style: str) -> None:
    """Nodes are printed also where standard output cannot hold all characters."""
    node = '[{"id": "日本", "labels": {"é": "東京"}}]'
    ended = run_process(
        "match", "-n", "-", "--all", "-o", style, stdin=node, PYTHONIOENCODING="ascii"
    )
    assert ended.status == 0
    assert ended.out.isascii()


def test_ctrl_c() -> None:
    """An interrupt while nodes are read ends with 130, and nothing is said or printed."""
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
def test_streams_that_are_closed(command: str, status: int, out: str, tmp_path: Path) -> None:
    """A stream that is closed from the start is no bug, and changes no answer."""
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
