"""Convert selectors and placements to Polars expressions. Needs ``polars``."""

from collections.abc import Mapping, Sequence

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "nodeselect.engines.polars needs Polars: pip install 'nodeselect[polars]'"
    ) from error

from nodeselect.engines.conditions import Table, express, required
from nodeselect.placement import Placement
from nodeselect.selectors import AnyOf, Selector

__all__ = ["where"]


def where(
    selector: Selector | AnyOf | Placement,
    *,
    labels: str | pl.Expr | None = "labels",
    id: str | pl.Expr | None = "id",  # noqa: A002
    columns: Mapping[str, str | pl.Expr] | None = None,
    taints: str | pl.Expr | None = None,
    resources: str | pl.Expr | None = None,
) -> pl.Expr:
    """Return an expression that is true for the nodes ``selector`` matches. It is never NULL.

    A query with this expression raises a Polars ``InvalidOperationError`` if one of the columns
    does not contain strings: numbers are not converted to strings.

    >>> nodes = pl.DataFrame({"id": ["n-1", "n-2"], "region": ["eu", None], "gpu": ["2", "4"]})
    >>> columns = {"region": "region", "gpu": "gpu"}
    >>> condition = where(Selector.parse("gpu>1,region!=eu"), labels=None, columns=columns)
    >>> nodes.filter(condition)["id"].to_list()
    ['n-2']

    The parameters are those of :func:`nodeselect.engines.sql.where`. ``labels`` is a ``Map`` of
    strings; a list of structs becomes one by ``pl.col("labels").list.to_map()``. Other columns have
    strings, categories or an enum, or are fields of a struct.

    :raises ValueError: if a column that ``selector`` depends on (``id``, ``taints`` or
        ``resources``) is None.
    """
    conditions = _Conditions(Table(labels, id, columns, taints, resources).convert(_column))
    condition = express(selector, conditions)
    if not condition.meta.root_names():
        # A literal would be one row, not one for each node.
        return (pl.first().is_null() | True) & condition
    return pl.all_horizontal(condition, *map(_is_text, conditions.read.values()))


class _Conditions:
    """Implements :class:`nodeselect.engines.conditions.Conditions` as Polars expressions."""

    def __init__(self, table: Table[pl.Expr]) -> None:
        self._table = table
        # What the conditions read: the values of labels by key and, under None, the id.
        self.read: dict[str | None, pl.Expr] = {}

    @property
    def id(self) -> pl.Expr:
        return self.read.setdefault(None, required(self._table.id, "ids"))

    def value(self, key: str) -> pl.Expr:
        """Return an expression for the value of the label ``key``; NULL if it is absent."""
        labels, columns = self._table.labels, self._table.columns or {}
        if (value := columns.get(key)) is None:
            value = pl.lit(None, pl.String) if labels is None else labels.map.get(key)
        return self.read.setdefault(key, value)

    def has_key(self, key: str) -> pl.Expr:
        return self.value(key).is_not_null()

    def value_in(self, key: str, values: Sequence[str]) -> pl.Expr:
        return _is_in(self.value(key), values)

    def value_not_in(self, key: str, values: Sequence[str]) -> pl.Expr:
        return ~self.value_in(key, values)

    def integer_between(self, key: str, low: int, high: int) -> pl.Expr:
        # To this cast, only an optional sign and digits are an integer; more than 64 bits are NULL.
        # A category would not be cast as its text.
        number = self.value(key).cast(pl.String).cast(pl.Int64, strict=False)
        return number.is_between(low, high).fill_null(False)

    def id_in(self, ids: Sequence[str]) -> pl.Expr:
        return _is_in(self.id, ids)

    def has_id(self) -> pl.Expr:
        return self.id.is_not_null()

    def taint_is(self, field: str, text: str) -> pl.Expr:
        return _is_in(pl.element().struct.field(field).fill_null(""), [text])

    def no_taint(self, condition: pl.Expr) -> pl.Expr:
        taints = required(self._table.taints, "taints")
        return ~taints.list.eval(condition).list.any().fill_null(False)

    def has_amount(self, resource: str, amount: int) -> pl.Expr:
        resources = required(self._table.resources, "resources")
        return resources.is_null() | (resources.map.get(resource).fill_null(0) >= amount)

    def constant(self, value: bool) -> pl.Expr:
        return pl.lit(value)

    def negation(self, condition: pl.Expr) -> pl.Expr:
        return ~condition

    def conjunction(self, conditions: Sequence[pl.Expr]) -> pl.Expr:
        return pl.all_horizontal(conditions)

    def disjunction(self, conditions: Sequence[pl.Expr]) -> pl.Expr:
        return pl.any_horizontal(conditions)


def _is_in(value: pl.Expr, values: Sequence[str]) -> pl.Expr:
    if len(values) == 1:  # never NULL, and ten times faster than a list
        return value.eq_missing(pl.lit(values[0]))
    return value.is_in(list(values)).fill_null(False)


def _is_text(value: pl.Expr) -> pl.Expr:
    """Return an expression that is true if ``value`` is a string column.

    For another type, a query with this expression raises before it reads any row.
    """
    return ~pl.lit(["a text"]).list.contains(pl.lit(None).cast(pl.dtype_of(value)))


def _column(column: str | pl.Expr) -> pl.Expr:
    if isinstance(column, pl.Expr):
        return column
    if not isinstance(column, str):
        raise TypeError(f"{column!r} is neither the name of a column nor an expression of Polars")
    if column == "*" or (column.startswith("^") and column.endswith("$")):
        raise ValueError(f"to Polars, {column!r} is a pattern for names: rename the column")
    return pl.col(column)
