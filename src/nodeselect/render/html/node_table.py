"""The nodes of a page: the data of their table, and their labels counted."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from nodeselect.inventory.facets import count_labels
from nodeselect.node import Node
from nodeselect.selectors import Selector
from nodeselect.text import printable, truncate

__all__ = ["NodeTable", "shown"]

# Characters of a user's text that are shown in one place.
_MAX_TEXT = 200


def shown(text: str, limit: int = _MAX_TEXT) -> str:
    """Return user text escaped and truncated, and quoted if it begins or ends with a blank."""
    text = truncate(printable(text[: limit + 1]), limit)
    return text if text == text.strip() else f'"{text}"'


class NodeTable:
    """The nodes that match, then those that fail the fewest requirements.

    ``facets`` are the label keys of all nodes: those of the selector, then the most frequent.
    ``matched`` has the number of matching nodes for each label, ``numbers`` the number of each
    label in the data of the page.
    """

    def __init__(self, selector: Selector, nodes: Iterable[Node], max_rows: int) -> None:
        """Test and count all nodes; keep the first ``max_rows``."""
        failure_mask = selector.failure_mask
        # The key of each requirement in the order of the mask's bits; None for that of the ids.
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
        """Whether the table has all nodes."""
        return self.size == self.total

    def data(self, requirements: Iterable[str]) -> dict[str, Any]:
        """Return the table as the page's script reads it.

        Texts that recur are numbers in ``rows``: ``[id, name, state, failed requirements, labels
        …]``. A key of ``selectorKeys`` is -1 for ids, and -2 if no row has it.
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
            "failures": [_bits(mask) for mask in failures],
            "rows": rows,
        }

    def _ordered_labels(self, node: Node) -> Iterable[tuple[str, str]]:
        """Return a node's labels, those that the selector has first."""
        labels = node.labels
        first = {key: labels[key] for key in self._keys if key is not None and key in labels}
        return {**first, **labels}.items()


def _state(node: Node) -> tuple[str, str]:
    """Return a node's state, and its class in the page's style."""
    if node.state is None:
        return "unknown", "none"
    return node.state, "up" if node.connected else "down"


def _bits(mask: int) -> list[int]:
    return [number for number in range(mask.bit_length()) if mask >> number & 1]
