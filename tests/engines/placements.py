"""Nodes with taints and resources, placements for them, and a query for the nodes.

The names of the columns are also used inside the conditions.
"""

import json
import random

from nodeselect import AnyOf, Node, Placement, Selector, Taint, Toleration
from nodeselect.engines.sql.dialects import DIALECTS
from nodeselect.node import EFFECTS

TAINTS, RESOURCES = "taint", "value"

# What it takes to make labels, taints and resources of JSON.
_FROM_JSON = {
    "postgresql": ["CAST({} AS jsonb)"] * 3,
    "sqlite": ["{}"] * 3,
    "duckdb": [
        "from_json({}, '\"MAP(VARCHAR, VARCHAR)\"')",
        'from_json({}, \'[{{"key": "VARCHAR", "value": "VARCHAR", "effect": "VARCHAR"}}]\')',
        "from_json({}, '\"MAP(VARCHAR, BIGINT)\"')",
    ],
    "spark": [
        "from_json({}, 'map<string, string>')",
        "from_json({}, 'array<struct<key: string, value: string, effect: string>>')",
        "from_json({}, 'map<string, bigint>')",
    ],
}

_KEYS = ["gpu", "GPU", "a.b/c", "node.kubernetes.io/unschedulable"]
_OTHER_KEYS = ["gpu ", "it's", "é", "e\u0301", "{0}"]
_VALUES = ["", "x", "X", "null"]
_REQUESTED = ["cpu", "memory", "nvidia.com/gpu", "a.b_C-1"]
_RESOURCES = [*_REQUESTED, 'a"b', "a\\"]
_AMOUNTS = [1, 2, 999, 1000, 2**40, 2**63 - 1]
_SELECTORS = ["", "", "region=eu", "region!=eu", "taint", "!taints", "region>1,region<2"]


def _facts(drawn: random.Random) -> dict[str, object]:
    keys = [*_KEYS, *_OTHER_KEYS] if drawn.random() < 0.2 else _KEYS
    taints = [
        Taint(drawn.choice(keys), drawn.choice(EFFECTS), drawn.choice([*_VALUES, "é", "x "]))
        for _ in range(drawn.choice([0, 0, 1, 1, 2, 3]))
    ]
    names = drawn.sample(_RESOURCES, drawn.choice([0, 2, 4, 5]))
    resources = {name: drawn.choice(_AMOUNTS) for name in names}
    return {
        "taints": None if drawn.random() < 0.2 else taints,
        "resources": None if drawn.random() < 0.2 else resources,
    }


def _nodes(count: int) -> list[Node]:
    """Return nodes in the order of their ids. Labels have the names and values of taints."""
    drawn = random.Random(1)
    forged = json.dumps([{"key": "gpu", "effect": "NoSchedule"}])
    labels = [{}, {"region": "eu"}, {"region": "us"}, {TAINTS: forged, "taints": "", "cpu": "9"}]
    return [
        Node(f"n-{at:04}", drawn.choice(labels), **_facts(drawn))  # type: ignore[arg-type]
        for at in range(count)
    ]


def _toleration(drawn: random.Random) -> Toleration:
    key = drawn.choice(["", *_KEYS])
    operator = drawn.choice(["Equal", "Exists"]) if key else "Exists"
    value = drawn.choice(_VALUES) if operator == "Equal" else ""
    return Toleration(key, operator, value, drawn.choice(["", *EFFECTS]))


def _placements(count: int) -> list[Placement]:
    drawn = random.Random(2)
    either: AnyOf = Selector.parse("region=eu") | Selector.parse("taints")
    return [
        Placement(
            either if drawn.random() < 0.1 else Selector.parse(drawn.choice(_SELECTORS)),
            [_toleration(drawn) for _ in range(drawn.choice([0, 0, 1, 2, 3, 8]))],
            {
                name: drawn.choice(_AMOUNTS)
                for name in drawn.sample(_REQUESTED, drawn.choice([0, 0, 1, 2]))
            },
            ["volumes"] if drawn.random() < 0.1 else [],
        )
        for _ in range(count)
    ]


NODES = _nodes(120)
PLACEMENTS = [Placement(), *_placements(120)]


def query(dialect: str) -> str:
    """Return a query for the nodes, with the columns ``id``, ``labels``, TAINTS and RESOURCES.

    Of the unknown facts in JSON, every second one is the null of JSON.
    """
    quote, literal = DIALECTS[dialect].quote, DIALECTS[dialect].literal
    names = "labels", TAINTS, RESOURCES
    rows = []
    for at, node in enumerate(NODES):
        taints = None if node.taints is None else [_as_json(taint) for taint in node.taints]
        resources = None if node.resources is None else dict(node.resources)
        columns = [f"{literal(node.id)} AS id"]
        for name, value, form in zip(
            names, (dict(node.labels), taints, resources), _FROM_JSON[dialect], strict=True
        ):
            is_null = value is None and (at % 2 or dialect not in ("postgresql", "sqlite"))
            text = "NULL" if is_null else literal(json.dumps(value))
            columns.append(f"{form.format(text)} AS {quote(name)}")
        rows.append(f"SELECT {', '.join(columns)}")
    return " UNION ALL ".join(rows)


def _as_json(taint: Taint) -> dict[str, str]:
    return {name: text for name, text in taint._asdict().items() if text}


def wrong(
    placements: list[Placement], answers: list[tuple[object, ...]]
) -> list[tuple[str, Placement, object]]:
    """Return the answers to ``placements``, for each of ``NODES``, that are not right."""
    assert len(answers) == len(NODES)
    return [
        (node.id, placement, answer)
        for node, row in zip(NODES, answers, strict=True)
        for placement, answer in zip(placements, row, strict=True)
        if answer is None or answer != placement.matches(node)
    ]
