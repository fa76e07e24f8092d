"""The nodes of a table answer as an inventory of the same nodes does.

Each commit compares some selectors on some rows; ``ALL_CASES=1`` all of them, by hand.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from random import Random
from typing import Any

import pytest

from nodeselect import AnyOf, Inventory, InventoryError, Node, Selector
from nodeselect.engines import sql
from nodeselect.engines.sql import LongTable, SqlNodes
from nodeselect.engines.sql import nodes as sql_nodes
from nodeselect.engines.sql.dialects import SQLite
from nodeselect.explain import audit
from nodeselect.explain.countable import MAX_GROUPS
from nodeselect.inventory import audit_labels, count_labels
from tests.engines import cases
from tests.engines.cases import COLUMNS, Row
from tests.engines.databases import LAYOUTS, NODES, SETUPS, Database
from tests.explain.planted_faults import make_fleet, plant

STATES = ("connected", "Ready", "ready,cordoned", "lost", None)

HINTED: list[Selector | AnyOf] = [
    Selector.parse("zona=a"),
    Selector.parse("a=treu,b in (trueu,a)"),
    Selector.parse("missing=true,x=1_000"),
    Selector.parse("other/gpu"),
    Selector.parse("GPU,a!=a"),
    Selector.of(match_ids=["name 1", "node-1", "none"]),
    Selector.parse("zona=a,x") | Selector.parse("a=treu,x") | Selector.of(match_ids=["name 1"]),
    Selector.of(match_ids=["rando"]),  # the beginning of ids
    Selector.of(match_ids=["123"]),  # has no other case: a list of such ids would be empty
]


def to_nodes(rows: Sequence[Row]) -> list[Node]:
    """Return nodes in the order of the rows, which is that of their ids."""
    return [
        Node(str(row.id), row.present, f"name {at % 7}", STATES[at % 5])
        for at, row in enumerate(rows)
    ]


ROWS = cases.sample(
    sorted(
        (row for row in cases.without_nul(cases.fleet(300)) if row.id and row.id.isprintable()),
        key=lambda row: row.id or "",
    ),
    9,
)

SELECTORS = [*HINTED, *cases.sample(cases.selectors(50), 8)]
INVENTORY = Inventory(to_nodes(ROWS))


# Half of them compare texts without case.
SETUP_NAMES = [
    "postgresql", "postgresql, loose", "postgresql, citext", "duckdb", "duckdb, all without case",
    "sqlite", "sqlite, NOCASE",
]  # fmt: skip


@pytest.fixture(scope="module", params=SETUP_NAMES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with the nodes of all layouts."""
    name = str(request.param)
    of_server = name.startswith("postgresql")
    server = [request.getfixturevalue("postgresql_server")] if of_server else []
    with closing(SETUPS[name].start(*server)) as database:
        load(database, SETUPS[name].collate)
        yield database


def load(database: Database, collate: str) -> None:
    """Create the tables of all layouts, with names and states."""
    database.load(ROWS, collate)
    table, at = database.quote(NODES), database.quote("at")
    for column in ("name", "state"):
        database.run(f"ALTER TABLE {table} ADD COLUMN {column} {database.text_type} {collate}")
    states = " ".join(f"WHEN {at} THEN '{state}'" for at, state in enumerate(STATES) if state)
    values = f"name = 'name ' || ({at} % 7), state = CASE {at} % 5 {states} END"
    database.run(f"UPDATE {table} SET {values}")


@pytest.fixture(params=[*LAYOUTS, "only columns"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nodes(database: Database, layout: str) -> SqlNodes:
    labels, columns = LAYOUTS.get(layout, LAYOUTS["columns of their own"])
    return SqlNodes(
        database.run,
        database.dialect,
        NODES,
        labels=None if layout == "only columns" else labels,
        columns=columns,
        name="name",
        state="state",
    )


@pytest.fixture
def inventory(layout: str) -> Inventory:
    if layout != "only columns":
        return INVENTORY
    only = [
        node.replace(labels={k: v for k, v in node.labels.items() if k in COLUMNS})
        for node in INVENTORY
    ]
    return Inventory(only)


def test_explanations(nodes: SqlNodes, inventory: Inventory) -> None:
    for at, selector in enumerate(SELECTORS):
        states = ["READY", "lost"] if at % 3 else None
        expected = inventory.explain(selector, states=states)
        assert nodes.explain(selector, states=states) == expected, selector


def test_sets(nodes: SqlNodes, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set has the nodes, ids, states and labels of that of an inventory."""
    monkeypatch.setattr("nodeselect.engines.sql.nodes._LONG_BATCH", 2)
    texts = ["a", "!a", "a=a", "a in (a,b),!gpu", "missing"]
    selectors = [Selector.everything(), *map(Selector.parse, texts)]
    for selector in selectors:
        found, expected = nodes.match(selector), inventory.match(selector)
        assert len(found) == len(expected)
        assert list(found) == list(expected)
        assert found.ids() == expected.ids()
        assert found.first(3) == expected.first(3)
        assert list(found.state_counts().items()) == list(expected.state_counts().items())
        assert found.label_counts() == expected.label_counts()
        assert count_labels(found) == count_labels(expected)
        assert (
            found.in_states({"READY", "lost"}).ids() == expected.in_states({"READY", "lost"}).ids()
        )
        sample = found.sample(5)
        assert {node.id for node in sample} <= set(expected.ids())
        assert len({node.id for node in sample}) == min(5, len(expected))
        assert sorted(sample, key=lambda node: node.id) == sample
        for key in ("a", 'a"b', "missing"):
            assert list(found.value_counts(key).items()) == list(expected.value_counts(key).items())
        for values in (0, 1, 3):
            assert count_labels(found, values=values) == count_labels(expected, values=values)
        for wrong, error in ((-1, ValueError), (1.5, TypeError), ("1) OR (1=1", TypeError)):
            for nodes_of in (found, expected, list(expected)):
                with pytest.raises(error, match="values must"):
                    count_labels(nodes_of, values=wrong)  # type: ignore[arg-type]
        assert audit_labels(found) == audit_labels(expected)
    one, other = selectors[1], selectors[3]
    a, b = nodes.match(one), nodes.match(other)
    c, d = inventory.match(one), inventory.match(other)
    assert [(a | b).ids(), (a & b).ids(), (a - b).ids(), ((a | b) - a).ids()] == [
        (c | d).ids(),
        (c & d).ids(),
        (c - d).ids(),
        ((c | d) - c).ids(),
    ]


@pytest.mark.parametrize("name", ["postgresql", "duckdb", "sqlite"])
def test_audits(
    name: str, start: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit finds the mistakes that it finds in an inventory, and reports the same limits."""
    random = Random(5)
    fleet = make_fleet(random, 300)
    plant(random, fleet)
    odd = {'x"/site': "paris-01", "Rack": "r01", "x.io/gpu": "nvidia", "missing": ""}
    rows = [Row(f"n-{at:03}", labels | (odd if at == 7 else {})) for at, labels in enumerate(fleet)]
    inventory = Inventory(to_nodes(rows))
    database = start(name)
    database.load(rows)
    for layout, (labels, columns) in LAYOUTS.items():
        nodes = SqlNodes(database.run, name, NODES, labels=labels, columns=columns)
        for words in (10_000, 36, 10):
            monkeypatch.setattr(audit, "_MAX_WORDS", words)
            found = audit_labels(nodes)
            assert found == audit_labels(inventory), layout
            assert found.findings
            assert bool(found.unchecked) == (words < 100)
            assert found.keys_checked == (words > 10)
        selector = Selector.parse("region in (eu-west,eu-central)")
        assert audit_labels(nodes.match(selector)) == audit_labels(inventory.match(selector))


def small(nodes: list[Node]) -> tuple[SqlNodes, list[str]]:
    """Return nodes in SQLite, and the list of the queries that are run."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id TEXT, labels TEXT, name TEXT, state TEXT)")
    rows = [(node.id, json.dumps(dict(node.labels)), node.name, node.state) for node in nodes]
    connection.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", rows)
    queries: list[str] = []

    def execute(query: str) -> sqlite3.Cursor:
        queries.append(query)
        return connection.execute(query)

    return SqlNodes(execute, "sqlite", name="name", state="state"), queries


def test_an_audit_of_many_similar_keys() -> None:
    """The number of its queries does not depend on the number of findings."""
    usual = [Node(f"n-{at:03}", {"x.io/gpu": "t4", "region": "eu-west"}) for at in range(500)]
    rare = [{f"regio{'n' * at}": "eu-west", f"{at}.io/gpu": "t4"} for at in range(2, 60)]
    fleet = [*usual, *(Node(f"rare-{at:02}", labels) for at, labels in enumerate(rare))]
    fleet.append(Node("value", {"region": "eu_west"}))
    nodes, queries = small(fleet)
    found = audit_labels(nodes)
    assert found == audit_labels(Inventory(fleet))
    assert len(found.findings) > 50
    assert (
        len(queries) == 5
    )  # of all labels, of pairs of keys, of ids by key and by value, of nodes


@pytest.mark.parametrize("text", ["k=production", "k!=production", "k in (production,x)", "r=b"])
def test_values_that_few_nodes_have(text: str) -> None:
    """Such a value gets the same hint as in an inventory."""
    fleet = [Node(f"n-{at:02}", {"k": "prod", "r": str(at)}) for at in range(40)]
    fleet += [Node("n-40", {"k": "production", "r": "b"}), Node("n-41", {"k": "x"})]
    explanation = small(fleet)[0].explain(Selector.parse(text))
    assert explanation == Inventory(fleet).explain(Selector.parse(text))
    assert len(explanation.hints) == (text != "r=b")


def test_keys_that_are_no_path() -> None:
    """Keys with quotes and backslashes, which no selector can have, are counted and suggested."""
    keys = ['a"b/disk', "a\\b/disk", "a'b/disk", '"; DROP TABLE nodes; --/disk', "disk"]
    for size in range(1, len(keys)):
        fleet = [Node(f"n-{at}", {keys[at % size]: "ssd"}) for at in range(5)]
        nodes, _ = small(fleet)
        for text in ("x/disk=sdd", "x/disk", "disc=ssd", "y=ssd"):
            selector = Selector.parse(text)
            assert nodes.explain(selector) == Inventory(fleet).explain(selector)


def test_many_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    """More requirements than an integer has bits are counted in several integers."""
    monkeypatch.setattr(sql_nodes, "_FIRST_NODES", 5)
    fleet = [
        Node(f"n-{at:03}", {f"k{key}": "" for key in range(130) if key % 7 != at % 9})
        for at in range(40)
    ]
    nodes, _ = small(fleet)
    for count in (59, 60, 61, 120, 121, 130):
        selector = Selector.parse(",".join(f"k{at}" for at in range(count)))
        assert nodes.explain(selector) == Inventory(fleet).explain(selector)


def test_values_are_counted_with_the_groups(start: Callable[[str], Database]) -> None:
    """One pass counts what fails, and the values in lists; others are read for rare ones only."""
    rows = [
        Row(f"n-{at:04}", {"rack": f"r{at:04}", "half": "ab"[at % 2], "zone": "eu-west"})
        for at in range(1_100)
    ]
    rows += [Row(f"x-{at}", {"zone": "eu_west", "rack": "R7"} if at else None) for at in range(5)]
    inventory = Inventory(Node(str(row.id), row.present) for row in rows)
    database = start("duckdb")
    database.load(rows)
    queries: list[str] = []

    def run(query: str) -> Any:
        queries.append(query)
        return database.run(query)

    for labels, columns in LAYOUTS.values():
        nodes = SqlNodes(run, "duckdb", NODES, labels=labels, columns=columns)
        for text, count in [
            ("half in (a,b),zone=eu-west", 0),
            ("zone in (eu-west,none),!gpu", 1),
            ("zone in (eu-west,eu_west)", 1),
            ("zone=eu_west", 1),
            ("rack in (r0005,R0007)", 1),
        ]:
            queries.clear()
            selector = Selector.parse(text)
            expected = inventory.explain(selector)
            notes = (each.note for each in expected.requirements)
            kept = [note and (None if "which all others" in note else note) for note in notes]
            pairs = zip(expected.requirements, kept, strict=True)
            results = (each._replace(note=note) for each, note in pairs)
            # To find which nodes lack a label, a database would need more queries.
            expected = expected._replace(requirements=tuple(results))
            assert nodes.explain(selector) == expected, text
            if not isinstance(labels, LongTable):
                read = sum(query.startswith("SELECT label_value") for query in queries)
                assert read == count, text


class _ReadsAllIds(SQLite):
    id_sample = "{} IS NOT NULL AND {} > 0"


def test_the_bound_of_first_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept for the next explanations, and found anew if many lower ids have been added."""
    monkeypatch.setattr(sql_nodes, "_FIRST_NODES", sql_nodes._ID_SAMPLE)
    monkeypatch.setattr(sql_nodes, "_MAX_FIRST_NODES", 4)
    in_sqlite, queries = small([Node(f"z-{at}", {"gpu": "t4"}) for at in range(9)])
    nodes = SqlNodes(in_sqlite._table.execute, _ReadsAllIds())
    selector = Selector.parse("gpu=t4") | Selector.parse("gpu,!on")
    is_found = []
    for prefix in "yxwv":
        queries.clear()
        assert nodes.explain(selector, examples=1).matched == len(nodes)
        assert sum("<=" in query for query in queries) == 1  # not for the selectors of the AnyOf
        is_found.append(any("max(" in query for query in queries))
        for at in range(5):
            lower = f"SELECT '{prefix}-{at}', labels FROM nodes WHERE id = 'z-0'"
            nodes._table.execute(f"INSERT INTO nodes (id, labels) {lower}")
    assert is_found == [True, False, True, False]


def test_limits_of_counts() -> None:
    """Keys and values are counted up to a limit, without keys that have their own columns."""
    nodes, _ = small([Node(f"n-{at}", dict.fromkeys("abcd", str(at))) for at in range(3)])
    own = SqlNodes(nodes._table.execute, "sqlite", columns={"a": "name", "b": "state"})
    for table, keys in ((nodes._table, "abcd"), (own._table, "cd")):
        counts = sql_nodes.SqlCounts(table)
        assert counts.key_counts(len(keys)) == dict.fromkeys(keys, 3)
        assert counts.key_counts(len(keys) - 1) is counts.value_counts("c", 2) is None
        assert counts.value_counts("c", 3) == {"0": 1, "1": 1, "2": 1}
        assert counts.keys_with_value("1", ["c", "x"]) == {"c": 1}


def test_many_groups() -> None:
    """Of more groups than an inventory keeps, the largest are kept, and all nodes are counted."""
    fleet = [
        Node(f"n-{at:03}", {f"k{key}": "" for key in range(10) if at >> key & 1})
        for at in range(900)
    ]
    nodes, _ = small(fleet)
    explanation = nodes.explain(Selector.parse(",".join(f"k{at}" for at in range(10))))
    several = [reason for reason in explanation.reasons if len(reason.failed) > 1]
    assert len(several) == MAX_GROUPS
    listed = explanation.matched + sum(reason.nodes for reason in explanation.reasons)
    assert explanation.other_reasons == explanation.total - listed > 0


def test_queries() -> None:
    """All nodes are counted by one query; the examples take one or two more; suggestions a few."""
    fleet = [Node(f"n-{at:02}", {"gpu": "t4", "rack": str(at % 3)}) for at in range(30)]
    nodes, queries = small(fleet)
    for text, examples, count in [
        ("gpu,rack=1", 3, 2),
        ("gpu,rack=1", 1, 2),
        ("gpu,rack=1,zone!=a", 0, 2),
        ("gpu", 3, 1),
    ]:
        queries.clear()
        nodes.explain(Selector.parse(text), examples=examples)
        assert len(queries) == count, (text, queries)
    queries.clear()
    nodes.explain(Selector.parse("gpu=t4,rack!=1") | Selector.parse("gpu=t4,!zone"), examples=0)
    assert sum("failed0" in query for query in queries) == 3
    queries.clear()
    nodes.explain(Selector.of(match_ids=[f"none-{at}" for at in range(1_000)]))
    assert len(queries) < 20


@pytest.mark.parametrize("first_nodes", [1, 2, 5])
def test_examples_behind_the_first_nodes(first_nodes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples and nearest nodes are the first ones, also if they are not among the first nodes."""
    monkeypatch.setattr(sql_nodes, "_FIRST_NODES", first_nodes)
    fleet = [
        Node(f"n-{at:02}", {f"k{key}": "" for key in range(4) if at * 7 % 16 >> key & 1})
        for at in range(40)
    ]
    nodes, queries = small(fleet)
    for text in ("k0", "k0,k1", "k0,!k1,k2", "k0,k1,k2,k3", "k4,k0", "!k0,!k1"):
        for examples in (1, 3, 7):
            queries.clear()
            expected = Inventory(fleet).explain(Selector.parse(text), examples=examples)
            assert nodes.explain(Selector.parse(text), examples=examples) == expected
            read = [query for query in queries if "row_number()" in query]
            assert len(read) == 1
    monkeypatch.setattr(sql_nodes, "_MORE_NODES", 30)
    for text, rest in (("k0,k1", 0), ("k0,k1,k2,k3", 1)):  # the first 30 have enough of each group
        queries.clear()
        expected = Inventory(fleet).explain(Selector.parse(text))
        assert nodes.explain(Selector.parse(text)) == expected
        assert sum("LIMIT 30" in query for query in queries) == 1
        assert sum("row_number()" in query for query in queries) == rest


def test_invalid_rows() -> None:
    """Rows that are no nodes are an error with their id; a label that is null is absent."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id, labels)")
    mistakes = {"[1]": "labels are not a map", "{": "labels are not a map", '{"a": 1}': "'a'"}
    for labels, message in mistakes.items():
        connection.execute("DELETE FROM nodes")
        connection.execute("INSERT INTO nodes VALUES ('n-1', ?)", [labels])
        with pytest.raises(InventoryError, match=message) as caught:
            list(SqlNodes(connection.execute, "sqlite"))
        assert "n-1" in str(caught.value)
    connection.execute("""UPDATE nodes SET labels = '{"a": null, "b": ""}'""")
    assert list(SqlNodes(connection.execute, "sqlite")) == [Node("n-1", {"b": ""})]
    assert SqlNodes(connection.execute, "sqlite")["n-1"].labels == {"b": ""}
    assert "n-2" not in SqlNodes(connection.execute, "sqlite")


@pytest.mark.parametrize("value", [None, 7])
def test_invalid_ids(value: object) -> None:
    """An id that is NULL or a number is an error for whoever reads ids, and counts as a node."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id, labels TEXT)")
    connection.execute("INSERT INTO nodes VALUES ('n-1', '{}'), (?, '{}')", [value])
    for labels in ("labels", LongTable("nodes", "id", "labels", "labels")):
        nodes = SqlNodes(connection.execute, "sqlite", labels=labels)
        reading: list[Callable[[], object]] = [
            nodes.ids,
            lambda: list(nodes),  # noqa: B023
            lambda: nodes.explain(Selector.parse("gpu")),  # noqa: B023
        ]
        for read in reading:
            with pytest.raises(InventoryError, match=f"the id of a node is (NULL|'{value}'), not"):
                read()
        assert nodes.explain(Selector.parse("gpu"), examples=0).total == 2


def create(database: Database, columns: str) -> None:
    """Create the table ``typed`` anew."""
    database.run("DROP TABLE IF EXISTS typed")
    database.run(f"CREATE TABLE typed ({columns})")


def test_numbers_as_labels() -> None:
    """A number among labels, names or states is an error for whoever reads them."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id TEXT, labels TEXT, cores INTEGER)")
    rows = [("n-1", '{"cores": 8}', 8), ("n-2", '{"cores": "8"}', 9)]
    connection.executemany("INSERT INTO nodes VALUES (?, ?, ?)", rows)
    nodes = SqlNodes(connection.execute, "sqlite", state="cores")
    own = SqlNodes(connection.execute, "sqlite", labels=None, columns={"cores": "cores"})
    everything = nodes.match(Selector.everything())
    reading: list[Callable[[], object]] = [
        everything.label_counts,
        everything.state_counts,
        lambda: everything.value_counts("cores"),
        own.match(Selector.everything()).label_counts,
        lambda: own.explain(Selector.parse("cores=7")),
        lambda: nodes.explain(Selector.everything()),
    ]
    for read in reading:
        with pytest.raises(InventoryError, match=r"a state is '[89]', not a text"):
            read()


def test_duplicate_keys() -> None:
    """SQLite keeps both labels: a node is not read, and the documented constraint rejects it."""
    connection = sqlite3.connect(":memory:")
    check = "CHECK (json(labels) = json_patch('{}', labels))"
    connection.execute(f"CREATE TABLE checked (id TEXT, labels TEXT {check})")
    connection.execute("CREATE TABLE nodes (id TEXT, labels TEXT)")
    for labels in (' {"gpu": "t4", "a": ""}', "{}", None, '{"gpu": "t4", "gpu": "l4"}'):
        connection.execute("INSERT INTO nodes VALUES ('n-1', ?)", [labels])
        inserted = "INSERT INTO checked VALUES ('n-1', ?)", [labels]
        nodes = SqlNodes(connection.execute, "sqlite")
        if labels and "l4" in labels:
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(*inserted)
            with pytest.raises(InventoryError, match="each key occurs once"):
                list(nodes)
        else:
            connection.execute(*inserted)
            assert list(nodes)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_labels_that_are_not_strings(start: Callable[[str], Database], dialect: str) -> None:
    """A label in JSON that is not a string is present, and no condition matches a value of it."""
    many = ",".join(map(str, range(8, 30)))
    database = start(dialect)
    create(database, f"id TEXT, labels {database.labels_type}")
    for at, value in enumerate(["8", "true", '["8"]', '{"a": "8"}', '"8"']):
        database.run(f"""INSERT INTO typed VALUES ('n-{at}', '{{"cores": {value}}}')""")
    database.run("""INSERT INTO typed VALUES ('n-5', '["cores"]'), ('n-6', NULL)""")
    for text, ids in {
        "cores": "01234",
        "!cores": "56",
        "cores=8": "4",
        "cores!=8": "012356",
        f"cores in ({many})": "4",
        f"cores notin ({many})": "012356",
        "cores>7": "4",
        "cores<9": "4",
    }.items():
        condition = sql.where(Selector.parse(text), dialect)
        for asked, expected in (
            (condition, ids),
            (f"NOT {condition}", "".join(sorted({*"0123456"} - {*ids}))),
        ):
            found = database.run(f"SELECT id FROM typed WHERE {asked} ORDER BY id")
            assert "".join(node_id[2:] for (node_id,) in found) == expected, asked
    if dialect == "postgresql":  # a count lists the text, as documented; SQLite has an error
        everything = SqlNodes(database.run, dialect, "typed").match(Selector.everything())
        assert everything.value_counts("cores")["8"] == 2


def test_where() -> None:
    """A condition restricts the rows that are nodes, for every method."""
    fleet = [Node(f"n-{at}", {"gpu": str(at % 2)}, state="ready") for at in range(6)]
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id TEXT, labels TEXT, state TEXT, deleted INTEGER)")
    rows = [(node.id, json.dumps(dict(node.labels)), "ready", node.id > "n-3") for node in fleet]
    connection.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", rows)
    nodes = SqlNodes(connection.execute, "sqlite", state="state", where="deleted = 0 OR FALSE")
    inventory = Inventory(fleet[:4])
    selector = Selector.parse("gpu=1")
    assert list(nodes) == list(inventory)
    assert len(nodes) == 4
    assert nodes.explain(selector) == inventory.explain(selector)
    assert nodes.match(selector).label_counts() == inventory.match(selector).label_counts()
    assert nodes.explain_node(selector, "n-1") == inventory.explain_node(selector, "n-1")
    assert len(nodes.match(selector, states={"gone"})) == 0
    for ask in (nodes.match, nodes.explain):
        with pytest.raises(ValueError, match="the state 'raedy'; did you mean 'ready'"):
            ask(selector, states={"raedy"})
    own = SqlNodes(connection.execute, "sqlite", columns={"gpu": "state"})
    assert own.match(Selector.everything()).label_counts() == {"gpu": {"ready": 6}}


def test_sets_of_two_tables() -> None:
    """Sets are of one SqlNodes, and states are several strings."""
    (nodes, _), (other, _) = small([Node("n-1")]), small([Node("n-1")])
    everything = Selector.everything()
    with pytest.raises(ValueError, match="not of the same table"):
        nodes.match(everything) | other.match(everything)
    with pytest.raises(TypeError, match="collection of strings"):
        nodes.match(everything, states="ready")


def test_wrong_arguments() -> None:
    """Arguments are checked as those of an inventory are; a negative limit is not all nodes."""
    nodes, queries = small([Node("n-1")])
    matching = nodes.match(Selector.everything())
    for call in (matching.first, matching.sample):
        with pytest.raises(ValueError, match="n must not be negative"):
            call(-1)
    with pytest.raises(ValueError, match="examples must not be negative"):
        nodes.explain(Selector.everything(), examples=-1)
    methods: list[Callable[[Any], object]] = [nodes.match, nodes.explain]
    for method in methods:
        with pytest.raises(TypeError, match="parse a text with"):
            method("gpu")
    assert 1 not in nodes
    assert queries == []
