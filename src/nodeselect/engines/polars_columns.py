"""The types of the columns of a frame, checked before they give wrong answers."""

from collections.abc import Mapping

import polars as pl

from nodeselect.errors import InventoryError

ALL_LABELS = "all labels"
"""What the column of all labels is for."""

# A column of the type Null has no values.
_TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Null)


def check_columns(frame: pl.LazyFrame, by_role: Mapping[str, pl.Expr | None]) -> None:
    """Check that columns are of texts, without reading a row.

    :param by_role: each column under words for what it contains, such as ``the ids``.
    :raises InventoryError: with the code ``invalid-column``.
    """
    columns = {role: column for role, column in by_role.items() if column is not None}
    for role, found in frame.select(**columns).collect_schema().items():
        wanted, hint = "text", "cast it: pl.col(…).cast(pl.String)"
        is_valid = found in _TEXTS
        if role == ALL_LABELS:
            wanted, hint = "Map(String, String)", "pl.col(…).list.to_map() makes a map of a list"
            is_valid = isinstance(found, pl.Map) and found.key in _TEXTS and found.value in _TEXTS
        if not is_valid:
            message = f"the column with {role} has the type {found}, not {wanted}"
            raise InventoryError("invalid-column", message, hint=hint)


def is_text(value: pl.Expr) -> pl.Expr:
    """Return a condition that is true if ``value`` is a text; otherwise a query with it raises.

    Polars compares types while it plans a query: no row is read.
    """
    return ~pl.lit(["a text"]).list.contains(pl.lit(None).cast(pl.dtype_of(value)))
