"""Selectors as expressions of Polars."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.engines import polars
from nodeselect.engines.polars import _Conditions
from nodeselect.inventory.facets import count_labels
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


@pytest.mark.parametrize("layout", layouts([]))
def test_verdicts(layout: str) -> None:
    """Every row gets the verdict of ``Selector.matches``, whatever the layout; none is NULL."""
    nodes, options = layouts(ROWS)[layout]

    def ask(chosen: Sequence[Selector]) -> Iterable[Sequence[object]]:
        asked = [polars.where(each, **options).alias(str(at)) for at, each in enumerate(chosen)]
        return nodes.select(asked).iter_rows()

    verdicts = cases.check(cases.sample(cases.selectors(100), 2), ROWS, ask)
    assert verdicts.wrong == []
    assert verdicts.compared > 100_000


def _strictly(self: _Conditions, key: str, low: int, high: int) -> pl.Expr:
    return self.value(key).cast(pl.String).cast(pl.Int64).is_between(low, high).fill_null(False)


def _as_float(self: _Conditions, key: str, low: int, high: int) -> pl.Expr:
    number = self.value(key).cast(pl.String).cast(pl.Float64, strict=False)
    return number.is_between(low, high).fill_null(False)


def _unknown_integer(self: _Conditions, key: str, low: int, high: int) -> pl.Expr:
    return self.value(key).cast(pl.String).cast(pl.Int64, strict=False).is_between(low, high)


def _unknown_value(self: _Conditions, key: str, values: Sequence[str]) -> pl.Expr:
    return self.value(key).is_in(list(values))


MUTANTS = {
    "integer_between": (_strictly, _as_float, _unknown_integer),
    "value_in": (_unknown_value,),
}


@pytest.mark.parametrize(
    ("guarded", "mutant"), [(name, each) for name, mutants in MUTANTS.items() for each in mutants]
)
def test_each_guard_is_needed(
    guarded: str, mutant: Callable[..., pl.Expr], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one of its guards, a condition is wrong for some rows, or raises."""
    monkeypatch.setattr(_Conditions, guarded, mutant)
    nodes, options = layouts(ROWS)["map"]

    def ask(chosen: Sequence[Selector]) -> Iterable[Sequence[object]]:
        asked = [polars.where(each, **options).alias(str(at)) for at, each in enumerate(chosen)]
        return nodes.select(asked).iter_rows()

    try:
        verdicts = cases.check(cases.selectors(100)[::4], ROWS, ask)
    except pl.exceptions.PolarsError:
        return
    assert verdicts.wrong


def test_a_constant_is_an_answer_for_each_row() -> None:
    """A selector without a condition, or that nothing can match, has an answer for each row."""
    nodes = pl.DataFrame({"id": ["n-1", "n-2"]})
    for selector, answer in ((Selector.everything(), True), (Selector.nothing(), False)):
        condition = polars.where(selector, labels=None)
        assert nodes.select(condition).to_series().to_list() == [answer, answer]
        assert nodes.lazy().filter(condition).collect().height == 2 * answer
    unknown = polars.where(Selector.parse("!unknown"), labels=None)
    assert nodes.select(unknown).to_series().to_list() == [True, True]


def explained(layout: str) -> tuple[pl.DataFrame, Inventory, dict[str, Any]]:
    """Return nodes with names and states in one layout, in an inventory, and the arguments."""
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
    return nodes, inventory, options


@pytest.mark.parametrize("layout", layouts([]))
def test_explanations(layout: str) -> None:
    """An explanation equals that of an inventory, with its hints and examples."""
    nodes, inventory, options = explained(layout)
    for selector in [*cases.sample(cases.selectors(0), 8), *HINTED]:
        explanation = polars.explain(nodes, selector, name="name", state="state", **options)
        assert explanation == inventory.explain(selector), selector


def test_states_that_are_equally_frequent() -> None:
    """The states are always in the same order: none is before the empty one."""
    nodes = pl.DataFrame({"id": list("abcdefgh"), "state": ["", None, "b", "a"] * 2})
    for _ in range(30):
        explanation = polars.explain(nodes, Selector.everything(), labels=None, state="state")
        assert list(explanation.states) == [None, "", "a", "b"]


def test_more_groups_than_are_kept() -> None:
    """Of too many groups, only nodes that fail one requirement are nearest, as in an inventory."""
    keys = [f"k{key}" for key in range(11)]
    selector = Selector.parse(",".join(keys))
    for fewest in (1, 2):
        bits = [at for at in range(1 << 11) if at.bit_count() <= 11 - fewest][-900:]
        fleet = [
            Node(f"n-{at}", {key: "" for bit, key in enumerate(keys) if at >> bit & 1})
            for at in bits
        ]
        columns = {key: [node.labels.get(key) for node in fleet] for key in keys}
        nodes = pl.DataFrame({"id": [node.id for node in fleet], **columns})
        own = {key: key for key in keys}
        explanation = polars.explain(nodes, selector, labels=None, columns=own)
        assert explanation.nearest == Inventory(fleet).explain(selector).nearest
        assert bool(explanation.nearest) == (fewest == 1)


@pytest.mark.parametrize("layout", layouts([]))
def test_facets(layout: str) -> None:
    """The counts of labels and states are those of an inventory, also of some nodes only."""
    nodes, inventory, options = explained(layout)
    given = {name: value for name, value in options.items() if name != "id"}
    assert polars.facets(nodes, state="state", **given) == count_labels(
        inventory.match(Selector.everything())
    )
    selector = Selector.parse("a,b!=a")
    matching = nodes.filter(polars.where(selector, **options))
    expected = count_labels(inventory.match(selector))
    assert polars.facets(matching.lazy(), **given) == expected._replace(connected=None)


def test_an_empty_frame() -> None:
    """No rows are explained as no nodes are, and have no labels."""
    empty = to_map(frame([], COLUMNS))
    for selector in (Selector.everything(), Selector.parse("a=b,!gpu")):
        assert polars.explain(empty, selector) == Inventory().explain(selector)
    assert polars.facets(empty) == count_labels([])


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
    for condition in (polars.where(selector, columns={"k": "k"}), polars.where(selector)):
        for query in (nodes.filter, nodes.select, nodes.lazy().filter):
            with pytest.raises(pl.exceptions.InvalidOperationError, match="cannot "):
                query(condition).lazy().collect()


@pytest.mark.parametrize("type_", NOT_TEXTS, ids=str)
def test_columns_that_are_not_texts(type_: pl.DataType) -> None:
    """A column of another type is an error of an explanation, whatever it is for."""
    nodes = to_map(frame([], {})).with_columns(other=pl.lit(None, type_))
    selector = Selector.everything()
    mistakes: dict[str, dict[str, Any]] = {
        "the ids": {"id": "other"},
        "the names": {"name": "other"},
        "the states": {"state": "other"},
        "the label 'gpu'": {"columns": {"gpu": "other"}},
    }
    if type_ != pl.Map:
        mistakes["all labels"] = {"labels": "other"}
    for role, arguments in mistakes.items():
        with pytest.raises(InventoryError, match=f"the column with {role} has the type ") as caught:
            polars.explain(nodes, selector, **arguments)
        assert caught.value.code == "invalid-column"
        if arguments.keys() <= {"labels", "columns", "state"}:
            with pytest.raises(InventoryError, match=f"the column with {role} has the type "):
                polars.facets(nodes.lazy(), **arguments)
    ids = polars.where(Selector.of(match_ids=["8"]), id="other")
    with pytest.raises(pl.exceptions.InvalidOperationError, match="cannot "):
        nodes.filter(ids)


def test_a_map_of_numbers() -> None:
    """Labels that are numbers are an error of an explanation."""
    nodes = pl.DataFrame({"id": ["n-1"], "labels": [[{"key": "cores", "value": 8}]]})
    with pytest.raises(
        InventoryError, match=r"the type Map\(String, Int64\), not Map\(String, Str"
    ):
        polars.explain(to_map(nodes), Selector.parse("cores"))
    with pytest.raises(InventoryError, match="the type List") as caught:
        polars.explain(nodes, Selector.parse("cores"))
    assert "list.to_map()" in str(caught.value)


def test_a_column_without_values() -> None:
    """A label that no node has may have a column of no type."""
    nodes = pl.DataFrame({"id": ["n-1", "n-2"], "gpu": [None, None]})
    condition = polars.where(Selector.parse("!gpu"), labels=None, columns={"gpu": "gpu"})
    assert nodes.filter(condition).height == 2
    explanation = polars.explain(nodes, Selector.parse("gpu"), labels=None, columns={"gpu": "gpu"})
    assert explanation.total == 2


@pytest.mark.parametrize("argument", [("n", "labels"), 7, pl.Series(["a"])], ids=str)
def test_what_is_not_a_column(argument: Any) -> None:
    """A path, a number or a series in place of a column is an error."""
    for options in ({"labels": argument}, {"id": argument}, {"columns": {"a": argument}}):
        with pytest.raises(TypeError, match="neither the name of a column nor an expression"):
            polars.where(Selector.parse("a"), **options)
