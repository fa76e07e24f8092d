"""``nodeselect match`` agrees with other ways to the same answer."""

import json
from pathlib import Path

import pytest

from nodeselect.readers import reader
from tests.cli.running import Run, write_files

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"


@pytest.mark.parametrize("limit", [4, 3])
@pytest.mark.parametrize("selector", ["region=uss", "region=us,tier=gold", "tier=silver"])
def test_what_to_change_if_no_node_matches(
    run: Run, fleet: str, monkeypatch: pytest.MonkeyPatch, selector: str, limit: int
) -> None:
    """It is what explain prints first; of too many nodes in a pipe, only the number is printed."""
    monkeypatch.setattr(reader, "_MAX_KEPT_NODES", limit)
    lines = run("explain", "-n", fleet, "-l", selector).out.splitlines()
    matched = run("match", "-n", fleet, "-l", selector)
    assert (matched.out, matched.err.splitlines()) == ("", lines[:2])
    piped = run("match", "-n", "-", "-l", selector, stdin=Path(fleet).read_text())
    assert piped.err.splitlines() == lines[: 2 if limit == 4 else 1]
    labels = run("labels", "-n", fleet, "-l", selector)
    assert labels.err.splitlines() == lines[1:2]


@pytest.mark.parametrize("state", ["connected", "lost,ready", "disconnected", "down"])
@pytest.mark.parametrize("selector", ["nope,region", "region=eu-west,gpu", "x=1", "!region"])
def test_states_and_the_numbers_of_explain(run: Run, selector: str, state: str) -> None:
    """Both commands leave out the nodes in other states, and report the same numbers."""
    options = ("-n", str(EXAMPLE / "fleet.json"), "-l", selector, "--state", state)
    matched, explained = run("match", *options), run("explain", *options, "-o", "json")
    explanation = json.loads(explained.out)
    assert matched.err.splitlines()[0] == explanation["headline"]
    assert matched.status == explained.status
    assert set(explained.err.splitlines()) <= set(matched.err.splitlines())
    assert f"{210 - explanation['total']} nodes in other states are left out" in matched.err


@pytest.mark.parametrize("command", ["match -n F", "explain -n F", "sql --dialect sqlite"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("node.labels.pool!=gpu", "write pool!=gpu"),
        ("a,!node.labels.pool", "write !pool"),
        ("node.labels.pool notin (a,b)", "write pool notin (a,b)"),
        ("node.id!=g1", "give the ids of the nodes that you want: --id"),
        ("node.hostname!=s1", "give the ids of the nodes that you want: --id"),
        ("node.role!=manager", "there is no equivalent"),
        ("node.labels.pool=gpu", ""),
        ("node.class!=a", ""),
    ],
)
def test_constraints_of_swarm(run: Run, fleet: str, command: str, text: str, words: str) -> None:
    """One that a node without the label fulfils has a message with its equivalent."""
    err = run(*command.replace("F", fleet).split(), "-l", text).err
    said = [line.partition("Docker Swarm, ")[2] for line in err.splitlines() if "Swarm" in line]
    assert said == ([words] if words else [])


@pytest.mark.parametrize("count", [1, 2_000])
def test_states_of_many_nodes(run: Run, count: int) -> None:
    """However an input is read, only nodes in the states are counted."""
    nodes = [
        {"id": f"n-{at}", "labels": {"a": str(at % 2)}, "state": "Lost" if at % 3 else "ready"}
        for at in range(6 * count)
    ]
    Path("nodes").write_text("\n".join(map(json.dumps, nodes)))
    result = run("match", "-n", "nodes", "-l", "a=1", "--state", "lost", "--count")
    assert result.err == (
        f"{2 * count:,} of {4 * count:,} nodes match;"
        f" {2 * count:,} nodes in other states are left out\n"
        f"{count:,} {'nodes match' if count > 1 else 'node matches'} the selector but not --state:"
        f" {count:,} ready\n"
    )


@pytest.mark.parametrize("states", ["redy", "lost,redy"])
def test_states_that_no_node_is_in(run: Run, states: str) -> None:
    """That is an error, also with --max 0. Only a state that nodes are in is suggested."""
    nodes = "id,state\nn,connected\nn-1,connected\nn-2,lost\n"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"
    write_files({"pod.yaml": pod})
    ids = ("--id", "n")
    calls = (
        ("match", *ids),
        ("match", *ids, "--min", "0", "--max", "0", "-q"),
        ("match", "--job", "pod.yaml"),
        ("explain", *ids),
        ("check", "pod.yaml"),
    )
    for call in calls:
        result = run(*call, "-n", "-", "--state", states, stdin=nodes)
        message = (
            "error: no node is in the state 'redy'; the states of the nodes: 2 connected, 1 lost"
        )
        assert result.error == message


@pytest.mark.parametrize(
    ("state", "nodes", "error"),
    [
        ("down", "id,state\nn,ready\n", ""),
        ("draining", "id,state\nn,idle\n", ""),
        ("idle~", "id,state\nn,idle\n", ""),
        ("draining", "id,state\n", ""),
        ("idel", "id,state\nn,idle\n", "; did you mean 'idle'?"),
        ("raedy", "id,state\nn,idle\n", "; the states of the nodes: 1 idle"),
        ("raedy", "id,state\n", ""),
        ("raedy", "id,state\nn,\n", "; the states of the nodes: 1 without a state"),
    ],
)
def test_states_of_a_users_own(run: Run, state: str, nodes: str, error: str) -> None:
    """A known state that no node is in is fine, and another one if nodes have such states."""
    Path("pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"
    )
    for asked in (("--all",), ("--job", "pod.yaml")):
        result = run("match", *asked, "-n", "-", "--state", state, "--min", "0", stdin=nodes)
        if error or state == "raedy":
            assert result.error == f"error: no node is in the state '{state}'{error}"
        else:
            assert (result.status, result.out) == (0, "")


def test_states_as_kubectl_prints_them(run: Run) -> None:
    """NotReady and SchedulingDisabled are the states not-ready and cordoned, in any case."""
    nodes = json.dumps([{"id": each, "state": each} for each in ("not-ready", "cordoned", "ready")])
    result = run("match", "-n", "-", "--all", "--state", "NotReady,SchedulingDisabled", stdin=nodes)
    assert result.out.split()[2::2] == ["not-ready", "cordoned"]


SORTED = """\
{"id": "n-10", "name": "b", "labels": {"rack": "r-9"}}
{"id": "n-9", "state": "ready", "labels": {"rack": "r-10"}}
{"id": "n-1", "name": "a", "state": "lost", "labels": {}}
{"id": "n-009", "labels": {"rack": "r-9b"}}
{"id": "n", "labels": {"rack": ""}}
"""


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        pytest.param("rack", "n n-10 n-009 n-9 n-1", id="label"),
        pytest.param("id", "n n-1 n-9 n-009 n-10", id="id"),
        pytest.param("name", "n-1 n-10 n-9 n-009 n", id="name"),
        pytest.param("state", "n-1 n-9 n-10 n-009 n", id="state"),
    ],
)
def test_sort_by(run: Run, key: str, ids: str) -> None:
    """Numbers are sorted as numbers, nodes without a value are last, and others stay in order."""
    command = ("match", "--all", "--sort-by", key)
    result = run(*command, "-n", "-", "-o", "name", stdin=SORTED)
    assert result.out.split() == ids.split()
    result = run(*command, "-n", "-", "--limit", "2", "--no-headers", stdin=SORTED)
    assert [line.split()[0] for line in result.out.splitlines()] == ids.split()[:2]
    nodes, saved = Path("nodes"), "saved"
    nodes.write_text(SORTED)
    assert run("index", "-n", str(nodes), saved).status == 0
    result = run(*command, "-n", saved, "-o", "ndjson", "--limit", "3")
    assert [json.loads(line)["id"] for line in result.out.splitlines()] == ids.split()[:3]


def test_sort_by_a_long_number(run: Run) -> None:
    """A number may have more digits than Python converts."""
    values = ["9" * 5_000, "1" + "0" * 5_000, "0" * 6_000 + "7"]
    nodes = [{"id": f"n-{at}", "labels": {"x": value}} for at, value in enumerate(values)]
    command = ("match", "-n", "-", "--all", "--sort-by", "x", "-o", "name")
    assert run(*command, stdin=json.dumps(nodes)).out.split() == ["n-2", "n-0", "n-1"]
