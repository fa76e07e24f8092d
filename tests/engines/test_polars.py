"""Selectors as expressions of Polars."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from nodeselect import AnyOf, Selector
from nodeselect.engines import polars
from tests.engines import cases
from tests.engines.cases import COLUMNS, Row
from tests.thoroughness import at_desk

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


ROWS = cases.sample(cases.fleet(100), 2)


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


def asking(layout: str) -> Callable[[Sequence[Selector | AnyOf]], Iterable[Sequence[object]]]:
    """Return what asks for the answers to selectors, for ``cases.check``."""
    nodes, options = layouts(ROWS)[layout]

    def ask(chosen: Sequence[Selector | AnyOf]) -> Iterable[Sequence[object]]:
        asked = [polars.where(each, **options).alias(str(at)) for at, each in enumerate(chosen)]
        return nodes.select(asked).iter_rows()

    return ask


@pytest.mark.parametrize("layout", layouts([]))
def test_verdicts(layout: str) -> None:
    """Every row gets the verdict of ``Selector.matches``, whatever the layout; none is NULL."""
    verdicts = cases.check(cases.sample(cases.selectors(100), 2), ROWS, asking(layout))
    assert verdicts.wrong == []
    assert verdicts.compared > at_desk(40_000, ci=100_000)


def test_a_constant_is_an_answer_for_each_row() -> None:
    """A selector without a condition, or that nothing can match, has an answer for each row."""
    nodes = pl.DataFrame({"id": ["n-1", "n-2"]})
    for selector, answer in ((Selector.everything(), True), (Selector.nothing(), False)):
        condition = polars.where(selector, labels=None)
        assert nodes.select(condition).to_series().to_list() == [answer, answer]
        assert nodes.lazy().filter(condition).collect().height == 2 * answer
    unknown = polars.where(Selector.parse("!unknown"), labels=None)
    assert nodes.select(unknown).to_series().to_list() == [True, True]


NOT_TEXTS = [
    pl.Int64(), pl.UInt8(), pl.Float64(), pl.Boolean(), pl.Binary(), pl.Date(), pl.Decimal(9, 2),
    pl.List(pl.String), pl.List(pl.Int64), pl.Array(pl.String, 1), pl.Struct({"a": pl.String}),
    pl.Map(pl.String, pl.String),
]  # fmt: skip


@pytest.mark.parametrize("type_", NOT_TEXTS, ids=str)
@pytest.mark.parametrize("text", ["k", "!k", "k=8", "k!=8", "k in (8,9)", "k>1,k!=a"])
def test_conditions_on_columns_that_are_not_texts(type_: pl.DataType, text: str) -> None:
    """Each condition on a label of another type is an error, in a map, too."""
    nodes = pl.DataFrame({"k": pl.Series([None, None], dtype=type_)})
    nodes = nodes.with_columns(
        labels=pl.concat_list(pl.struct(key=pl.lit("k"), value="k")).list.to_map()
    )
    selector = Selector.parse(text)
    ids = polars.where(Selector.of(match_ids=["8"]), id="k")
    for condition in (polars.where(selector, columns={"k": "k"}), polars.where(selector), ids):
        for query in (nodes.filter, nodes.select, nodes.lazy().filter):
            with pytest.raises(pl.exceptions.InvalidOperationError, match="cannot "):
                query(condition).lazy().collect()


def test_a_column_without_values() -> None:
    """A label that no node has may have a column of no type."""
    nodes = pl.DataFrame({"id": ["n-1", "n-2"], "gpu": [None, None]})
    condition = polars.where(Selector.parse("!gpu"), labels=None, columns={"gpu": "gpu"})
    assert nodes.filter(condition).height == 2


@pytest.mark.parametrize("argument", [("n", "labels"), 7, pl.Series(["a"])], ids=str)
def test_what_is_not_a_column(argument: Any) -> None:
    """A path, a number or a series in place of a column is an error."""
    for options in ({"labels": argument}, {"id": argument}, {"columns": {"a": argument}}):
        with pytest.raises(TypeError, match="neither the name of a column nor an expression"):
            polars.where(Selector.parse("a"), **options)
