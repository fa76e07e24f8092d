"""Selectors as expressions of Polars."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.engines import polars
from tests.engines import cases
from tests.engines.cases import COLUMNS, Row

HINTED = [
    Selector.parse("zona=a"),
    Selector.parse("a=treu,b in (trueu,a)"),
    Selector.parse("missing=true,x=1_000"),
    Selector.of(match_ids=["name-1", "node-1", "none"]),
    Selector.of(match_ids=["nod"]),
    Selector.parse("name in (none,name-3)"),
]

LIST = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))


def frame(rows: Iterable[Row], columns: Mapping[str, str]) -> pl.DataFrame:
    """Return rows with a map of all labels, and a column for each of ``columns``."""
    rows = list(rows)
    entries = [
        None if row.labels is None else [{"key": k, "value": v} for k, v in row.labels.items()]
        for row in rows
    ]
    own = {
        column: pl.Series([row.present.get(key) for row in rows], dtype=pl.String)
        for key, column in columns.items()
    }
    ids = pl.Series([row.id for row in rows], dtype=pl.String)
    return pl.DataFrame({"id": ids, "labels": pl.Series(entries, dtype=LIST)} | own)


ROWS = cases.fleet(300)
ROWS_OF_NODES = [row for row in ROWS if row.id and row.id.isprintable()]


def to_map(nodes: pl.DataFrame) -> pl.DataFrame:
    return nodes.with_columns(pl.col("labels").list.to_map())


def layouts(rows: Sequence[Row]) -> dict[str, tuple[pl.DataFrame, dict[str, Any]]]:
    """Return the rows in each layout, and the arguments that describe it."""
    nodes = frame(rows, COLUMNS)
    own = pl.col(list(COLUMNS.values()))
    values = {value: None for row in rows for value in row.present.values()}
    return {
        "map": (to_map(nodes), {}),
        "list of structs": (nodes, {"labels": pl.col("labels").list.to_map()}),
        "map beside columns": (to_map(nodes), {"columns": COLUMNS}),
        "categories": (
            to_map(nodes.with_columns(own.cast(pl.Categorical))),
            {"columns": COLUMNS},
        ),
        "enum": (to_map(nodes.with_columns(own.cast(pl.Enum(list(values))))), {"columns": COLUMNS}),
        "struct beside a map": (
            to_map(nodes).select("id", "labels", own=pl.struct(own)),
            {
                "columns": {
                    key: pl.col("own").struct.field(column) for key, column in COLUMNS.items()
                }
            },
        ),
    }


@pytest.mark.parametrize("layout", layouts([]))
def test_verdicts(layout: str) -> None:
    """Every row gets the verdict of ``Selector.matches``, whatever the layout; none is NULL."""
    nodes, options = layouts(ROWS)[layout]

    def ask(chosen: Sequence[Selector]) -> Iterable[Sequence[object]]:
        asked = [polars.where(each, **options).alias(str(at)) for at, each in enumerate(chosen)]
        return nodes.select(asked).iter_rows()

    verdicts = cases.check(cases.selectors(300), ROWS, ask)
    assert verdicts.wrong == []
    assert verdicts.compared > 100_000


@pytest.mark.parametrize("layout", layouts([]))
def test_explanations(layout: str) -> None:
    """An explanation equals that of an inventory, with its hints and examples."""
    states = ["connected", "Ready", "lost", None]
    rows = [row for row in ROWS if row.id and row.id.isprintable()]
    named = [
        Node(row.id, row.present, f"name-{at % 7}", states[at % 4])
        for at, row in enumerate(rows)
        if row.id
    ]
    inventory = Inventory(named)
    nodes, options = layouts(rows)[layout]
    nodes = nodes.with_columns(
        state=pl.Series([node.state for node in named], dtype=pl.Categorical),
        name=pl.Series([node.name for node in named]),
    )
    for selector in [*cases.selectors(0), *HINTED]:
        explanation = polars.explain(nodes, selector, name="name", state="state", **options)
        assert explanation == inventory.explain(selector), selector
