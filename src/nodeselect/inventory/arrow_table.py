"""Convert the nodes of an inventory to an Arrow table.

Before importing this module, call :func:`nodeselect.readers.columnar.require_pyarrow`.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nodeselect.errors import InventoryError
from nodeselect.index.arrays import chunk_slices
from nodeselect.index.node_table import NodeTable
from nodeselect.node import Facts
from nodeselect.text import quoted

# The nodes of a batch: so few that the text of all their labels is below 2 GiB, the limit of Arrow.
_BATCH_NODES: Final = 1 << 14

_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")

_TEXT: Final = pa.string()
_TAINTS: Final = pa.list_(pa.struct([("key", _TEXT), ("value", _TEXT), ("effect", _TEXT)]))
_AMOUNTS: Final = pa.map_(_TEXT, pa.int64())
_SCHEMA: Final = pa.schema(
    [
        ("id", _TEXT), ("name", _TEXT), ("state", _TEXT), ("labels", pa.map_(_TEXT, _TEXT)),
        ("taints", _TAINTS), ("resources", _AMOUNTS),
    ]
)  # fmt: skip


def to_arrow(nodes: NodeTable) -> Any:
    """Convert nodes to a pyarrow Table, in the same order; raise if a text has a surrogate."""
    try:
        return pa.Table.from_batches(_batches(nodes), _SCHEMA)
    except (ValueError, pa.ArrowException):
        for text in _texts(nodes):
            if _SURROGATE.search(text):
                message = f"the text {quoted(text)} has a surrogate, which Arrow cannot store"
                raise InventoryError("not-utf-8", message) from None
        raise


def _texts(nodes: NodeTable) -> Iterator[str]:
    """Yield all texts of the nodes but their ids, which have no surrogates."""
    names = [] if nodes.names is None else nodes.names.take(np.arange(len(nodes)))
    facts = nodes.fact_columns
    taints = chain.from_iterable(filter(None, facts.taint_sets if facts else ()))
    resources = facts.amounts if facts else ()
    texts = chain(nodes.keys, nodes.values, nodes.state_names, names, resources, *taints)
    return (text for text in texts if text is not None)


def _batches(nodes: NodeTable) -> list[Any]:
    keys = pa.array(list(nodes.keys), _TEXT)
    values = pa.array(list(nodes.values), pa.large_string())
    states = pa.array(nodes.state_names, _TEXT)
    batches = []
    for part in chunk_slices(len(nodes), _BATCH_NODES):
        ranks = np.arange(part.start, part.stop)
        offsets = nodes.offsets[part.start : part.stop + 1].astype(np.int64)
        label_ids = pa.array(nodes.label_ids[offsets[0] : offsets[-1]])
        columns = [
            pa.array(nodes.ids.take(ranks), _TEXT),
            pa.nulls(len(ranks), _TEXT)
            if nodes.names is None
            else pa.array(nodes.names.take(ranks), _TEXT),
            states.take(pa.array(nodes.states[part])),
            pa.MapArray.from_arrays(
                pa.array((offsets - offsets[0]).astype(np.int32)),
                keys.take(label_ids),
                values.take(label_ids).cast(_TEXT),
            ),
            *_facts(nodes, ranks),
        ]
        batches.append(pa.record_batch(columns, _SCHEMA))
    return batches


def _facts(nodes: NodeTable, ranks: NDArray[np.int64]) -> tuple[Any, Any]:
    """Return the columns of the taints and of the resources; NULL means that they are unknown."""
    columns = nodes.fact_columns
    if columns is None:
        return pa.nulls(len(ranks), _TAINTS), pa.nulls(len(ranks), _AMOUNTS)
    sets = [each and [taint._asdict() for taint in each] for each in columns.taint_sets]
    taints = pa.array(sets, _TAINTS).take(pa.array(np.asarray(columns.taints)[ranks]))
    known = (columns.facts(rank) or Facts(None, None) for rank in ranks.tolist())
    amounts = [None if each is None else list(each.items()) for _, each in known]
    return taints, pa.array(amounts, _AMOUNTS)
