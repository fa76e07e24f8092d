"""Convert selectors and placements to Spark columns, and explain them. Needs ``pyspark``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from nodeselect.engines import sql
from nodeselect.engines.sql import LongTable, SqlNodes
from nodeselect.engines.sql.text import Name
from nodeselect.placement import Placement
from nodeselect.selectors import AnyOf, Selector

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["nodes", "where"]


def where(
    selector: Selector | AnyOf | Placement,
    *,
    labels: Name | LongTable | None = "labels",
    id: Name | None = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
    taints: Name | None = None,
    resources: Name | None = None,
) -> "Column":
    """Return a column that is true for the nodes ``selector`` matches. It is never NULL.

    In ``nodes.filter(where(selector))``, Spark pushes conditions on columns down to the files, but
    not conditions on a map. More than 500 ids become a broadcast join. Spark Connect works, too.

    The parameters are those of :func:`nodeselect.engines.sql.where`.
    """
    try:
        from pyspark.sql import functions
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "nodeselect.engines.spark needs PySpark: pip install 'nodeselect[spark]'"
        ) from error
    text = sql.where(
        selector, "spark",
        labels=labels, id=id, columns=columns, taints=taints, resources=resources,
    )  # fmt: skip
    return functions.expr(text)


@contextmanager
def nodes(
    frame: "DataFrame",
    *,
    labels: Name | LongTable | None = "labels",
    id: Name = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
    name: Name | None = None,
    state: Name | None = None,
    taints: Name | None = None,
    resources: Name | None = None,
) -> Iterator[SqlNodes]:
    """Open a data frame as nodes with the methods of an inventory, such as ``explain``.

    For example, ``with nodes(frame) as fleet: print(fleet.explain(selector))``. During the ``with``
    block, there is a temporary view of the frame in its Spark session.

    The other parameters are those of :class:`~nodeselect.engines.sql.nodes.SqlNodes`.
    """
    session, view = frame.sparkSession, f"nodeselect_{uuid4().hex}"
    frame.createOrReplaceTempView(view)
    try:
        yield SqlNodes(
            lambda query: session.sql(query).collect(), "spark", view, labels=labels, id=id,
            columns=columns, name=name, state=state, taints=taints, resources=resources,
        )  # fmt: skip
    finally:
        session.catalog.dropTempView(view)
