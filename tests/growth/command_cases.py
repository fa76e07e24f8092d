"""Commands of the command line over many nodes, selectors, ids and files."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import BytesIO, StringIO, TextIOWrapper
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from nodeselect import Inventory
from nodeselect.cli.app import run
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.render.changes import CHANGE_FORMATS
from nodeselect.render.layout import PROBLEM_FORMATS, REPORT_FORMATS, SELECTOR_FORMATS
from nodeselect.render.nodes import COLUMN_FORMATS, NODE_FORMATS, node_lines
from tests.growth.cases import case, words
from tests.growth.inventory_cases import SELECTORS, fleet
from tests.growth.job_cases import job_of_ids, pod_of, pod_of_terms

_FOLDER = TemporaryDirectory(prefix="growth-")

_serial = count()

_JOB = """\
name: a
selector: {match_labels: {region: eu}}
rollout: {strategy: rolling, max_parallel: 1, health_check: {deadline: 5m}}
"""

# The arguments of a command, and its standard input.
Command = tuple[Sequence[str], str]


def _run(command: Command) -> ExitStatus:
    arguments, stdin = command
    with (
        patch.object(sys, "argv", ["nodeselect", *arguments]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode()))),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()) as errors,
    ):
        status = ExitStatus(run())
    may_fail = arguments[0] in ("convert", "match", "explain")
    assert status is not ExitStatus.ERROR or may_fail, errors.getvalue()
    return status


def _nodes(n: int) -> str:
    return "\n".join(node_lines(fleet(n), "ndjson"))


def _file(name: str, content: bytes) -> str:
    path = Path(_FOLDER.name, name)
    path.write_bytes(content)
    return str(path)


def _folder(n: int) -> str:
    """Return a folder with ``n`` job files."""
    path = Path(_FOLDER.name, f"jobs-{n}")
    path.mkdir(exist_ok=True)
    for number in range(n):
        (path / f"{number:05}.yaml").write_text(_JOB)
    return str(path)


def _folder_of_nodes(n: int) -> Path:
    """Return a folder with ``n`` files of one node each."""
    path = Path(_FOLDER.name, f"nodes-{n}")
    path.mkdir(exist_ok=True)
    for number in range(n):
        (path / f"{number:05}.json").write_text(f'{{"id": "n-{number:05}"}}')
    return path


def _over_nodes(name: str, *arguments: str, size: int = 40) -> None:
    """Add the case of a command that reads many nodes from standard input."""

    def build(n: int) -> Command:
        return [*arguments, "-n", "-"], _nodes(n)

    case(f"cli/{name}", _run, build, size)


def _repeated(arguments: Sequence[str], option: str, value: str, n: int) -> Command:
    """Return a command with many options."""
    options = [text for word in words(n) for text in (option, value.format(word))]
    return [*arguments, *options, "-n", "-"], _nodes(20)


def _add_selections() -> None:
    for output in NODE_FORMATS:
        columns = ["-L", "region,host"] if output in COLUMN_FORMATS else []
        _over_nodes(f"match/{output}", "match", "-l", "region=eu", "-o", output, *columns)
    _over_nodes("match/state", "match", "-l", "region=eu,rack!=r1", "--state", "lost,x")
    _over_nodes("match/no-state", "match", "-l", "region=eu", "--state", "x")
    _over_nodes("match/union", "match", "-l", "region=eu", "-l", "gpu", "--limit", "9")
    _over_nodes("match/nothing", "match", "-l", "region=mars,rack=r1", "--count")
    _over_nodes("match/sorted", "match", "--all", "--sort-by", "host", "-L", "regoin,rack")
    _over_nodes("match/invalid", "match", "-l", "x=a b")
    for name, text in SELECTORS.items():
        _over_nodes(f"explain/{name}", "explain", "-l", text)
    for output in REPORT_FORMATS:
        _over_nodes(f"labels/{output}", "labels", "-o", output)
        _over_nodes(f"audit/{output}", "audit", "-o", output)
        _over_nodes(f"labels-of-key/{output}", "labels", "host", "-l", "region=eu", "-o", output)
        _over_nodes(f"diff/{output}", "diff", "-l", "region=eu", "-l", "rack!=r1", "-o", output)
    for output in CHANGE_FORMATS:
        _over_nodes(f"watch/{output}", "watch", "-l", "region=eu", "-l", "gpu", "-o", output)

    def read_folder(n: int) -> Command:
        return ["explain", "--id", "n-00003", "-n", str(_folder_of_nodes(n)), "-v"], ""

    def stray(n: int) -> Command:
        return ["match", "-n", "-", *words(n)], _nodes(20)

    def read_files(n: int) -> Command:
        files = [text for file in _folder_of_nodes(n).iterdir() for text in ("-n", str(file))]
        return ["match", "--id", "x", *files], ""

    def misspelt_file(n: int) -> Command:
        return ["match", "--id", "x", "-n", f"{next(_folder_of_nodes(n).iterdir())}x"], ""

    def misspelt_option(n: int) -> Command:
        return ["match", "--selectr", "gpu", *(["--id", "x"] * n)], ""

    case("cli/match/files", _run, read_files)
    case("cli/match/misspelt-option", _run, misspelt_option, 16)
    case("cli/match/misspelt-file", _run, misspelt_file)
    case("cli/match/stray", _run, stray)
    case("cli/explain/folder", _run, read_folder)
    case("cli/match/ids", _run, partial(_repeated, ["match"], "--id", "{}"))
    case("cli/explain/selectors", _run, partial(_repeated, ["explain"], "-l", "region=eu,{}"), 16)


def _add_jobs() -> None:
    job, page = _file("job.yaml", _JOB.encode()), str(Path(_FOLDER.name, "page.html"))
    for output in REPORT_FORMATS:
        arguments = ("rollout", "--job", job, "--spread", "rack", "-o", output)
        _over_nodes(f"rollout/{output}", *arguments, size=200)
    _over_nodes("explain/prefix", "explain", "--id", "node", "--id", "x")
    _over_nodes("explain/html", "explain", "--job", job, "--html", page)

    def explain_node(n: int) -> Command:
        nodes = _nodes(n)
        node_id = json.loads(nodes.partition("\n")[0])["id"]
        return ["explain", "--job", job, "-n", "-", "--node", node_id], nodes

    def convert(output: str, n: int) -> Command:
        options = [text for word in words(n) for text in ("-l", f"{word}!=a")]
        if output not in ("text", "pod-spec", "json"):
            options = ["-l", ",".join(f"{word}!=a" for word in words(n))]
        return ["convert", "--to", output, *options], ""

    def convert_refused(n: int) -> Command:
        return [
            "convert",
            "--to",
            "label-selector",
            "-l",
            ",".join(f"{word}>5" for word in words(n)),
        ], ""

    def sql(n: int) -> Command:
        expression = ",".join(f"{word}>5" for word in words(n))
        return ["sql", "--dialect", "sqlite", "-l", expression], ""

    def convert_file(n: int) -> Command:
        return ["convert", _file("pod.json", json.dumps(pod_of_terms(n)).encode())], ""

    def explain_jobs(n: int) -> Command:
        return ["explain", "--job", job, "--job", _folder(n), "-n", "-"], _nodes(20)

    def explain_terms(n: int) -> Command:
        pod = _file("pod.json", json.dumps(pod_of_terms(n)).encode())
        return ["explain", "--job", pod, "--job", job, "-n", "-"], _nodes(20)

    def jobs_of_manifest(n: int) -> Command:
        pods = [pod_of(word, nodeSelector={"region": "eu"}) for word in words(n)]
        pods.append({"apiVersion": "v1", "kind": "Service"})
        text = "\n---\n".join(map(json.dumps, pods))
        return ["explain", "--job", _file("pods.yaml", text.encode()), "-n", "-"], _nodes(20)

    def diff_jobs(n: int) -> Command:
        old, new = (_file(name, job_of_ids(n)) for name in ("old.json", "new.json"))
        return ["diff", old, new, "-n", "-"], _nodes(20)

    def check(output: str, n: int) -> Command:
        return ["check", _folder(n), "-o", output, "--exclude", "x"], ""

    def jobs_of_fleet(output: str, n: int) -> Command:
        return ["explain", "--job", _folder(n), "-n", "-", "-o", output], _nodes(n)

    def jobs_of_node(n: int) -> Command:
        return ["explain", "--job", _folder(n), "--node", "-"], _nodes(1)

    def invalid_jobs(n: int) -> Command:
        files = [text for word in words(n) for text in ("--job", _file(word, b"selector: 7"))]
        return ["explain", *files, "-n", "-"], _nodes(20)

    case("cli/jobs/node", _run, jobs_of_node, 10)
    case("cli/jobs/invalid", _run, invalid_jobs, 10)
    case("cli/explain/node", _run, explain_node, 40)
    case("cli/explain/terms", _run, explain_terms, 10)
    for output in SELECTOR_FORMATS:
        case(f"cli/convert/{output}", _run, partial(convert, output), limit=256)
    case("cli/convert/refused", _run, convert_refused, limit=256)
    case("cli/convert/manifest", _run, convert_file)
    case("cli/sql", _run, sql, limit=256)
    case("cli/jobs/manifest", _run, jobs_of_manifest, 10)
    case("cli/explain/jobs", _run, explain_jobs, 10)
    case("cli/diff/jobs", _run, diff_jobs)
    for output in REPORT_FORMATS:
        case(f"cli/jobs/{output}", _run, partial(jobs_of_fleet, output), 10)
    for output in PROBLEM_FORMATS:
        case(f"cli/check/{output}", _run, partial(check, output), 10)


def _add_texts() -> None:
    for text in ("rules", "rules not-in", "schema", "match --help"):

        def build(n: int, text: str = text) -> Command:
            return text.split(), ""

        case(f"cli/{text}", _run, build)


_add_selections()
_add_jobs()
_add_texts()


def _saved(n: int) -> Command:
    path = str(Path(_FOLDER.name, f"saved-{n}.nsx"))
    Inventory(fleet(n)).save(path)
    return ["match", "-n", path, "-l", SELECTORS["matching"], "--state", "ready"], ""


case("cli/match/saved", _run, _saved)
case("cli/labels/saved", _run, lambda n: (["labels", "-n", _saved(n)[0][2]], ""))


def _press_tab(words: Sequence[str]) -> None:
    """Ask for completion as the script of a shell does; the first word is the shell."""
    shell, *before, current = words
    line = " ".join(["nodeselect", *before, current])
    cursor = str(len(before) + 1) if shell == "zsh" else current
    variables = {"COMP_WORDS": line, "COMP_CWORD": cursor}
    with (
        patch.dict(os.environ, {"_NODESELECT_COMPLETE": f"{shell}_complete", **variables}),
        patch.object(sys, "argv", ["nodeselect"]),
        redirect_stdout(TextIOWrapper(BytesIO())),
    ):
        run()


def _add_completion() -> None:
    def add(name: str, shell: str, command: str, option: str, word: str) -> None:
        def build(n: int) -> Sequence[str]:
            file = _file(f"tab-{n}.ndjson", _nodes(n).encode())
            return (shell, command, "-n", file, option, word)

        case(f"cli/tab/{name}", _press_tab, build, 300)

    add("value", "fish", "match", "-l", "region=eu,host=")
    add("ids", "bash", "explain", "--node", "")
    case("cli/tab/long", _press_tab, lambda n: ("bash", "match", "-l", *["a,b"] * n, ""))
    case("cli/tab/selector", _press_tab, lambda n: ("zsh", "match", "-l", "a=b," * n))


_add_completion()
