"""What people type first, and the message for each wrong turn: it can be pasted."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.running import Result, Run, write_files

EXAMPLE = Path(__file__).parents[2] / "docs/example"

# What people type first, and what is the same.
RIGHT_TURNS = {
    "match -l gpu fleet.json": "match -l gpu -n fleet.json",
    "lint jobs": "check jobs",
    "match -l gpu -n fleet.json -o jsonl": "match -l gpu -n fleet.json -o ndjson",
    "explain -l gpu -n fleet.json --output=md": "explain -l gpu -n fleet.json --output markdown",
    "sql -l gpu --dialect postgres": "sql -l gpu --dialect postgresql",
    "audit fleet.json": "audit -n fleet.json",
    "validate jobs": "check jobs",
    "convert deployment.yaml --to kubernetes": "convert deployment.yaml --to pod-spec",
}

# What people type first, and the command that the message suggests.
WRONG_TURNS = {
    # The command is clear, but not what was asked of it.
    "mtach gpu": "match --help",
    "explian --id -h -n fleet.json": "explain --help",
    # A file, a selector or an id without its option.
    "match fleet.json": "match --all -n fleet.json",
    "match -l gpu -n fleet.json again.json": "match -l gpu -n fleet.json -n again.json",
    "match fleet.json gpu": "match -n fleet.json -l gpu",
    "labels region=eu-west -n fleet.json": "labels -l region=eu-west -n fleet.json",
    "convert 'region=eu,gpu'": "convert -l region=eu,gpu",
    "explain job.yaml fleet.json": "explain --job job.yaml -n fleet.json",
    "explain jobs -n fleet.json": "explain --job jobs -n fleet.json",
    "labels fleet.json region": "labels -n fleet.json region",
    "diff job.yaml first-try.yaml fleet.json": "diff job.yaml first-try.yaml -n fleet.json",
    "diff -n fleet.json job.yaml first-try.yaml again.json":
        "diff -n fleet.json job.yaml first-try.yaml -n again.json",
    "diff region=eu region=us -n fleet.json": "diff -l region=eu -l region=us -n fleet.json",
    # A selector in several words.
    "match -l gpu !debug -n fleet.json": "match -l 'gpu,!debug' -n fleet.json",
    "match -l region=eu-west and gpu -n fleet.json": "match -l region=eu-west,gpu -n fleet.json",
    "match region=eu-west gpu fleet.json": "match -l region=eu-west,gpu -n fleet.json",
    "match -l region=eu-west, gpu -n fleet.json": "match -l region=eu-west,gpu -n fleet.json",
    "rollout fleet.json job.yaml": "rollout -n fleet.json job.yaml",
    # Verbs of other tools, and typos.
    "get nodes -l gpu -n fleet.json": "match -l gpu -n fleet.json",
    "get nodes fleet.json": "match --all -n fleet.json",
    "list -n fleet.json": "match --all -n fleet.json",
    "get nodes -A fleet.json": "match --all -n fleet.json",
    "top nodes -n fleet.json": "labels -n fleet.json",
    "run job.yaml -n fleet.json": "explain --job job.yaml -n fleet.json",
    "save fleet.json new.nsx": "index -n fleet.json new.nsx",
    "fmt jobs": "check jobs",
    "jobs --jobs jobs -n fleet.json": "explain --job jobs -n fleet.json",
    "mtach -l gpu -n fleet.json": "match -l gpu -n fleet.json",
    "help labelss": "help labels",
    "help jobs": "help explain",
    "mtach --help": "match --help",
    "version": "--version",
    # Names that an option has in another command, or another tool.
    "match -f fleet.json --where='gpu,!maintenance'":
        "match -n fleet.json -l 'gpu,!maintenance'",
    "explain -l gpu -n fleet.json --html": "explain -l gpu -n fleet.json -o html",
    "match --node node-174fc70c -n fleet.json": "match --id node-174fc70c -n fleet.json",
    "match -n fleet.json -l gpu --json": "match -n fleet.json -l gpu -o json",
    "match -n fleet.json -l gpu --yaml": "match -n fleet.json -l gpu -o json",
    "match -a -n fleet.json -m 3": "match --all -n fleet.json --limit 3",
    "match -c -l gpu -n fleet.json": "match --count -l gpu -n fleet.json",
    "match -l gpu -n fleet.json --labels": "match -l gpu -n fleet.json --show-labels",
    "match --labels gpu -n fleet.json": "match -l gpu -n fleet.json",
    "labels --by region -n fleet.json": "labels region -n fleet.json",
    # A value with another name.
    "match -l gpu -n fleet.json -o yaml": "match -l gpu -n fleet.json -o json",
    "match -l gpu -n fleet.json -o jsonpath='{.items[*]}'": "match -l gpu -n fleet.json -o json",
    "match -l gpu -n fleet.json -o custom-columns=A:.b": "match -l gpu -n fleet.json -o wide",
    "match -l gpu -n fleet.json --no-color": "match -l gpu -n fleet.json --color never",
    "explain -l gpu -n fleet.json -o table": "explain -l gpu -n fleet.json -o text",
    "convert job.yaml --to expanso": "convert job.yaml --to job",
    "match --lable-column=rack -l gpu -n fleet.json":
        "match --label-column rack -l gpu -n fleet.json",
    "check --rule no-name --file job.yaml": "check --select no-name job.yaml",
    "convert --job job.yaml -o pod-spec": "convert job.yaml --to pod-spec",
    "sql -l gpu --format duckdb": "sql -l gpu --dialect duckdb",
    "labels --key region -n fleet.json": "labels region -n fleet.json",
}  # fmt: skip

# What is wrong in an answer, and what it says to write.
ANSWERS = {
    "explain -l node-174fc70c -n fleet.json": "write the id node-174fc70c (--id, or match_ids in a",
    "explain --id node-174fc7 -n fleet.json": "write node-174fc70c instead of node-174fc7: 1 node",
    "explain -l name=paris-01-camera-01 -n fleet.json": "write the id node-f221ed98 (--id, or",
    "explain -l environment=production -n fleet.json": "write environment=prod instead of",
    "explain -l region=eu -n fleet.json": "the values of 'region': 'eu-central' (45 nodes)",
    "explain -l gpu --node node-174fc7 -n fleet.json":
        "this is the node 'node-174fc70c'",
    "explain -l gpu --node dublin-01-inference-01 -n fleet.json":
        "this is the node 'node-174fc70c'",
    "explain -l gpu --node node-1 -n fleet.json": "it is the beginning of 10 ids, such as",
    "explain -l gpu --node node-174fc7 -q -n fleet.json": "it is the beginning of 'node-174fc70c'",
    "explain -l gpu --node '' -n again.json": "--node: the id of a node must not be empty",
    "explain -l gpu --node n-1 -n hosts.json": "this is the node 'n-1.eu'",
    "match --all -n postgresql://us@db/fleet": "pipe the nodes as JSON objects into",
    "explain -l state=connected -l gpux -n fleet.json": "write --state connected instead",
    "explain -l status=Lost,gpu -n fleet.json": "write --state Lost instead",
    "match -l zone=a -n zones.json": "write topology.kubernetes.io/zone=a instead of zone=a: 1",
    "match -l gpu -n fleet.json,again.json": "of its own: -n fleet.json -n again.json",
    "match -l gpu -n fleet.json --min abc": "'abc' is not a valid whole number",
    "match --all -n fleet.json -L rak": "printed node has the label 'rak'; 208 nodes have 'rack'",
    "match --all -n fleet.json --sort-by rak -o name":
        "no printed node has the label 'rak'; 208 nodes have 'rack'",
    "match --all -n fleeet.json": "did you mean 'fleet.json'?",
    "explain --job frist-try.yaml -n fleet.json": "did you mean 'first-try.yaml'?",
    "check jobs/job.yml": "did you mean 'jobs/job.yaml'?",
    "completion": "Choose from: bash, zsh, fish",
    "match --all -n flat.json":
        'move it into labels: {"id": …, "labels": {…}}',
    "convert deployment.yaml --to job": "instead of the file, use: -l ",
    "match -l region=eu_west --count -n fleet.json": "write region=eu-west instead of",
    "match --id node-174fc7 -n fleet.json": "write node-174fc70c instead of node-174fc7",
    "match --id NODE-174FC70C -n fleet.json": "write node-174fc70c instead of NODE-174FC70C",
}  # fmt: skip

NO_SIDES = (
    "give two jobs (OLD NEW) or two selectors (-l OLD -l NEW) with -n; or two node lists (OLD NEW)"
    " with at most one of -l, --job and --all"
)
NO_PODS = "--pods needs a Kubernetes manifest"

# What cannot be meant, whatever the files hold.
MISTAKES = {
    **dict.fromkeys(("diff -n x", "diff a --all", "diff -n x -l a"), NO_SIDES),
    **dict.fromkeys(("diff a b -l a --all", "diff a b c --all", "diff a b c -n x"), NO_SIDES),
    **dict.fromkeys(("diff a b -n x --all", "diff a b -n x --job c"), NO_SIDES),
    "diff a b -n x -l a": NO_SIDES,
    "match -l -n fleet.json": "-l needs a selector, such as -l region=eu; found '-n'",
    "diff job.yaml first-try.yaml": "where are the nodes? Give -n FILE, pipe them into",
    "check job.yaml --write": "--write goes with --fix",
    "check job.yaml --fix -o json": "--fix prints a diff; for another output, add --write",
    **dict.fromkeys(
        ("check x --min 2", "check x --state ready", "check x --extended-resource-toleration"),
        "--min, --state and --extended-resource-toleration need nodes: give -n",
    ),
    "check -n - -": "FILE and -n cannot both be standard input",
    "match -l gpu -n fleet.json --pods x": NO_PODS,
    "explain -l gpu -n fleet.json --pods x": NO_PODS,
    "match --job deployment.yaml --only-labels -n fleet.json --pods x": NO_PODS,
    "explain --job deployment.yaml --only-labels -n fleet.json --pods x": NO_PODS,
    "match --job deployment.yaml -n fleet.json --pods x --pods y": "given more than once",
}


@pytest.fixture(autouse=True)
def _files() -> None:
    for name in ("fleet.json", "job.yaml", "first-try.yaml", "deployment.yaml"):
        shutil.copy(EXAMPLE / name, name)
    jobs = {f"jobs/{name}": Path(name).read_text() for name in ("job.yaml", "first-try.yaml")}
    zones = {f"{prefix}kubernetes.io/zone": "a" for prefix in ("failure-domain.beta.", "topology.")}
    files = {
        "zones.json": json.dumps([{"id": "node-1", "labels": zones}]),
        "flat.json": '[{"id": "node-1", "region": "eu"}]',
        "hosts.json": '[{"id": "n-10.eu"}, {"id": "n-1.eu"}]',
        "again.json": '[{"id": "node-1", "labels": {}}]',
        "old.html": '[{"id": "node-1", "labels": {}}]',
        "again.nsx": "",
    }
    write_files(jobs | files)


def answer_of(run: Run, command: str) -> Result:
    return run(*shlex.split(command), stdin=Path("fleet.json").read_text())


@pytest.mark.parametrize("command", WRONG_TURNS)
def test_a_wrong_turn_names_a_command(run: Run, command: str) -> None:
    """The message has a command that can be pasted, and is not an error itself."""
    (suggested,) = re.findall(r"did you mean: nodeselect (.*)", answer_of(run, command).text)
    assert not Path("fleet.nsx").exists()  # the suggested command was only checked
    assert suggested == WRONG_TURNS[command]
    if " " in suggested or suggested == "--version":  # otherwise it is only the name of a command
        result = answer_of(run, suggested)
        assert result.status in (0, 1), result.err


@pytest.mark.parametrize(("typed", "same"), RIGHT_TURNS.items())
def test_what_people_type_first_works(run: Run, typed: str, same: str) -> None:
    assert answer_of(run, typed) == answer_of(run, same)
    assert answer_of(run, typed).status != 2


@pytest.mark.parametrize("columns", ["20", "50", "70"])
def test_what_is_to_be_pasted_is_one_line(run: Run, columns: str) -> None:
    """A command in a hint is on one line of its own if it does not fit."""
    result = run("rollout", "-n", "fleet.json", "deployment.yaml", COLUMNS=columns)
    assert "nodeselect match --job FILE -n NODES" in map(str.strip, result.err.splitlines())


@pytest.mark.parametrize("command", ANSWERS)
def test_an_answer_says_what_to_write(run: Run, command: str) -> None:
    """What is wrong in a selector, an id or a label key is named, with what is right."""
    assert ANSWERS[command] in answer_of(run, command).text


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_an_error(run: Run, command: str) -> None:
    assert MISTAKES[command] in answer_of(run, command).error


@pytest.mark.parametrize(
    "command",
    [
        "match 'a b c' -n fleet.json",
        "match gpu --bogus",
        "match node-174fc70c -n fleet.json",
        "match -l gpu node-174fc70c -n fleet.json",
        "explain deployment/checkout -n fleet.json",
        "explain --job deployment.yaml --name shop -n fleet.json",
        "match -n fleet.json -l gpu --filter region=eu-west",
        "match --where \"tier='a'\" -n fleet.json",
        "labels region,tier -n fleet.json",
        "frobnicate -l gpu -n fleet.json",
        "match -n fleet.json",
        "match -l -n fleet.json",
        "match --all node-174fc70c -n fleet.json",
        "match --field-selector spec.unschedulable=true -n fleet.json",
        "rollout -l gpu --job job.yaml -n fleet.json",
        "convert --from bacalhau job.yaml",
        # A command without nodes or files, which would be an error as well.
        "match gpu",
        "check --rule no-name",
        "explain fleet.json",
        # The opposite, a file that would be written, or a word that would be lost.
        "check --deselect no-name job.yaml",
        "match --all --no-state lost -n fleet.json",
        "index --file fleet.json job.yaml",
        "match -l region=eu-west and not gpu -n fleet.json",
        "match -l gpu OR tier=gold -n fleet.json",
        "audit --job job.yaml -n fleet.json",
        "explain -l gpu -o json out.json -n fleet.json",
        # What the command would refuse.
        "explain -l gpu -o html out.html -n fleet.json",
        "explain -l gpu node-174fc70c --state connected -n fleet.json",
        "match --all -l gpu -c -n fleet.json",
        "match --all -n fleet.json --json --csv",
        "sql gpu",
        "-l lint job.yaml",
        "check --file -h",
        "check -f --help job.yaml",
        "version page.html",
        "check --file job.yaml --fix --write",
        "explain --label gpu -n fleet.json --html page.html",
        "explain --label gpu -n fleet.json --html old.html",
        "labels --filter '' --node-file fleet.json",
        "match gpu -n 'fl\x1beet.json'",
        "match gpu -n fleet.json -- x",
        f"match gpu {'a, ' * 400} b -n fleet.json",
    ],
)
def test_no_guesses(run: Run, command: str) -> None:
    """Nothing is suggested if it is not clear what was meant."""
    assert "did you mean: " not in answer_of(run, command).error
