"""``nodeselect diff``: nodes added, kept and removed, and why."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory.compare import compare
from tests import naive
from tests.cli.running import Run, unprintable
from tests.cli.screens import check_screen
from tests.property.strategies import IDS, selectors
from tests.property.strategies import labels as labels_of_nodes

EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "fleet.json"

OLD = [
    {"id": "edge-01", "state": "connected", "labels": {"region": "eu", "tier": "gold"}},
    {"id": "edge-02", "state": "connected", "labels": {"region": "eu", "tier": "free"}},
    {"id": "edge-03", "state": "lost", "labels": {"region": "eu", "load": "7"}},
    {"id": "edge-04", "state": "connected", "labels": {"region": "us"}},
    {"id": "edge-05", "state": "connected", "labels": {"region": "eu"}},
    {"id": "edge-06", "state": "connected", "labels": {}},
]
NEW = [
    {"id": "edge-05", "state": "lost", "labels": {"region": "eu"}},
    {
        "id": "edge-06",
        "state": "connected",
        "labels": {"region": "eu", "a": "1", "b": "2", "c": "3"},
    },
    {"id": "edge-07", "state": "connected", "labels": {"region": "eu"}},
    {"id": "edge-08", "state": "connected", "labels": {"region": "eu"}},
    {"id": "edge-01", "state": "connected", "labels": {"region": "us", "tier": "gold"}},
    {"id": "edge-02", "state": "connected", "labels": {"region": "eu", "tier": "gold"}},
    {"id": "edge-04", "state": "connected", "labels": {"region": "us"}},
]
"""Five things happened: a node left, two came, one moved away, one moved in, one was promoted."""

HOSTILE = [
    {
        "id": node["id"],
        "labels": {
            **node["labels"],  # type: ignore[dict-item]
            "\x1b[2J": "\u202eabc",
            "k" * 5_000: "v" * 5_000,
            "x|y": "`\r\n",
        },
    }
    for node in OLD
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the two fleets and two jobs."""
    monkeypatch.chdir(tmp_path)
    for name, fleet in (("old", OLD), ("new", NEW), ("hostile", HOSTILE)):
        Path(f"{name}.json").write_text(json.dumps(fleet))
    for name, labels in (("old", "region: eu"), ("new", "region: eu, tier: gold")):
        Path(f"{name}.yaml").write_text(f"name: demo\nselector: {{match_labels: {{{labels}}}}}\n")
    Path("fleet.json").write_bytes(EXAMPLE.read_bytes())
    Path("every.yaml").write_text("name: demo\n")


SELECTORS = ["-n", "fleet.json", "-l", "region=eu-west"]
SELECTORS += ["-l", "region in (eu-west,EU-West),tier!=free"]
FLEETS = ["-n", "old.json", "-n", "new.json", "-l", "region=eu"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "columns", "question"),
    [
        pytest.param("diff-selectors", "80", SELECTORS, id="selectors"),
        pytest.param("diff-selectors-wide", "120", SELECTORS, id="wide"),
        pytest.param("diff-selectors-ascii", "44", [*SELECTORS, "--ascii"], id="narrow-ascii"),
        pytest.param(
            "diff-selectors-markdown", "80", [*SELECTORS, "-o", "markdown"], id="markdown"
        ),
        pytest.param("diff-fleets", "80", FLEETS, id="fleets"),
        pytest.param(
            "diff-fleets-markdown", "80", [*FLEETS, "-o", "markdown"], id="fleets-markdown"
        ),
        pytest.param(
            "diff-hostile", "80", ["-n", "old.json", "-n", "hostile.json", "--all"], id="hostile"
        ),
        pytest.param(
            "diff-hostile-markdown",
            "80",
            ["-n", "hostile.json", "-n", "old.json", "--all", "-o", "markdown"],
            id="hostile-markdown",
        ),
        pytest.param(
            "diff-jobs",
            "80",
            ["-n", "old.json", "--job", "old.yaml", "--job", "new.yaml"],
            id="jobs",
        ),
    ],
)
def test_screens(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, question: list[str]
) -> None:
    """What a person sees; nothing of it is obeyed by a terminal."""
    monkeypatch.setenv("COLUMNS", columns)
    ended = run("diff", *question)
    assert ended.err == ""
    check_screen(name, ended.out)
    assert ended.status == (re.search(r"\b0 added, .*, 0 removed\b", ended.out) is None)
    assert not unprintable(ended.out)
    if "--ascii" in question:
        assert ended.out.isascii()


def labels(*changes: tuple[str, str | None, str | None, bool]) -> list[dict[str, Any]]:
    """Give changes of labels as JSON has them."""
    return [dict(zip(("key", "old", "new", "asked"), each, strict=True)) for each in changes]


def change(node_id: str, why: str, **told: Any) -> dict[str, Any]:
    """Give a change of a node as JSON has it."""
    return {"id": node_id, "why": why, "requirements": [], "labels": [], "state": None, **told}


@pytest.mark.usefixtures("folder")
def test_json_of_fleets(run: Run) -> None:
    """Each node that matches on either side is told of once, with every label that is different."""
    ended = run("diff", *FLEETS, "-o", "json")
    assert (ended.status, ended.err) == (1, "")
    assert json.loads(ended.out) == {
        "version": 1,
        "old": {"name": "old.json", "total": 6, "matched": 4, "connected": 3},
        "new": {"name": "new.json", "total": 7, "matched": 5, "connected": 4},
        "added": [
            change(
                "edge-06",
                "labels",
                labels=labels(
                    ("region", None, "eu", True),
                    ("a", None, "1", False),
                    ("b", None, "2", False),
                    ("c", None, "3", False),
                ),
            ),
            change("edge-07", "joined"),
            change("edge-08", "joined"),
        ],
        "kept": ["edge-05", "edge-02"],
        "changed": [
            change("edge-05", "state", state={"old": "connected", "new": "lost"}),
            change("edge-02", "labels", labels=labels(("tier", "free", "gold", False))),
        ],
        "removed": [
            change("edge-01", "labels", labels=labels(("region", "eu", "us", True))),
            change("edge-03", "left"),
        ],
    }


def test_states_of_nodes_that_are_kept(run: Run, tmp_path: Path) -> None:
    """A state that is another is told, also beside labels, and alone it is no difference; one that
    only one side tells is no other state."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    states = ("connected", "connected", "connected", None)
    old.write_text(
        json.dumps([{"id": f"n-{at}", "state": state} for at, state in enumerate(states)])
    )
    now = [
        {"id": "n-0", "state": "connected"},
        {"id": "n-1", "state": "lost \x1b", "labels": {"a": "1"}},
        {"id": "n-2"},
        {"id": "n-3", "state": "connected"},
    ]
    new.write_text(json.dumps(now))
    ended = run("diff", "--all", "-n", str(old), "-n", str(new))
    assert ended.status == 0
    assert ended.out.endswith(
        "\nKEPT\n  3 nodes: as before\n    n-[0,2-3]\n"
        '  1 node: +a=1; connected before, "lost \\x1b" now\n    n-1\n'
    )


@pytest.mark.usefixtures("folder")
def test_json_of_selectors(run: Run) -> None:
    """A node is told of with every requirement that it fails in the selector that refuses it."""
    ended = run(
        "diff", "-n", "old.json", "-l", "region=eu,!tier", "-l", "tier,region", "-o", "json"
    )
    answer = json.loads(ended.out)
    assert (ended.status, answer["old"]["name"], answer["new"]["name"]) == (
        1,
        "region=eu,!tier",
        "tier,region",
    )
    assert answer["added"] == [
        change("edge-01", "selector", requirements=["!tier"]),
        change("edge-02", "selector", requirements=["!tier"]),
    ]
    assert answer["removed"] == [
        change("edge-03", "selector", requirements=["tier"]),
        change("edge-05", "selector", requirements=["tier"]),
    ]
    assert answer["kept"] == answer["changed"] == []


@pytest.mark.usefixtures("folder")
def test_ids(run: Run) -> None:
    """That a node's id is not asked for is a reason as well."""
    Path("ids.yaml").write_text("name: demo\nselector: {match_ids: [edge-01, edge-02]}\n")
    Path("id.yaml").write_text("name: demo\nselector: {match_ids: [edge-03]}\n")
    ended = run("diff", "-n", "old.json", "--job", "ids.yaml", "--job", "id.yaml")
    assert "  1 node: OLD asks for one of 2 ids\n    edge-03\n" in ended.out
    assert "  2 nodes: NEW asks for id edge-03\n    edge-[01-02]\n" in ended.out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "question",
    [
        pytest.param(["-n", "old.json", "-l", "region", "-l", "region in (eu,us)"], id="selectors"),
        pytest.param(["-n", "old.json", "--job", "old.yaml", "--job", "old.yaml"], id="jobs"),
        pytest.param(["-n", "old.json", "-n", "old.json", "--all"], id="fleets"),
        pytest.param(["-n", "old.json", "-n", "hostile.json", "--all"], id="other-labels"),
        pytest.param(["-n", "old.json", "-n", "new.json", "-l", "region=mars"], id="none"),
    ],
)
def test_same(run: Run, question: list[str]) -> None:
    """The same nodes are no difference, whatever became of their labels and states."""
    ended = run("diff", *question)
    assert ended.status == 0
    assert "\n0 added, " in ended.out
    assert ", 0 removed\n" in ended.out


@pytest.mark.usefixtures("folder")
def test_an_empty_job_is_pointed_out(run: Run) -> None:
    """A job without a selector takes every node, and that is said."""
    ended = run("diff", "-n", "old.json", "--job", "old.yaml", "--job", "every.yaml")
    assert (ended.status, ended.err) == (
        1,
        "every.yaml: the selector is empty: this job takes EVERY node\n",
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_neither_takes_a_node(run: Run, output: str) -> None:
    """That nothing is compared is said, and where to ask on; it is no difference."""
    question = ("diff", "-n", "old.json", "-l", "region=mars", "-l")
    said = "neither OLD nor NEW takes a node: nodeselect explain says why\n"
    ended = run(*question, "region=venus", "-o", output)
    assert (ended.status, ended.err) == (0, said)
    assert run(*question, "region=eu", "-o", output).err == (
        "OLD takes no node: nodeselect explain says why\n"
        "  region=mars: no node has this value (5 nodes have the label: 'eu' (4), 'us' (1))\n"
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param(
            ["-n", "old.json", "-l", "region=eu", "-l", "regoin=eu"],
            "NEW takes no node: nodeselect explain says why\n  regoin=eu: write region=eu\n",
            id="a-slip",
        ),
        pytest.param(
            ["-n", "-", "old.json", "-l", "region=eu"],
            "OLD takes no node: nodeselect explain says why\n  there are no nodes\n",
            id="no-nodes",
        ),
        pytest.param(["-n", "-", "old.json", "--all"], "", id="all-of-none"),
        pytest.param(["-n", "old.json", "-l", "region=eu", "-l", "region=us"], "", id="some"),
    ],
)
def test_one_side_takes_no_node(run: Run, question: list[str], said: str) -> None:
    """Where one side takes no node, it is said what to look at."""
    ended = run("diff", *question, stdin="[]")
    assert (ended.status, ended.err) == (1, said)


@pytest.mark.usefixtures("folder")
def test_standard_input(run: Run) -> None:
    """The new nodes may come from a pipe."""
    data = json.dumps(NEW)
    piped = run("diff", "-n", "old.json", "-n", "-", "-l", "region=eu", "-o", "json", stdin=data)
    named = run("diff", *FLEETS, "-o", "json")
    assert (piped.status, piped.out) == (1, named.out.replace('"new.json"', '"standard input"'))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("pair", "repeated"),
    [
        ("--job old.yaml new.yaml -n old.json", "--job old.yaml --job new.yaml -n old.json"),
        ("-n old.json --job old.yaml new.yaml", "--job old.yaml --job new.yaml -n old.json"),
        ("--nodes old.json new.json --all", "-n old.json -n new.json --all"),
        ("-n old.json - --job old.yaml", "-n old.json -n - --job old.yaml"),
        ("-n - old.json -l region", "-n - -n old.json -l region"),
        ("--nodes=old.json new.json --all", "-n old.json -n new.json --all"),
        ("-nold.json new.json --all", "-n old.json -n new.json --all"),
        ("--job=old.yaml new.yaml -n old.json", "--job old.yaml --job new.yaml -n old.json"),
    ],
)
def test_two_files_of_one_option(run: Run, pair: str, repeated: str) -> None:
    """The old file and the new one stand behind one option, or each behind its own."""
    data = json.dumps(NEW)
    ended = run("diff", *pair.split(), stdin=data)
    assert ended.status == 1
    assert ended == run("diff", *repeated.split(), stdin=data)


WHICH = "error: say which nodes, in one way: -l EXPR, --job FILE or --all\n"
CHANGES = "error: say what changes, first the old and then the new: "


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param(["-n", "old.json"], WHICH, id="nothing-asked"),
        pytest.param(["-n", "old.json", "-l", "a", "--job", "old.yaml"], WHICH, id="two-ways"),
        pytest.param(["-n", "old.json", "--all"], f"{CHANGES}-n OLD NEW\n", id="all-of-one"),
        pytest.param(
            ["-n", "old.json", "-l", "a"],
            f"{CHANGES}-l OLD -l NEW, or -n OLD NEW\n",
            id="one-selector",
        ),
        pytest.param(
            ["-n", "old.json", "-n", "new.json", "--job", "a", "--job", "b"],
            "error: one change at a time: the job, or the nodes\n",
            id="two-of-both",
        ),
        pytest.param(
            ["-n", "old.json", "new.json", "-l", "a", "-l", "b"],
            "error: one change at a time: the selector, or the nodes\n",
            id="two-of-both-selectors",
        ),
        pytest.param(
            ["-n", "old.json", "--job", "a", "b", "c"],
            f"{CHANGES}--job OLD NEW, or -n OLD NEW\n",
            id="three-jobs",
        ),
        pytest.param(
            ["-n", "old.json", "-l", "a", "b\x1b"],
            "error: repeat -l before 'b\\x1b': -l OLD -l NEW\n",
            id="selectors-behind-one-option",
        ),
        pytest.param(["-n", "-", "-n", "-", "--all"], "error: only one thing can", id="two-pipes"),
        pytest.param(
            ["-n", "-", "-n", "old.json", "--job", "-"],
            "error: only one thing can",
            id="job-and-nodes",
        ),
        pytest.param(
            ["-n", "old.json", "new.json", "old.json", "--all"],
            f"{CHANGES}-n OLD NEW\n",
            id="three-files",
        ),
        pytest.param(["-n", "a", "b", "--all", "c"], "unexpected extra argument (c)", id="alone"),
        pytest.param(["a", "-n", "b", "c", "--all"], "unexpected extra argument (a)", id="first"),
        pytest.param(
            ["-n", "old.json", "-l", "a", "-l", "b", "--ascii", "-o", "json"],
            "error: --ascii goes with text, not json\n",
            id="ascii",
        ),
    ],
)
def test_wrong_questions(run: Run, question: list[str], said: str) -> None:
    """A question without an old side and a new side is refused."""
    ended = run("diff", *question)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param(
            ["-n", "old.json", "-l", "a b", "-l", "c d"], ["error[unexpected]: -l: "] * 2, id="both"
        ),
        pytest.param(
            ["-n", "old.json", "-n", "no", "--all"], ["error[cannot-read]: no: "], id="nodes"
        ),
        pytest.param(
            ["-n", "old.json", "--job", "old.yaml", "--job", "no"],
            ["no: error[cannot-read]: "],
            id="job",
        ),
    ],
)
def test_wrong_inputs(run: Run, question: list[str], said: list[str]) -> None:
    """An input that is wrong is told, and nothing is compared."""
    ended = run("diff", *question)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.count(said[0]) == len(said)


FLEETS_OF_FEW = st.dictionaries(st.sampled_from([*IDS, "n-3", "n-4"]), labels_of_nodes())


def taken(selector: Selector, fleet: dict[str, dict[str, str]]) -> list[str]:
    """Give the ids that the model of the language takes."""
    return [
        node_id
        for node_id, each in fleet.items()
        if naive.matches(selector.requirements, selector.ids, each, node_id)
    ]


@given(FLEETS_OF_FEW, selectors(), selectors())
def test_selectors_by_brute_force(
    fleet: dict[str, dict[str, str]], old: Selector, new: Selector
) -> None:
    """Added, kept and removed are what two looks at each node give; each reason is told once."""
    inventory = Inventory(Node(node_id, each) for node_id, each in fleet.items())
    told = compare(("", ""), (inventory, inventory), (old, new))
    before, after = taken(old, fleet), taken(new, fleet)
    assert [each.id for each in told.added] == [each for each in after if each not in before]
    assert [each.id for each in told.removed] == [each for each in before if each not in after]
    assert list(told.same) == [each for each in after if each in before]
    assert told.changed == ()
    for changes, selector in ((told.added, old), (told.removed, new)):
        for each in changes:
            failed = [
                str(requirement)
                for part in selector.split()
                for requirement in part.requirements
                if not naive.holds(requirement, fleet[each.id])
            ]
            by_id = selector.ids is not None and each.id not in selector.ids
            assert each.why == "selector"
            assert list(each.requirements[by_id:]) == failed
            assert each.requirements


@given(FLEETS_OF_FEW, FLEETS_OF_FEW, selectors())
def test_fleets_by_brute_force(
    old: dict[str, dict[str, str]], new: dict[str, dict[str, str]], selector: Selector
) -> None:
    """Each node is told of once, and its labels before with the changes are its labels now."""
    inventories = [
        Inventory(Node(node_id, each) for node_id, each in fleet.items()) for fleet in (old, new)
    ]
    told = compare(("", ""), (inventories[0], inventories[1]), (selector, selector))
    before, after = taken(selector, old), taken(selector, new)
    both = [each for each in after if each in before]
    assert [each.id for each in told.added] == [each for each in after if each not in before]
    assert [each.id for each in told.removed] == [each for each in before if each not in after]
    assert list(told.same) == [each for each in both if old[each] == new[each]]
    assert [each.id for each in told.changed] == [each for each in both if old[each] != new[each]]
    for each in (*told.added, *told.changed, *told.removed):
        assert (each.why == "joined") == (each.id not in old)
        assert (each.why == "left") == (each.id not in new)
        if each.why == "labels":
            assert all(change.old != change.new for change in each.labels)
            now = old[each.id] | {one.key: one.new for one in each.labels if one.new is not None}
            gone = {one.key for one in each.labels if one.new is None}
            assert {key: now[key] for key in now if key not in gone} == new[each.id]


def test_kept_nodes_stand_in_the_order_of_the_new_fleet(run: Run, tmp_path: Path) -> None:
    """Those with other labels stand among the others, not behind them."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text('{"a": {"x": "1"}, "b": {"x": "1"}, "c": {"x": "1"}}')
    new.write_text('{"c": {"x": "1"}, "b": {"x": "2"}, "a": {"x": "1"}}')
    ended = run("diff", "-l", "x", "-n", str(old), "-n", str(new), "-o", "json")
    assert json.loads(ended.out)["kept"] == ["c", "b", "a"]


def test_a_requirement_is_told_whole(run: Run) -> None:
    """As far as one line of the screen has room."""
    asked = "topology.example.com/region in (eu-central-1,eu-central-2,eu-west-1)"
    question = ("diff", "-n", "-", "-l", "x", "-l", f"x,{asked}")
    ended = run(*question, stdin='{"a": {"x": "1"}}')
    assert "\n  1 node: NEW asks for topology.example.com/region in\n" in ended.out
    assert "\n    (eu-central-1,eu-central-2,eu-west-1)\n" in ended.out


def test_one_node(run: Run) -> None:
    """One node matches, as every report has it."""
    ended = run("diff", "-n", "-", "-l", "x", "-l", "y", stdin='{"a": {"x": "1"}}')
    assert ended.out.startswith("OLD  x  1 of 1 node matches\nNEW  y  0 of 1 node matches\n")
