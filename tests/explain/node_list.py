"""The slowest engine: a list of nodes, which an explanation counts by looking at each."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from nodeselect import NearMiss, Node
from nodeselect.explain import FailureCounts
from nodeselect.placement.requirements import Condition
from nodeselect.selectors.selector import alternatives
from tests import naive


class _Failures(NamedTuple):
    nodes: Sequence[Node]
    requirements: Sequence[Condition]
    failed: Sequence[tuple[int, ...]]

    @property
    def counts(self) -> FailureCounts:
        masks = Counter(sum(1 << at for at in failed) for failed in self.failed)
        return FailureCounts.from_masks(len(self.requirements), masks)

    def state_counts(self) -> Mapping[str | None, int]:
        failures = zip(self.nodes, self.failed, strict=True)
        counts = Counter(node.state for node, failed in failures if not failed)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0] or "")))

    def example_ids(self, failed: tuple[int, ...], limit: int) -> Sequence[str]:
        ids = [
            node.id for node, each in zip(self.nodes, self.failed, strict=True) if each == failed
        ]
        return ids[:limit]

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        fewest = min((len(failed) for failed in self.failed if failed), default=0)
        failures = zip(self.nodes, self.failed, strict=True)
        misses = [NearMiss(node.id, failed) for node, failed in failures if failed]
        return [miss for miss in misses if len(miss.failed) == fewest][:limit]

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Condition]
    ) -> int:
        kept = [each for at, each in enumerate(self.requirements) if at not in positions]
        return sum(
            all(_matches(each, node) for each in [*kept, *replacements]) for node in self.nodes
        )


class NodeList(NamedTuple):
    """Implements ``Countable`` of ``explain/countable.py``."""

    nodes: Sequence[Node]

    def failures(self, requirements: Sequence[Condition]) -> _Failures:
        failed = [
            tuple(at for at, each in enumerate(requirements) if not _matches(each, node))
            for node in self.nodes
        ]
        return _Failures(self.nodes, requirements, failed)

    def missing_label(self, key: str) -> str | None:
        return None

    def resources(self) -> Collection[str]:
        return ()

    @property
    def has_usage(self) -> bool:
        return False

    def most_free(self, resource: str) -> int | None:
        return None

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        counts = Counter(key for node in self.nodes for key in node.labels)
        return counts if len(counts) <= limit else None

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        counts = Counter(node.labels[key] for node in self.nodes if key in node.labels)
        return counts if len(counts) <= limit else None

    def count_with_key(self, key: str) -> int:
        return sum(key in node.labels for node in self.nodes)

    def count_with_value(self, key: str, value: str) -> int:
        return sum(node.labels.get(key) == value for node in self.nodes)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        return Counter(key for node in self.nodes for key in keys if node.labels.get(key) == value)

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        there = {node.id for node in self.nodes}
        return [node_id for node_id in ids if node_id not in there]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        ids = {name: [node.id for node in self.nodes if node.name == name] for name in names}
        return {name: (named[0], len(named)) for name, named in ids.items() if named}

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        ids = [node.id for node in self.nodes if node.id.startswith(prefix)]
        return (min(ids), len(ids)) if ids else None


def _matches(condition: Condition, node: Node) -> bool:
    return any(
        naive.matches(each.requirements, each.ids, node.labels, node.id)
        for each in alternatives(condition)
    )
