"""The same question in other tools: how many nodes of an NDJSON file does ``FIVE`` take?

Each is asked as its own documentation would have it, in one process that begins with the file and
ends with the answer. All give the answer of Kubernetes for a node without the key, so
``environment!=prod`` is written as "is distinct from". None of the peers checks what nodeselect
does: ids that come twice, keys that come twice, values that are no strings.
"""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.fleet import FIVE
from benchmarks.process import NODESELECT, PYTHON


class Peer(NamedTuple):
    """One way to the answer."""

    name: str
    """What a table calls it."""
    command: Callable[[str], list[str]]
    """Gives the command for a file."""
    count: Callable[[str], int]
    """Reads the number of nodes from what the command prints."""


_JQ = """
select(
  .labels.region == "us-east"
  and (.labels.tier | . == "premium" or . == "standard")
  and .labels.environment != "prod"
  and (.labels | has("gpu"))
  and (.labels | has("debug") | not)
) | .id
"""

# Reads every label, whatever its key, as nodeselect does.
_DUCKDB_MAP = """
SELECT count(*)
FROM read_json(
  $file, format = 'newline_delimited',
  columns = {id: 'VARCHAR', labels: 'MAP(VARCHAR, VARCHAR)'}
)
WHERE labels['region'] = 'us-east'
  AND labels['tier'] IN ('premium', 'standard')
  AND labels['environment'] IS DISTINCT FROM 'prod'
  AND map_contains(labels, 'gpu')
  AND NOT map_contains(labels, 'debug')
"""

_STRUCT_TEST = """
WHERE labels.region = 'us-east'
  AND labels.tier IN ('premium', 'standard')
  AND labels.environment IS DISTINCT FROM 'prod'
  AND labels.gpu IS NOT NULL
  AND labels.debug IS NULL
"""

# Looks at some 20,000 lines first, and makes a column of each key it has seen there. A key that
# comes later only is an error or is lost.
_DUCKDB_AUTO = f"SELECT count(*) FROM read_json($file) {_STRUCT_TEST}"

# Declares the five keys of the selector, and skips all others.
_DUCKDB_FIVE = f"""
SELECT count(*)
FROM read_json(
  $file, format = 'newline_delimited',
  columns = {{
    labels: 'STRUCT(region VARCHAR, tier VARCHAR, environment VARCHAR, gpu VARCHAR, debug VARCHAR)'
  }}
)
{_STRUCT_TEST}
"""

_ASK_DUCKDB = """
import sys, duckdb
duckdb.execute("SET enable_progress_bar = false")
print(duckdb.execute(sys.argv[1], {"file": sys.argv[2]}).fetchone()[0])
"""


# Has no type for labels with any key: a struct has a field for each key that is declared.
_ASK_POLARS = """
import sys
import polars as pl

file, *keys = sys.argv[1:]
schema = {"id": pl.String, "labels": pl.Struct(dict.fromkeys(keys, pl.String))}
region, tier, environment, gpu, debug = (pl.col("labels").struct.field(key) for key in keys[:5])
matches = (
    (region == "us-east")
    & tier.is_in(["premium", "standard"])
    & environment.ne_missing("prod")
    & gpu.is_not_null()
    & debug.is_null()
)
print(pl.scan_ndjson(file, schema=schema).filter(matches).select(pl.len()).collect().item())
"""
_FIVE_KEYS = ("region", "tier", "environment", "gpu", "debug")
_OTHER_KEYS = ("zone", "instance-type", "os", "arch", "rack", "team", "version")


def _duckdb(statement: str) -> Callable[[str], list[str]]:
    return lambda file: [PYTHON, "-c", _ASK_DUCKDB, statement, file]


def _polars(keys: tuple[str, ...]) -> Callable[[str], list[str]]:
    return lambda file: [PYTHON, "-c", _ASK_POLARS, file, *keys]


def arguments_of_nodeselect(file: str) -> list[str]:
    """Return the arguments of ``nodeselect match``."""
    return ["-l", FIVE, "-n", file, "-o", "name"]


PEERS = (
    Peer(
        "nodeselect",
        lambda file: [NODESELECT, "match", *arguments_of_nodeselect(file)],
        lambda ids: len(ids.split()),
    ),
    Peer("jq", lambda file: ["jq", "-r", _JQ, file], lambda ids: len(ids.split())),
    Peer("DuckDB, labels as a MAP", _duckdb(_DUCKDB_MAP), int),
    Peer("DuckDB, columns detected", _duckdb(_DUCKDB_AUTO), int),
    Peer("DuckDB, five columns declared", _duckdb(_DUCKDB_FIVE), int),
    Peer("Polars, all columns declared", _polars(_FIVE_KEYS + _OTHER_KEYS), int),
    Peer("Polars, five columns declared", _polars(_FIVE_KEYS), int),
)
"""nodeselect comes first: the others are compared with it."""
