"""Commands over many nodes, selectors, ids and files, in each kind of output."""

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from nodeselect.cli.app import run
from nodeselect.cli.streams import ExitStatus
from nodeselect.render.nodes import NODE_FORMATS, node_lines
from nodeselect.render.screen import PROBLEM_FORMATS, REPORT_FORMATS
from tests.growth.cases import case, words
from tests.growth.inventory_cases import fleet
from tests.growth.job_cases import job_of_ids

_FOLDER = TemporaryDirectory(prefix="growth-")

_JOB = """\
name: a
selector: {match_labels: {region: eu}}
rollout: {strategy: rolling, max_parallel: 1, health_check: {deadline: 5m}}
"""

# The arguments of a command, and its standard input.
Command = tuple[Sequence[str], str]


def _run(command: Command) -> None:
    arguments, stdin = command
    with (
        patch.object(sys, "argv", ["nodeselect", *arguments]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode()))),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()) as errors,
    ):
        status = ExitStatus(run())
    assert status is not ExitStatus.ERROR, errors.getvalue()


def _nodes(n: int) -> str:
    return "\n".join(node_lines(fleet(n), "ndjson"))


def _file(name: str, content: bytes) -> str:
    path = Path(_FOLDER.name, name)
    path.write_bytes(content)
    return str(path)


def _job_folder(n: int) -> str:
    path = Path(_FOLDER.name, f"jobs-{n}")
    path.mkdir(exist_ok=True)
    for number in range(n):
        (path / f"{number:05}.yaml").write_text(_JOB)
    return str(path)


def _over_nodes(name: str, *arguments: str) -> None:
    case(f"cli/{name}", _run, lambda n: ([*arguments, "-n", "-"], _nodes(n)), 100)


def _add_nodes() -> None:
    for output in NODE_FORMATS:
        _over_nodes(f"match/{output}", "match", "-l", "region=eu", "--state", "lost", "-o", output)
    _over_nodes("page", "explain", "-l", "region=eu_west", "-o", "html")
    for output in REPORT_FORMATS:
        _over_nodes(f"explain/{output}", "explain", "-l", "regoin=eu", "-o", output)
        _over_nodes(f"labels/{output}", "labels", "-o", output)
        _over_nodes(f"audit/{output}", "audit", "-o", output)
        _over_nodes(f"diff/{output}", "diff", "-l", "region=eu", "-l", "rack!=r1", "-o", output)
        job = _file("job.yaml", _JOB.encode())
        _over_nodes(f"rollout/{output}", "rollout", job, "-o", output)


def _add_arguments() -> None:
    def repeated(command: str, option: str, value: str, n: int) -> Command:
        options = [text for word in words(n) for text in (option, value.format(word))]
        return [command, *options, "-n", "-"], _nodes(20)

    def files(n: int) -> Command:
        options = [
            text
            for word in words(n)
            for text in ("-n", _file(f"{word}.json", f'{{"id": "{word}"}}'.encode()))
        ]
        return ["match", "--all", *options], ""

    def convert(n: int) -> Command:
        options = [text for word in words(n) for text in ("-l", f"{word}!=a")]
        return ["convert", "--to", "pod-spec", *options], ""

    case("cli/ids", _run, partial(repeated, "match", "--id", "{}"))
    case("cli/selectors", _run, partial(repeated, "explain", "-l", "region=eu,{}"))
    case("cli/files", _run, files)
    case("cli/convert", _run, convert)
    case("cli/tab", _press_tab, lambda n: _file(f"tab-{n}.ndjson", _nodes(n).encode()))


def _press_tab(file: str) -> None:
    line = f"nodeselect match -n {file} -l region=eu,host="
    variables = {"_NODESELECT_COMPLETE": "fish_complete", "COMP_WORDS": line, "COMP_CWORD": "host="}
    with patch.dict(os.environ, variables):
        _run(([], ""))


def _add_jobs() -> None:
    def check(output: str, n: int) -> Command:
        return ["check", _job_folder(n), "-o", output], ""

    def explain(output: str, n: int) -> Command:
        return ["explain", "--job", _job_folder(n), "-n", "-", "-o", output], _nodes(20)

    def diff(n: int) -> Command:
        old, new = (_file(name, job_of_ids(n)) for name in ("old.json", "new.json"))
        return ["diff", old, new, "-n", "-"], _nodes(20)

    for output in PROBLEM_FORMATS:
        case(f"cli/check/{output}", _run, partial(check, output), 8)
    for output in REPORT_FORMATS:
        case(f"cli/jobs/{output}", _run, partial(explain, output), 8)
    case("cli/diff/jobs", _run, diff)


_add_nodes()
_add_arguments()
_add_jobs()
