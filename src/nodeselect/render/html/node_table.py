"""The nodes in a page: the data of their table, and how many nodes have each label."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from nodeselect.inventory.facets import count_labels
from nodeselect.node import Node
from nodeselect.render.html.template import shown
from nodeselect.selectors import Selector


class NodeTable:
    """The table of nodes in a page: those that fail the fewest requirements, or none, come first.

    ``facets`` has the label keys of all nodes: those in the selector, then the most frequent ones.
    A label is a pair of key and value. ``matched`` has for each label how many matching nodes have
    it; ``numbers`` has its index in the list ``labels`` of the page's data.
    """

    def __init__(self, selector: Selector, nodes: Iterable[Node], max_rows: int) -> None:
        """Count all nodes and their labels; keep only the first ``max_rows`` for the table."""
        failure_mask = selector.failure_mask
        # The key of each requirement, in the order of the bits of the mask; None for ids.
        self._keys = [
            part.requirements[0].key if part.ids is None else None for part in selector.split()
        ]
        rows = [(failure_mask(node.labels, node.id), node) for node in nodes]
        rank = {key: number for number, key in reversed(list(enumerate(self._keys)))}
        self.facets = sorted(
            count_labels(node for _, node in rows).keys,
            key=lambda facet: rank.get(facet.key, len(rank)),
        )
        self.matched = Counter(
            label for mask, node in rows if not mask for label in node.labels.items()
        )
        rows.sort(key=lambda row: row[0].bit_count())
        self.total = len(rows)
        self._rows = rows[:max_rows]
        self.size = len(self._rows)
        labels = (label for _, node in self._rows for label in node.labels.items())
        self.numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}

    @property
    def is_complete(self) -> bool:
        """Whether no node was left out of the table."""
        return self.size == self.total

    def data(self, requirements: Iterable[str]) -> dict[str, Any]:
        """Return the data that the script of the page reads.

        A row is ``[id, name, state, failures, label, …]``. All but id and name are indexes into the
        lists ``states``, ``failures`` and ``labels``. ``selectorKeys`` has an index into ``keys``
        for each requirement: -1 for a requirement of ids, -2 for a key that no row has.

        :param requirements: the texts of the requirements of the selector.
        """
        keys = {key: at for at, key in enumerate(dict.fromkeys(key for key, _ in self.numbers))}
        states: dict[tuple[str, str], int] = {}
        failures: dict[int, int] = {}
        rows = [
            [
                shown(node.id),
                shown(node.name or ""),
                states.setdefault(_state(node), len(states)),
                failures.setdefault(mask, len(failures)),
                *(self.numbers[label] for label in self._ordered_labels(node)),
            ]
            for mask, node in self._rows
        ]
        return {
            "requirements": [shown(requirement) for requirement in requirements],
            "selectorKeys": [-1 if key is None else keys.get(key, -2) for key in self._keys],
            "keys": [shown(key) for key in keys],
            "labels": [[keys[key], shown(value)] for key, value in self.numbers],
            "states": [[shown(state), name] for state, name in states],
            "failures": [
                [bit for bit in range(mask.bit_length()) if mask >> bit & 1] for mask in failures
            ],
            "rows": rows,
        }

    def _ordered_labels(self, node: Node) -> Iterable[tuple[str, str]]:
        """Return a node's labels; those whose keys are in the selector come first."""
        labels = node.labels
        first = {key: labels[key] for key in self._keys if key is not None and key in labels}
        return {**first, **labels}.items()


def _state(node: Node) -> tuple[str, str]:
    """Return a node's state, and the name of its class in ``page.css``."""
    if node.state is None:
        return "unknown", "none"
    return node.state, "up" if node.connected else "down"
