"""A service that answers which nodes of a database match a selector, and why the others do not.

    export DATABASE_URL=postgresql+psycopg:///fleet
    python -c 'from serve_nodes import *; Base.metadata.create_all(engine)'  # if there is no table
    uvicorn serve_nodes:app
    curl 'localhost:8000/nodes?selector=region=eu,gpu>2&limit=10'
    curl 'localhost:8000/explanation?selector=region=eu,gpu>2'

It needs ``nodeselect[sql]``, FastAPI, uvicorn and a driver of the database.
"""

import os
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from sqlalchemy import JSON, Connection, create_engine, event, func, make_url, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from nodeselect import Selector, SelectorError
from nodeselect.engines.sqlalchemy import nodes, where


class Base(DeclarativeBase):
    """The tables of the fleet."""


class NodeRow(Base):
    """A node: one label has a column of its own, the others are in one column."""

    __tablename__ = "nodes"

    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str | None]
    region: Mapped[str | None] = mapped_column(index=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))


url = make_url(os.environ.get("DATABASE_URL", "sqlite:///fleet.db"))
is_sqlite = url.get_backend_name() == "sqlite"
# All queries of an answer see the same moment.
engine = create_engine(url, isolation_level="SERIALIZABLE" if is_sqlite else "REPEATABLE READ")
app = FastAPI()


@event.listens_for(engine, "begin")
def begin(connection: Connection) -> None:
    """Begin a transaction: the driver of SQLite does so only before a write."""
    if is_sqlite:
        connection.exec_driver_sql("BEGIN")


def parse(text: str) -> Selector:
    """Parse the selector of a request; what is wrong with it is the answer."""
    try:
        return Selector.parse(text)
    except SelectorError as error:
        detail = {"code": error.code, "message": str(error), "hint": error.hint}
        raise HTTPException(422, detail) from None


@app.get("/nodes")
def matching_nodes(
    selector: str, limit: Annotated[int, Query(ge=0, le=10_000)] = 100
) -> dict[str, Any]:
    """Return how many connected nodes match, and the ids of the first.

    Nodes in other states are left out; an explanation counts all nodes.
    """
    columns = {"region": NodeRow.region}
    condition = where(parse(selector), labels=NodeRow.labels, id=NodeRow.id, columns=columns)
    matching = select(NodeRow.id).where(condition, NodeRow.state == "connected")
    with Session(engine) as session:
        count = session.scalar(select(func.count()).select_from(matching.subquery()))
        ids = session.scalars(matching.order_by(NodeRow.id).limit(limit)).all()
    return {"state": "connected", "matched": count, "ids": ids}


@app.get("/explanation")
def explanation(selector: str) -> dict[str, Any]:
    """Return why nodes match, and why the others do not."""
    parsed = parse(selector)
    with engine.connect() as connection:
        fleet = nodes(connection, "nodes", columns={"region": "region"}, state="state")
        return fleet.explain(parsed).as_dict()
