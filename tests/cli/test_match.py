"""What ``nodeselect match`` is asked, and what it answers."""

import json
from pathlib import Path

import pytest

from nodeselect import Inventory
from tests.cli.running import FLEET, Run
from tests.cli.screens import check_screen

THERE = "the states that there are: connected (1), ready (1), lost (1), none (1)"
EXAMPLE = Path(__file__).parents[2] / "docs" / "example"

ONE = "n-1   connected\n"
TWO = "n-2   ready\n"
THREE = "n-3   lost\n"
FOUR = "n-4   <none>\n"
HEADER = "ID    STATE\n"


@pytest.mark.parametrize(
    ("question", "rows", "summary"),
    [
        pytest.param(
            ["-l", "region=eu"],
            HEADER + ONE + TWO,
            "2 of 4 nodes match, 2 of them connected; 2 fail region=eu\n",
            id="selector",
        ),
        pytest.param(
            ["-l", "region=eu,!debug"],
            HEADER + ONE,
            "1 of 4 nodes match, 1 of them connected; 3 fail: 2 region=eu; 1 !debug\n",
            id="two-requirements",
        ),
        pytest.param(
            ["--selector", "!region"],
            "ID    STATE\nn-4   <none>\n",
            "1 of 4 nodes match; 3 fail !region\n",
            id="state-unknown",
        ),
        pytest.param(
            ["-l", "region!=eu"],
            "ID    STATE\nn-3   lost\nn-4   <none>\n",
            "2 of 4 nodes match, 0 of them connected; 2 fail region!=eu\n",
            id="none-connected",
        ),
        pytest.param(
            ["-l", "tier=gold", "-l", "region=us"],
            "ID    STATE\n" + ONE + "n-3   lost\n",
            "2 of 4 nodes match, 1 of them connected\n",
            id="union",
        ),
        pytest.param(
            ["-l", "region=us", "-l", "region"],
            HEADER + ONE + TWO + THREE,
            "3 of 4 nodes match, 2 of them connected\n",
            id="union-that-overlaps",
        ),
        pytest.param(
            ["--id", "n-3", "--id", "n-1"],
            HEADER + ONE + THREE,
            "2 of 4 nodes match, 1 of them connected; 2 fail <id in (n-1,n-3)>\n",
            id="ids-in-the-order-of-the-inventory",
        ),
        pytest.param(
            ["--id", "n-3", "--id", "n-1", "-l", "region=eu"],
            HEADER + ONE,
            "1 of 4 nodes match, 1 of them connected; 3 fail:"
            " 1 <id in (n-1,n-3)>; 1 <id in (n-1,n-3)> and region=eu; 1 region=eu\n",
            id="ids-and-selector",
        ),
        pytest.param(
            ["--id", "n-1", "--id", "n-3", "--id", "n-4", "-l", "tier", "-l", "region=us"],
            HEADER + ONE + THREE,
            "2 of 4 nodes match, 1 of them connected\n",
            id="ids-and-union",
        ),
        pytest.param(
            ["--id", "n-1", "--id", "one", "--id", "n"],
            HEADER + ONE,
            "1 of 4 nodes match, 1 of them connected; 3 fail <id in (n,n-1,one)>\n"
            "'one' is the name of a node, not an id; its id is 'n-1' [name-for-id]\n"
            "no node has the id 'n'\n",
            id="never-a-name-or-a-prefix",
        ),
        pytest.param(
            ["--id", "n-1", *(f"--id=x{number}" for number in range(8))],
            HEADER + ONE,
            "1 of 4 nodes match, 1 of them connected; 3 fail <one of 9 ids>\n"
            "no node has the id 'x0', 'x1', 'x2', 'x3', 'x4' and 3 more\n",
            id="many-ids-that-no-node-has",
        ),
        pytest.param(
            ["--all"],
            HEADER + ONE + TWO + THREE + FOUR,
            "4 of 4 nodes match, 2 of them connected\n",
            id="all",
        ),
        pytest.param(
            ["--all", "--state", "connected"],
            HEADER + ONE,
            "1 of 4 nodes match, 1 of them connected\n"
            "3 of 4 nodes that match are in other states: they are left out\n",
            id="state",
        ),
        pytest.param(
            ["--all", "--state", "LOST, Ready"],
            "ID    STATE\nn-2   ready\nn-3   lost\n",
            "2 of 4 nodes match, 1 of them connected\n"
            "2 of 4 nodes that match are in other states: they are left out\n",
            id="states-in-any-case",
        ),
        pytest.param(
            ["-l", "region=eu", "--state", "lost"],
            "",
            "0 of 1 node matches; 1 fails region=eu\n\n"
            "REQUIREMENT  FAILS  LEFT  ONLY THIS\n"
            "region=eu        1     0          1\n\n"
            "WHY NOT\n  1  region=eu  n-3\n\n"
            "NOTES\n  region=eu: no node has this value (1 node has the label: 'us' (1))\n\n"
            "region=eu is the only requirement; the values of its label: 'us' (1)\n"
            "3 of 4 nodes are in other states: they are left out\n"
            "without --state nodes match in the states connected (1), ready (1)\n",
            id="no-such-state",
        ),
        pytest.param(
            ["--all", "--limit", "2"],
            HEADER + ONE + TWO,
            "4 of 4 nodes match, 2 of them connected\nthe first 2 are shown\n",
            id="limit",
        ),
        pytest.param(
            ["--all", "--limit", "4"],
            HEADER + ONE + TWO + THREE + FOUR,
            "4 of 4 nodes match, 2 of them connected\n",
            id="limit-that-cuts-nothing",
        ),
        pytest.param(
            ["-l", "region", "--count"],
            "3\n",
            "3 of 4 nodes match, 2 of them connected; 1 fails region\n",
            id="count",
        ),
        pytest.param(
            ["--all", "--state", "lost", "--count"],
            "1\n",
            "1 of 4 nodes match, 0 of them connected\n"
            "3 of 4 nodes that match are in other states: they are left out\n",
            id="count-by-state",
        ),
    ],
)  # fmt: skip
def test_question(run: Run, fleet: str, question: list[str], rows: str, summary: str) -> None:
    """The nodes go to standard output, what is said of them to standard error."""
    ended = run("match", "-n", fleet, *question)
    assert (ended.out, ended.err) == (rows, summary)
    assert ended.status == (0 if rows not in ("", "0\n") else 1)


@pytest.mark.parametrize(
    ("name", "question", "out"),
    [
        pytest.param("match-none", ["-l", "nope"], "", id="no-such-label"),
        pytest.param("match-none", ["-l", "nope", "-o", "json"], "[]\n", id="json"),
        pytest.param("match-none-state", ["-l", "nope", "--state", "lost"], "", id="in-a-state"),
        pytest.param(
            "match-none-such-state", ["-l", "region", "--state", "down"], "", id="no-such-state"
        ),
        pytest.param("match-none-contradiction", ["-l", "region=eu,region=us"], "", id="never"),
        pytest.param("match-none-ids", ["--id=n-3", "--id=n-9", "-l", "region=eu"], "", id="ids"),
        pytest.param(
            "match-none-several", ["-l", "nope", "-l", "region=ue,!debug"], "", id="several"
        ),
    ],
)
def test_none_matches(run: Run, fleet: str, name: str, question: list[str], out: str) -> None:
    """Where nothing matches, standard error tells why not."""
    ended = run("match", "-n", fleet, *question)
    assert (ended.status, ended.out) == (1, out)
    check_screen(name, ended.err)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param(["-l", "nope"], "0 of 4 nodes match; 4 fail nope\n", id="one"),
        pytest.param(["-l", "nope", "-l", "region=ue"], "0 of 4 nodes match\n", id="several"),
        pytest.param(
            ["-l", "!region", "--state", "lost"],
            "0 of 4 nodes match\nwithout --state nodes match\n",
            id="state",
        ),
    ],
)
def test_none_is_counted(run: Run, fleet: str, question: list[str], said: str) -> None:
    """Beside a number it is only said how to ask for the reasons."""
    ask = "for all of it, ask: nodeselect explain -n FILE …\n"
    assert run("match", "-n", fleet, *question, "--count") == (1, "0\n", said + ask)


@pytest.mark.parametrize(
    ("gates", "status", "said"),
    [
        pytest.param(["--min", "2"], 0, "", id="enough"),
        pytest.param(
            ["--min", "3"], 1, "3 nodes at least are wanted (--min), not 2\n", id="too-few"
        ),
        pytest.param(["--max", "2"], 0, "", id="not-too-many"),
        pytest.param(["--max", "1"], 1, "1 node at most is wanted (--max), not 2\n", id="too-many"),
        pytest.param(["--min", "2", "--max", "2"], 0, "", id="exactly"),
        pytest.param(["--min", "0", "--max", "9"], 0, "", id="between"),
    ],
)
def test_gates(run: Run, fleet: str, gates: list[str], status: int, said: str) -> None:
    """--min and --max decide by the number of nodes that match how the command ends."""
    headline = "2 of 4 nodes match, 2 of them connected; 2 fail region=eu\n"
    ended = run("match", "-n", fleet, "-l", "region=eu", "--count", *gates)
    assert ended == (status, "2\n", headline + said)


def test_gates_where_none_matches(run: Run, fleet: str) -> None:
    """Zero nodes are right only where that was said."""
    ended = run("match", "-n", fleet, "-l", "nope", "--min", "0", "--max", "0")
    assert ended == (0, "", "0 of 4 nodes match\n")
    ended = run("match", "-n", fleet, "-l", "nope", "--max", "3")
    assert (ended.status, ended.out) == (1, "")
    check_screen("match-none", ended.err)
    ended = run("match", "-n", fleet, "-l", "nope", "--min", "2")
    assert (ended.status, ended.out) == (1, "")
    check_screen("match-none-min", ended.err)


def test_gates_count_what_is_not_printed(run: Run, fleet: str) -> None:
    """A limit on what is printed is none on what is counted."""
    ended = run("match", "-n", fleet, "--all", "--limit", "1", "--min", "4", "-o", "name")
    assert ended == (
        0,
        "n-1\n",
        "4 of 4 nodes match, 2 of them connected\nthe first one is shown\n",
    )


def test_folded(run: Run) -> None:
    """Ids of one kind are folded into one name, a line each."""
    lines = "".join(f'{{"id": "edge-{number:03d}"}}\n' for number in range(1, 131))
    ended = run("match", "-n", "-", "--all", "-o", "folded", stdin=lines + '{"id": "core"}\n')
    assert ended == (0, "edge-[001-130]\ncore\n", "131 of 131 nodes match\n")


@pytest.mark.parametrize("option", ["-n", "--nodes"])
def test_nodes_of_standard_input(run: Run, option: str) -> None:
    """A dash reads the nodes from standard input."""
    ended = run("match", option, "-", "-l", "region=us", stdin=FLEET)
    assert ended == (
        0,
        HEADER + THREE,
        "1 of 4 nodes match, 0 of them connected; 3 fail region=us\n",
    )


def test_empty_inventory(run: Run) -> None:
    """A list without nodes is no error: no node matches."""
    assert run("match", "-n", "-", "--all", stdin="[]") == (1, "", "0 of 0 nodes match\n")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_job(run: Run, kind: str) -> None:
    """A job spec takes the nodes that its selector takes, with all three fields."""
    Path("job").write_text(
        '{"selector": {"match_labels": {"region": "eu"}, "match_ids": ["n-1", "n-9"]}}'
        if kind == "json"
        else "selector:\n  match_labels: {region: eu}\n  match_ids: [n-1, n-9]\n"
    )
    ended = run("match", "-n", "fleet.ndjson", "--job", "job")
    assert ended == (
        0,
        HEADER + ONE,
        (
            "1 of 4 nodes match, 1 of them connected; 3 fail:"
            " 2 <id in (n-1,n-9)> and region=eu; 1 <id in (n-1,n-9)>\n"
            "no node has the id 'n-9'\n"
        ),
    )


def test_job_of_standard_input(run: Run, fleet: str) -> None:
    """A dash reads the job from standard input."""
    ended = run("match", "-n", fleet, "--job", "-", stdin="selector: {match_labels: {tier: gold}}")
    said = "1 of 4 nodes match, 1 of them connected; 3 fail tier=gold\n"
    assert ended == (0, HEADER + ONE, said)


@pytest.mark.parametrize("job", ["name: x\n", "selector: {}\n", "selector:\n"])
def test_job_without_selector(run: Run, fleet: str, job: str) -> None:
    """A job without a selector takes every node, and that is said aloud."""
    Path("job\x1b.yaml").write_text(job)
    ended = run("match", "-n", fleet, "--job", "job\x1b.yaml", "-o", "name")
    assert ended == (
        0,
        "n-1\nn-2\nn-3\nn-4\n",
        (
            "job\\x1b.yaml: the selector is empty: this job takes EVERY node\n"
            "4 of 4 nodes match, 2 of them connected\n"
        ),
    )


def test_job_with_a_limit_and_a_state(run: Run, fleet: str) -> None:
    """State and limit go with a job as with a selector."""
    Path("job").write_text("selector: {match_expressions: [region]}")
    ended = run("match", "-n", fleet, "--job", "job", "--state", "ready,lost", "--limit", "1")
    assert ended == (
        0,
        HEADER + TWO,
        (
            "2 of 4 nodes match, 1 of them connected\nthe first one is shown\n"
            "1 of 3 nodes that match are in other states: they are left out\n"
        ),
    )


def test_the_example(run: Run) -> None:
    """The example of the documentation gives the nodes that the library gives."""
    fleet, job = str(EXAMPLE / "fleet.json"), str(EXAMPLE / "job.yaml")
    ended = run("match", "-n", fleet, "--job", job, "-o", "name")
    nodes = Inventory.read(fleet)
    taken = [
        node.id
        for node in nodes
        if node.labels.get("environment") == "prod"
        and node.labels.get("capability") == "inference"
        and node.labels.get("region") in ("eu-west", "eu-central")
        and "gpu" in node.labels
        and node.labels.get("tier") != "free"
        and "maintenance" not in node.labels
    ]
    assert ended.status == 0
    assert ended.out.split() == taken
    assert ended.err.startswith(f"{len(taken)} of {len(nodes)} nodes match, ")


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(["--all"], id="all"),
        pytest.param(["-l", "nope", "--count"], id="none-matches"),
        pytest.param(["-l", "region=eu", "-l", "tier"], id="several"),
    ],
)
@pytest.mark.parametrize(
    ("states", "said"),
    [
        pytest.param(["conected"], f"'conected': {THERE}\n  did you mean 'connected'?", id="slip"),
        pytest.param(["lost,zzz,aaa"], f"'aaa' or 'zzz': {THERE}", id="two-of-three"),
        pytest.param(["NotReady"], f"'notready': {THERE}\n  did you mean 'not-ready'?", id="case"),
        pytest.param(["\x1b"], f"'\\x1b': {THERE}", id="hostile"),
    ],
)
def test_a_state_that_is_a_slip(
    run: Run, fleet: str, question: list[str], states: list[str], said: str
) -> None:
    """A state that no node is in, and none could be, is a wrong option, whatever matches."""
    ended = run("match", "-n", fleet, *question, "--state", *states)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.endswith(f"error: no node is in the state {said}\n")


def test_states_of_other_programs(run: Run) -> None:
    """A state that some node is in is right, whether or not such a node matches."""
    nodes = '{"id": "a", "state": "Up", "labels": {"x": ""}}\n{"id": "b", "state": "odd"}\n'
    question = ("match", "-n", "-", "-o", "name", "--state", "UP,odd")
    assert run(*question, "-l", "x", stdin=nodes)[:2] == (0, "a\n")
    assert run(*question, "-l", "!x", stdin=nodes)[:2] == (0, "b\n")
    assert run(*question, "-l", "x", "-l", "!x", stdin=nodes)[:2] == (0, "a\nb\n")
    assert run(*question, "-l", "y", stdin=nodes)[:2] == (1, "")


@pytest.mark.parametrize("state", ["connected", "lost", "not-ready", "down", "pending"])
def test_no_node_has_a_state(run: Run, state: str) -> None:
    """Where no node tells its state, none is in a state that is known; it is no wrong question."""
    question = ("match", "-n", "-", "--all", "--state")
    ended = run(*question, state, stdin='[{"id": "a"}]')
    assert ended == (
        1,
        "",
        "0 of 1 node matches\nno node has a state\nwithout --state nodes match\n",
    )
    assert run(*question, "conected", stdin="[]")[:2] == (1, "")
    ended = run(*question, "conected", stdin='[{"id": "a"}]')
    assert "error: no node is in the state 'conected': no node has a state\n" in ended.err


def test_large_numbers_are_grouped(run: Run) -> None:
    """Numbers above a thousand are written with a comma."""
    lines = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(1_234))
    ended = run("match", "-n", "-", "--all", "--limit", "1100", "-o", "name", stdin=lines)
    assert ended.out.count("\n") == 1_100
    assert ended.err == "1,234 of 1,234 nodes match\nthe first 1,100 are shown\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            ["-l", "!maintenence", "--state", "connected"],
            "184 of 210 nodes match, 184 of them connected\n"
            "no node has the label 'maintenence'; 10 nodes have 'maintenance' [other-spelling]\n"
            "26 of 210 nodes that match are in other states: they are left out\n",
            id="state",
        ),
        pytest.param(
            ["-l", "gpu,!maintenence", "-l", "!maintenence,region=eu-west"],
            "110 of 210 nodes match, 93 of them connected\n"
            "no node has the label 'maintenence'; 10 nodes have 'maintenance' [other-spelling]\n",
            id="several",
        ),
        pytest.param(
            ["-l", "gpu", "-l", "regoin=eu-west"],
            "86 of 210 nodes match, 73 of them connected\n"
            "no node has the label 'regoin'; 208 nodes have 'region' [other-spelling]\n",
            id="one-of-several-takes-none",
        ),
        pytest.param(
            ["--id", "node-08e9d3de", "--id", "node-174fc70c", "--state", "connected"],
            "1 of 210 nodes match, 1 of them connected\n"
            "the node 'node-08e9d3de' is left out: it is disconnected\n"
            "1 of 2 nodes that match are in other states: they are left out\n",
            id="an-id-in-another-state",
        ),
        pytest.param(
            ["-l", "gpu,!maintenance", "--state", "connected"],
            "67 of 210 nodes match, 67 of them connected\n"
            "13 of 80 nodes that match are in other states: they are left out\n",
            id="nothing-is-wrong",
        ),
    ],
)
def test_what_was_meant_where_some_match(run: Run, options: list[str], said: str) -> None:
    """Slips are told with --state and of several selectors as they are of one."""
    assert run("match", "-n", str(EXAMPLE / "fleet.json"), "--count", *options).err == said


@pytest.mark.parametrize(("nodes", "told"), [(2_000, True), (2_001, False)])
def test_hints_of_few_nodes(run: Run, nodes: int, told: bool) -> None:
    """Of up to 2,000 nodes a slip is told although some match, also one in a list."""
    ids = [f"n-{at}" for at in range(nodes)]
    fleet = json.dumps([{"id": each, "labels": {"tier": "gold"}} for each in ids])
    for asked, hint in (
        ("tier in (gold,glod,sliver)", ""),
        ("tier!=glod", "no node has tier=glod, so it leaves none out"),
    ):
        ended = run("match", "-l", asked, "-n", "-", "--count", stdin=fleet)
        assert (ended.status, ended.out) == (0, f"{nodes}\n")
        assert (hint in ended.err) is (told or not hint)
    assert ("other-value" in ended.err) is told


def test_states_in_any_case(run: Run) -> None:
    """The state of a node is compared in any case of letters, as that of the question is."""
    fleet = json.dumps([{"id": "n-1", "state": "CONNECTED"}, {"id": "n-2", "state": "Lost"}])
    ended = run("match", "-l", "!x", "--state", "Connected", "-n", "-", "-o", "name", stdin=fleet)
    assert (ended.status, ended.out) == (0, "n-1\n")


def test_a_slip_in_a_list(run: Run) -> None:
    """A value of a list that no node has is told with what is close, though others match."""
    ended = run("match", "-l", "region in (eu-west,eu-cnetral)", "-n", str(EXAMPLE / "fleet.json"),
                "--count")  # fmt: skip
    assert ended.out == "43\n"
    assert ended.err.endswith(
        "no node has region=eu-cnetral; 45 nodes have 'eu-central' [other-value]\n"
    )
