"""Colours: where they are, on a terminal too, and what decides on them."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from nodeselect.render.screen import Markdown, Screen
from tests.cli.running import COMMAND, PLAIN, Run, run_process, write_files

GREEN, RED, YELLOW = "\x1b[92m", "\x1b[91m", "\x1b[93m"

DIFF = ("diff", "-n", "fleet.ndjson", "-l", "tier", "-l", "debug")


@pytest.mark.parametrize(
    ("options", "environment", "is_coloured"),
    [
        pytest.param([], {}, False, id="a-pipe"),
        pytest.param([], {"FORCE_COLOR": "1"}, True, id="forced"),
        pytest.param([], {"FORCE_COLOR": "1", "TERM": "dumb"}, True, id="forced-if-dumb"),
        pytest.param([], {"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, False, id="forced-off"),
        pytest.param([], {"CLICOLOR_FORCE": "1"}, True, id="forced-too"),
        pytest.param([], {"CLICOLOR_FORCE": "0"}, False, id="not-forced"),
        pytest.param([], {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, id="none-is-stronger"),
        pytest.param([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="forced-and-none"),
        pytest.param(["--color", "always"], {}, True, id="always"),
        pytest.param(["--color", "always"], {"NO_COLOR": "1"}, True, id="always-is-stronger"),
        pytest.param(["--color", "never"], {"FORCE_COLOR": "1"}, False, id="never-is-stronger"),
        pytest.param(["--color", "auto"], {"FORCE_COLOR": "1"}, True, id="auto"),
    ],
)
def test_what_decides(
    fleet: str, options: list[str], environment: dict[str, str], is_coloured: bool
) -> None:
    """The option decides, then NO_COLOR, then FORCE_COLOR; of errors as well."""
    assert fleet == "fleet.ndjson"
    result = run_process(*DIFF, *options, **environment)
    assert ("\x1b" in result.out) is is_coloured
    result = run_process(*options, "match", "-n", "no-such-file", "--all", **environment)
    assert ("\x1b" in result.err) is is_coloured


def test_a_difference(run: Run, fleet: str) -> None:
    assert fleet == "fleet.ndjson"
    lines = run(*DIFF, "--color", "always").out.splitlines()
    assert f"{GREEN}    n-2\x1b[0m" in lines
    assert f"{RED}    n-1\x1b[0m" in lines


def test_nodes(run: Run, fleet: str) -> None:
    """The header is bold; a node that accepts no work is red, one that is also cordoned yellow."""
    states = ("connected", "ready,cordoned", "not-ready", "lost", None)
    nodes = [json.dumps({"id": f"n-{at}", "state": state}) for at, state in enumerate(states)]
    for options in ((), ("-o", "wide"), ("--show-labels",)):
        words = ("match", "--all", "-n", "-", "--color", "always", *options)
        lines = run(*words, stdin="\n".join(nodes)).out.splitlines()
        starts = [line.partition("n-")[0] for line in lines[1:]]
        assert lines[0].startswith("\x1b[1mID ")
        assert starts == ["", YELLOW, RED, RED, ""]


def test_what_to_change(run: Run, fleet: str) -> None:
    """A correction is green, in explain and in match; another reason is bold."""
    for selector, start in (("Region=eu", f"{GREEN}\x1b[1mwrite "), ("gpu", "\x1b[1mno node has")):
        words = ("-n", fleet, "-l", selector, "--color", "always")
        assert run("explain", *words).out.splitlines()[1].startswith(start)
        assert run("match", *words).err.splitlines()[1].startswith(start)


def test_requirements(run: Run, fleet: str) -> None:
    """What every node fails is red, also what one node fails."""
    command = ("explain", "-n", fleet, "-l", "region=mars,tier", "--color", "always")
    lines = run(*command).out.splitlines()
    assert [line for line in lines if line.startswith(f"{RED}region=mars ")]
    assert [line for line in lines if line.startswith("tier ")]
    lines = run(*command, "--node", "n-1").out.splitlines()
    assert [line for line in lines if line.startswith(f"{RED}region=mars ")]
    assert [line for line in lines if line.startswith("tier ")]


def test_jobs(run: Run, fleet: str) -> None:
    """Jobs without a node are red, those that may be wrong yellow."""
    asked = {"a": "tier", "b": "region=mars", "c": "region in (eu,uss)"}
    specs = {name: f"{{match_expressions: ['{text}']}}" for name, text in asked.items()}
    specs |= {"d": "{match_ids: [n-3]}", "e": "7"}
    write_files({f"{name}.yaml": f"name: x\nselector: {spec}\n" for name, spec in specs.items()})
    jobs = [word for name in "abcde" for word in ("--job", f"{name}.yaml")]
    out = run("explain", "-n", fleet, *jobs, "--color", "always").out
    styles = {name: start for start, name in re.findall(r"^(\x1b\[9\dm)?(\w)\.yaml", out, re.M)}
    assert styles == {"a": "", "b": RED, "c": "", "d": YELLOW, "e": RED}
    out = run("explain", "-n", fleet, *jobs, "--node", "n-1", "--color", "always").out
    styles = {name: start for start, name in re.findall(r"^(\x1b\[9\dm)?(\w)\.yaml", out, re.M)}
    assert styles == {"a": GREEN, "b": "", "c": GREEN, "d": "", "e": RED}


def test_no_colours_in_markdown() -> None:
    """The styles of rows are for a screen with colours."""
    rows = [["a", "b"], ["c", "d"]]
    plain = list(Screen().table("xy", rows))
    assert list(Screen().table("xy", rows, styles=["bad", None])) == plain
    lines = list(Screen(colour=True).table("xy", rows, styles=["bad", None]))
    assert lines == ["\x1b[1mx  y\x1b[0m", "\x1b[91ma  b\x1b[0m", "c  d"]
    markdown = list(Markdown().table("xy", rows))
    assert list(Markdown().table("xy", rows, styles=["bad", None])) == markdown


def run_on_terminal(*args: str, stream: str = "stderr", **environment: str) -> bytes:
    terminal, end = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *args],
            stdin=subprocess.DEVNULL,
            stdout=end if stream == "stdout" else subprocess.DEVNULL,
            stderr=end if stream == "stderr" else subprocess.DEVNULL,
            env={**os.environ, **PLAIN, **environment},
        )
    finally:
        os.close(end)
    output = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        try:
            while some := screen.read(4_096):
                output += some
        except OSError:  # Linux says so when the last user of a terminal has closed it
            pass
    process.wait(60)
    return output


def test_the_drawing_of_a_problem_in_colour() -> None:
    """The label and the carets are red, the message is bold, the gutter blue, help is cyan."""
    output = run_on_terminal("match", "-n", "x", "-l", "a not in (b)").decode()
    assert output.replace("\x1b[0m", "}").replace("\x1b[1m", "").splitlines() == [
        "\x1b[91merror[not-in]}: 'not in' is written 'notin'}",
        "\x1b[94m --> }-l:1:3",
        "\x1b[94m  |}",
        "\x1b[94m1 |} a not in (b)",
        "\x1b[94m  |}   \x1b[91m^^^^^^}",
        "\x1b[96mhelp}: write: a notin (b)",
    ]


def test_errors_are_red_and_warnings_yellow(tmp_path: Path) -> None:
    """In a check the label of an error is red, and that of a warning yellow; so in one line."""
    (tmp_path / "error.yaml").write_text("nam: a\nselector: {match_expressions: ['!a']}\n")
    for output in ("text", "concise"):
        drawn = run_on_terminal("check", "-o", output, str(tmp_path), stream="stdout")
        assert drawn.count(b"\x1b[91m\x1b[1merror[unknown-field]\x1b[0m") == 1
        assert drawn.count(b"\x1b[93m\x1b[1mwarning[no-name]\x1b[0m") == 1
