"""The questions of ``questions.py`` in other engines, in this process.

All tables have a row a node in inventory order, a column a key, NULL where a node has not the key.
Everything is asked as the documentation of each would have it. Texts and expressions are made
beforehand; that an engine parses a text each time is in its time. Answers of ids are lists of
strings in inventory order, as nodeselect gives them.
"""

import importlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import and_
from pathlib import Path
from typing import Any

from benchmarks.fleet import nodes
from benchmarks.questions import Question
from nodeselect import Operator, Requirement, Selector

Asked = Callable[[], object]
"""A prepared query; calling it returns the answer."""

_KEYS = (
    *("region", "zone", "tier", "environment", "instance-type", "os", "arch", "rack", "team"),
    *("version", "gpu", "debug"),
)

_TOGETHER = 100_000


def _columns(n: int) -> Iterator[tuple[list[str], dict[str, list[str | None]]]]:
    """Yield ids and columns, in batches that need little memory."""
    fleet = nodes(n)
    while some := list(islice(fleet, _TOGETHER)):
        ids = [node_id for node_id, _ in some]
        yield ids, {key: [labels.get(key) for _, labels in some] for key in _KEYS}


class Polars:
    """A data frame of Enum columns. A set is asked for as a Boolean for each node, the least that
    Polars can give."""

    def __init__(self, n: int) -> None:
        """Fill it with the fleet."""
        self._polars: Any = importlib.import_module("polars")
        values: dict[str, set[str | None]] = {key: set() for key in _KEYS}
        for _, labels in nodes(min(n, _TOGETHER)):
            for key, value in labels.items():
                values[key].add(value)
        types = {key: self._polars.Enum(sorted(filter(None, values[key]))) for key in _KEYS}
        frames = [
            self._polars.DataFrame(
                {"id": ids, **columns}, schema={"id": self._polars.String, **types}
            )
            for ids, columns in _columns(n)
        ]
        self._frame = self._polars.concat(frames, rechunk=True)

    def asked(self, question: Question) -> Asked:
        """Make a question ready."""
        pl, frame = self._polars, self._frame
        wanted = self._test(question.selector)
        ways: dict[str, Asked] = {
            "count": lambda: frame.lazy().filter(wanted).select(pl.len()).collect().item(),
            "set": lambda: frame.lazy().select(wanted).collect(),
            "ids": lambda: frame.lazy().filter(wanted).select("id").collect()["id"].to_list(),
            "first": lambda: (
                frame.lazy().filter(wanted).select("id").head(10).collect()["id"].to_list()
            ),
            "facet": lambda: dict(
                frame.lazy()
                .filter(wanted & pl.col("zone").is_not_null())
                .group_by("zone")
                .agg(pl.len())
                .collect()
                .iter_rows()
            ),
        }
        return ways[question.wanted]

    def _test(self, selector: Selector) -> Any:
        tests = [self._requirement(requirement) for requirement in selector.requirements]
        if selector.ids is not None:
            tests.append(self._polars.col("id").is_in(list(selector.ids)))
        return reduce(and_, tests) if tests else self._polars.lit(True)

    def _requirement(self, requirement: Requirement) -> Any:
        column, values = self._polars.col(requirement.key), list(requirement.values)
        match requirement.operator:
            case Operator.EXISTS:
                return column.is_not_null()
            case Operator.DOES_NOT_EXIST:
                return column.is_null()
            case Operator.EQUALS:
                return column == values[0]
            case Operator.NOT_EQUALS:
                return column.ne_missing(values[0])
            case Operator.IN:
                return column.is_in(values)
        raise NotImplementedError(requirement.operator)


class _Tables:
    """What DuckDB and SQLite have in common: the text of a question."""

    # What makes the first rows those that come first in the inventory.
    _order = ""

    def _text(self, question: Question) -> str:
        where = self._where(question.selector)
        return {
            "count": f"SELECT count(*) FROM fleet WHERE {where}",
            "set": f"SELECT place FROM fleet WHERE {where}",
            "ids": f"SELECT id FROM fleet WHERE {where} ORDER BY place",
            "first": f"SELECT id FROM fleet WHERE {where}{self._order} LIMIT 10",
            "facet": f"SELECT zone, count(*) FROM fleet WHERE {where} AND zone IS NOT NULL"
            " GROUP BY zone",
        }[question.wanted]

    def _where(self, selector: Selector) -> str:
        tests = [_sql(requirement) for requirement in selector.requirements]
        if selector.ids is not None:
            tests.append(f"id IN ({_quoted(selector.ids)})")
        return " AND ".join(tests) or "true"


class DuckDB(_Tables):
    """A table of text columns, or of ENUM columns, with a unique index of the ids.

    A scan gives rows as they were put in (``preserve_insertion_order``), so the first need no
    sorting. A set is asked for as the row numbers, in an array, which is faster than a list.
    """

    def __init__(self, file: Path, *, enum: bool) -> None:
        """Read the fleet from its NDJSON."""
        duckdb: Any = importlib.import_module("duckdb")
        self._connection = duckdb.connect()
        execute = self._connection.execute
        execute("SET enable_progress_bar = false")
        fields = ", ".join(f'"{key}" VARCHAR' for key in _KEYS)
        execute(
            "CREATE TABLE read AS SELECT row_number() OVER () - 1 AS place, id, labels.*"
            f" FROM read_json('{file}', format = 'newline_delimited',"
            f" columns = {{id: 'VARCHAR', labels: 'STRUCT({fields})'}})"
        )
        columns = ", ".join(f'"{key}"' for key in _KEYS)
        if enum:
            for key in _KEYS:
                execute(
                    f'CREATE TYPE "enum of {key}" AS ENUM'
                    f' (SELECT DISTINCT "{key}" FROM read WHERE "{key}" IS NOT NULL)'
                )
            columns = ", ".join(f'"{key}"::"enum of {key}" AS "{key}"' for key in _KEYS)
        execute(f"CREATE TABLE fleet AS SELECT place, id, {columns} FROM read ORDER BY place")
        execute("DROP TABLE read")
        execute("CREATE UNIQUE INDEX ids ON fleet (id)")

    def asked(self, question: Question) -> Asked:
        """Make a question ready."""
        execute, text = self._connection.execute, self._text(question)
        ways: dict[str, Asked] = {
            "count": lambda: execute(text).fetchone()[0],
            "set": lambda: execute(text).fetchnumpy(),
            "ids": lambda: [row[0] for row in execute(text).fetchall()],
            "first": lambda: [row[0] for row in execute(text).fetchall()],
            "facet": lambda: dict(execute(text).fetchall()),
        }
        return ways[question.wanted]


class SQLite(_Tables):
    """A table in memory with an index for each column. A set is a list of row numbers."""

    _order = " ORDER BY place"

    def __init__(self, n: int) -> None:
        """Fill it with the fleet."""
        self._connection = sqlite3.connect(":memory:")
        execute = self._connection.execute
        columns = ", ".join(f'"{key}" TEXT' for key in _KEYS)
        execute(f"CREATE TABLE fleet (place INTEGER PRIMARY KEY, id TEXT, {columns})")
        marks = ", ".join("?" * (2 + len(_KEYS)))
        rows = (
            (place, node_id, *(labels.get(key) for key in _KEYS))
            for place, (node_id, labels) in enumerate(nodes(n))
        )
        self._connection.executemany(f"INSERT INTO fleet VALUES ({marks})", rows)
        for key in ("id", *_KEYS):
            execute(f'CREATE INDEX "index of {key}" ON fleet ("{key}")')
        execute("ANALYZE")

    def asked(self, question: Question) -> Asked:
        """Make a question ready."""
        execute, text = self._connection.execute, self._text(question)
        ways: dict[str, Asked] = {
            "count": lambda: execute(text).fetchone()[0],
            "set": lambda: [place for (place,) in execute(text)],
            "ids": lambda: [node_id for (node_id,) in execute(text)],
            "first": lambda: [node_id for (node_id,) in execute(text)],
            "facet": lambda: dict(execute(text).fetchall()),
        }
        return ways[question.wanted]


def _sql(requirement: Requirement) -> str:
    column, values = f'"{requirement.key}"', _quoted(requirement.values)
    match requirement.operator:
        case Operator.EXISTS:
            return f"{column} IS NOT NULL"
        case Operator.DOES_NOT_EXIST:
            return f"{column} IS NULL"
        case Operator.EQUALS:
            return f"{column} = {values}"
        case Operator.NOT_EQUALS:
            return f"{column} IS DISTINCT FROM {values}"
        case Operator.IN:
            return f"{column} IN ({values})"
    raise NotImplementedError(requirement.operator)


def _quoted(texts: Sequence[str]) -> str:
    assert not any("'" in text for text in texts)
    return ", ".join(f"'{text}'" for text in texts)
