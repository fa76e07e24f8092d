"""``nodeselect diff``: nodes added, kept and removed, and why."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory.compare import compare_inventories, compare_selectors
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
"""A node left, two joined, one moved away, one moved in, one was promoted."""

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
    """Change to a folder with two fleets and three jobs."""
    monkeypatch.chdir(tmp_path)
    for name, fleet in (("old", OLD), ("new", NEW), ("hostile", HOSTILE)):
        Path(f"{name}.json").write_text(json.dumps(fleet))
    for name, labels in (("old", "region: eu"), ("new", "region: eu, tier: gold")):
        Path(f"{name}.yaml").write_text(f"name: demo\nselector: {{match_labels: {{{labels}}}}}\n")
    Path("fleet.json").write_bytes(EXAMPLE.read_bytes())
    Path("every.yaml").write_text("name: demo\n")


SELECTORS = ["-n", "fleet.json", "-l", "region=eu-west"]
SELECTORS += ["-l", "region in (eu-west,EU-West),tier!=free"]
FLEETS = ["old.json", "new.json", "-l", "region=eu"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "columns", "args"),
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
        pytest.param("diff-hostile", "80", ["old.json", "hostile.json", "--all"], id="hostile"),
        pytest.param(
            "diff-hostile-markdown",
            "80",
            ["hostile.json", "old.json", "--all", "-o", "markdown"],
            id="hostile-markdown",
        ),
        pytest.param(
            "diff-jobs",
            "80",
            ["old.yaml", "new.yaml", "-n", "old.json"],
            id="jobs",
        ),
    ],
)
def test_screens(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, args: list[str]
) -> None:
    """Whole reports; none holds a control character."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("diff", *args)
    assert result.err == ""
    check_screen(name, result.out)
    assert result.status == (re.search(r"\b0 added, .*, 0 removed\b", result.out) is None)
    assert not unprintable(result.out)
    if "--ascii" in args:
        assert result.out.isascii()


def labels(*changes: tuple[str, str | None, str | None, bool]) -> list[dict[str, Any]]:
    """Return label changes as JSON values."""
    return [dict(zip(("key", "old", "new", "in_selector"), each, strict=True)) for each in changes]


def change(node_id: str, why: str, **values: Any) -> dict[str, Any]:
    """Return the change of a node as JSON values."""
    return {"id": node_id, "why": why, "requirements": [], "labels": [], "state": None, **values}


@pytest.mark.usefixtures("folder")
def test_json_of_fleets(run: Run) -> None:
    """Each node that matches on either side is reported once, with all its label changes."""
    result = run("diff", *FLEETS, "-o", "json")
    assert (result.status, result.err) == (1, "")
    assert json.loads(result.out) == {
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
    """A changed state is reported, but is no difference; an unknown state is no change."""
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
    result = run("diff", "--all", str(old), str(new))
    assert result.status == 0
    assert result.out.endswith(
        "\nKEPT\n  3 nodes: unchanged\n    n-[0,2-3]\n"
        '  1 node: +a=1; now "lost \\x1b", was connected\n    n-1\n'
    )


@pytest.mark.usefixtures("folder")
def test_json_of_selectors(run: Run) -> None:
    """A node is reported with all requirements that it fails on the other side."""
    result = run(
        "diff", "-n", "old.json", "-l", "region=eu,!tier", "-l", "tier,region", "-o", "json"
    )
    answer = json.loads(result.out)
    assert (result.status, answer["old"]["name"], answer["new"]["name"]) == (
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
    """That an id is not selected is a reason, too."""
    Path("ids.yaml").write_text("name: demo\nselector: {match_ids: [edge-01, edge-02]}\n")
    Path("id.yaml").write_text("name: demo\nselector: {match_ids: [edge-03]}\n")
    result = run("diff", "ids.yaml", "id.yaml", "-n", "old.json")
    assert "  1 node: OLD requires one of 2 ids\n    edge-03\n" in result.out
    assert "  2 nodes: NEW requires id edge-03\n    edge-[01-02]\n" in result.out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["-n", "old.json", "-l", "region", "-l", "region in (eu,us)"], id="selectors"),
        pytest.param(["old.yaml", "old.yaml", "-n", "old.json"], id="jobs"),
        pytest.param(["old.json", "old.json", "--all"], id="fleets"),
        pytest.param(["old.json", "hostile.json", "--all"], id="other-labels"),
        pytest.param(["old.json", "new.json", "-l", "region=mars"], id="none"),
    ],
)
def test_same(run: Run, args: list[str]) -> None:
    """If the same nodes match, the status is 0, whatever their labels and states."""
    result = run("diff", *args)
    assert result.status == 0
    assert "\n0 added, " in result.out
    assert ", 0 removed\n" in result.out


@pytest.mark.usefixtures("folder")
def test_an_empty_job(run: Run) -> None:
    """A job without a selector selects every node, with a warning."""
    result = run("diff", "old.yaml", "every.yaml", "-n", "old.json")
    assert (result.status, result.err) == (
        1,
        "every.yaml: the selector is empty: this job selects EVERY node\n",
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        pytest.param(
            ["-n", "old.json", "-l", "region=eu", "-l", "regoin=eu, x"],
            1,
            "NEW matches no node; for details, run:"
            " nodeselect explain -l 'regoin=eu, x' -n old.json\n",
            id="one-selector",
        ),
        pytest.param(
            ["-n", "old.json", "-l", "region=mars", "-l", "region=venus"],
            0,
            "OLD matches no node; for details, run: nodeselect explain -l region=mars -n old.json\n"
            "NEW matches no node; for details, run:"
            " nodeselect explain -l region=venus -n old.json\n",
            id="two-selectors",
        ),
        pytest.param(
            ["-", "old.json", "-l", "region=eu"],
            1,
            "OLD matches no node; for details, save the nodes to nodes.json, then run:"
            " nodeselect explain -l region=eu -n nodes.json\n",
            id="nodes",
        ),
        pytest.param(
            ["old.yaml", "mars.yaml", "-n", "old.json"],
            1,
            "NEW matches no node; for details, run:"
            " nodeselect explain --job mars.yaml -n old.json\n",
            id="job",
        ),
        pytest.param(["-", "old.json", "--all"], 1, "", id="all"),
        pytest.param(["-n", "old.json", "-l", "region=eu", "-l", "region=us"], 1, "", id="matches"),
    ],
)
def test_a_side_without_nodes(run: Run, options: list[str], status: int, message: str) -> None:
    """A side on which no node matches is reported, with the command that explains it."""
    Path("mars.yaml").write_text("name: demo\nselector: {match_labels: {region: mars}}\n")
    result = run("diff", *options, stdin="[]")
    assert (result.status, result.err) == (status, message)


@pytest.mark.usefixtures("folder")
def test_standard_input(run: Run) -> None:
    """The new nodes can come from standard input."""
    data = json.dumps(NEW)
    piped = run("diff", "old.json", "-", "-l", "region=eu", "-o", "json", stdin=data)
    named = run("diff", *FLEETS, "-o", "json")
    assert (piped.status, piped.out) == (1, named.out.replace('"new.json"', '"standard input"'))


USAGE = (
    "error: give two jobs (OLD NEW -n FILE), two selectors (-l OLD -l NEW -n FILE) or two node"
    " lists (OLD NEW with one of -l, --job or --all)\n"
)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], USAGE, id="nothing"),
        pytest.param(["-n", "old.json"], USAGE, id="nodes-alone"),
        pytest.param(["old.json", "new.json"], USAGE, id="no-selector"),
        pytest.param(["old.json", "new.json", "-l", "a", "--all"], USAGE, id="two-ways"),
        pytest.param(["old.json", "new.json", "-l", "a", "-l", "b"], USAGE, id="two-selectors"),
        pytest.param(["old.json", "--all"], USAGE, id="one-list"),
        pytest.param(["old.json", "new.json", "old.json", "--all"], USAGE, id="three-lists"),
        pytest.param(["-n", "old.json", "-l", "a"], USAGE, id="one-selector"),
        pytest.param(["a", "b", "c", "-n", "old.json"], USAGE, id="three-jobs"),
        pytest.param(["a", "b", "-n", "old.json", "-l", "a"], USAGE, id="jobs-and-selector"),
        pytest.param(["a", "b", "-n", "old.json", "--all"], USAGE, id="jobs-and-all"),
        pytest.param(
            ["-", "-", "--all"], "error: only one file can be standard input\n", id="two-pipes"
        ),
        pytest.param(
            ["-", "old.json", "--job", "-"],
            "error: only one file can be standard input\n",
            id="job-and-nodes",
        ),
        pytest.param(
            ["-n", "old.json", "-n", "new.json", "--all"],
            "error: Invalid value for '-n' / '--nodes': given more than once\n",
            id="nodes-twice",
        ),
        pytest.param(
            ["-n", "old.json", "-l", "a", "-l", "b", "--ascii", "-o", "json"],
            "error: --ascii needs -o text, not json\n",
            id="ascii",
        ),
    ],
)
def test_usage(run: Run, options: list[str], message: str) -> None:
    """A command line without an old and a new side is an error."""
    result = run("diff", *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith(message)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("args", "errors"),
    [
        pytest.param(
            ["-n", "old.json", "-l", "a b", "-l", "c d"], ["error[unexpected]: -l: "] * 2, id="both"
        ),
        pytest.param(["old.json", "no", "--all"], ["error[cannot-read]: no: "], id="nodes"),
        pytest.param(
            ["old.yaml", "no", "-n", "old.json"],
            ["no: error[cannot-read]: "],
            id="job",
        ),
    ],
)
def test_wrong_inputs(run: Run, args: list[str], errors: list[str]) -> None:
    """An invalid input is an error, and nothing is printed."""
    result = run("diff", *args)
    assert (result.status, result.out) == (2, "")
    assert result.err.count(errors[0]) == len(errors)


FLEETS_OF_FEW = st.dictionaries(st.sampled_from([*IDS, "n-3", "n-4"]), labels_of_nodes())


def taken(selector: Selector, fleet: dict[str, dict[str, str]]) -> list[str]:
    """Return the ids that the model of the language selects."""
    return [
        node_id
        for node_id, each in fleet.items()
        if naive.matches(selector.requirements, selector.ids, each, node_id)
    ]


@given(FLEETS_OF_FEW, selectors(), selectors())
def test_selectors_by_brute_force(
    fleet: dict[str, dict[str, str]], old: Selector, new: Selector
) -> None:
    """Added, kept and removed nodes agree with a model, and so do the reasons."""
    inventory = Inventory(Node(node_id, each) for node_id, each in fleet.items())
    difference = compare_selectors(inventory, old, new)
    before, after = taken(old, fleet), taken(new, fleet)
    assert [each.id for each in difference.added] == [each for each in after if each not in before]
    assert [each.id for each in difference.removed] == [
        each for each in before if each not in after
    ]
    assert list(difference.unchanged) == [each for each in after if each in before]
    assert difference.changed == ()
    for changes, selector in ((difference.added, old), (difference.removed, new)):
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
    """Each node is reported once; its old labels and the changes give its new labels."""
    inventories = [
        Inventory(Node(node_id, each) for node_id, each in fleet.items()) for fleet in (old, new)
    ]
    difference = compare_inventories(inventories[0], inventories[1], selector)
    before, after = taken(selector, old), taken(selector, new)
    both = [each for each in after if each in before]
    assert [each.id for each in difference.added] == [each for each in after if each not in before]
    assert [each.id for each in difference.removed] == [
        each for each in before if each not in after
    ]
    assert list(difference.unchanged) == [each for each in both if old[each] == new[each]]
    assert [each.id for each in difference.changed] == [
        each for each in both if old[each] != new[each]
    ]
    for each in (*difference.added, *difference.changed, *difference.removed):
        assert (each.why == "joined") == (each.id not in old)
        assert (each.why == "left") == (each.id not in new)
        if each.why == "labels":
            assert all(change.old != change.new for change in each.labels)
            now = old[each.id] | {one.key: one.new for one in each.labels if one.new is not None}
            gone = {one.key for one in each.labels if one.new is None}
            assert {key: now[key] for key in now if key not in gone} == new[each.id]


def test_kept_nodes_stand_in_the_order_of_the_new_fleet(run: Run, tmp_path: Path) -> None:
    """Changed nodes are among the kept ones, in the order of the new fleet."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text('{"a": {"x": "1"}, "b": {"x": "1"}, "c": {"x": "1"}}')
    new.write_text('{"c": {"x": "1"}, "b": {"x": "2"}, "a": {"x": "1"}}')
    result = run("diff", "-l", "x", str(old), str(new), "-o", "json")
    assert json.loads(result.out)["kept"] == ["c", "b", "a"]


def test_a_long_requirement(run: Run) -> None:
    """A long requirement is wrapped, not truncated."""
    asked = "topology.example.com/region in (eu-central-1,eu-central-2,eu-west-1)"
    args = ("diff", "-n", "-", "-l", "x", "-l", f"x,{asked}")
    result = run(*args, stdin='{"a": {"x": "1"}}')
    assert "\n  1 node: NEW requires topology.example.com/region in\n" in result.out
    assert "\n    (eu-central-1,eu-central-2,eu-west-1)\n" in result.out


def test_one_node(run: Run) -> None:
    """The headline has a singular."""
    result = run("diff", "-n", "-", "-l", "x", "-l", "y", stdin='{"a": {"x": "1"}}')
    assert result.out.startswith("OLD  x: 1 of 1 node matches\nNEW  y: 0 of 1 node matches\n")
