"""The pods that run on the nodes of a command."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nodeselect.cli.inputs.considered import PodOptions, Selection
from nodeselect.cli.inputs.nodes import KUBECTL_OPTIONS, NodeFiles
from nodeselect.errors import InventoryError
from nodeselect.explain.explanation import explain_node
from nodeselect.files.inputs import open_inputs
from nodeselect.node import Node
from nodeselect.placement import Placement, Pod, Usage
from nodeselect.placement.pod import workloads_of
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.manifests.manifest import Workload


class RunningPods:
    """The pods that run on the nodes: those in a file, or those of the cluster of the nodes.

    :ivar options: what is considered of pods.
    :ivar usage: what they request; None if it is unknown, or nothing is required of resources.
    :ivar everything: the same, also in a block of :meth:`without`.
    """

    def __init__(
        self,
        options: PodOptions,
        nodes_from: NodeFiles,
        asked: Iterable[Selection],
        *,
        is_forced: bool = False,
    ) -> None:
        """Read the pods, if anything but labels of the nodes is ``asked``, or if it is forced."""
        self.usage: Usage | None = None
        self.everything: Usage | None = None
        self.options = options
        self._own: dict[tuple[str, str, str], int] = {}
        self._by_workload: dict[tuple[str, str], list[tuple[str, Pod]]] = {}
        self.unknown = " (--pods)"
        file = options.file
        placements = (each for each in asked if isinstance(each, Placement))
        is_needed = is_forced or any(
            each.requests or each.pod_rules is not None for each in placements
        )
        if options.is_labels_only or not is_needed:
            if file is not None:
                text = "--pods needs a Kubernetes manifest, with --job and without --only-labels"
                raise click.UsageError(text)
            return
        from nodeselect.readers.pods import read_usage  # loads slowly

        if file is not None:
            usage = read_usage(open_inputs([file]))
        elif nodes_from.cluster is not None:
            from nodeselect.cli.inputs.cluster import (  # imports subprocess
                list_pages,
                read_namespaces,
            )

            try:
                usage = read_usage(list_pages("Pod", nodes_from.cluster))
                if _needs_namespaces(asked, usage):
                    usage.set_namespaces(read_namespaces(nodes_from.cluster))
            except InventoryError as error:  # who may list nodes often may not list all pods
                if error.code != "kubectl-forbidden":
                    raise
                self.unknown = " (you may not list the pods; give --pods)"
                return
        else:
            return
        if len(usage):  # otherwise they are those of another namespace
            self.usage = self.everything = usage
            for node_id, pod in usage:
                for name in workloads_of(pod):
                    self._by_workload.setdefault((pod.namespace, name), []).append((node_id, pod))

    def considered(self, asked: Selection) -> Selection:
        """Return what is required; of a placement, with what is not considered."""
        return self.options.considered(asked, self.unknown) if self.usage is None else asked

    def option(self, undecided: Sequence[str]) -> str:
        """Return the end of a headline that says how the ``undecided`` rules can be decided."""
        if not undecided:
            return ""
        return " (give --pods)" if self.usage is None else " (give namespaces in --pods)"

    def nodes_of(self, workload: "Workload | None") -> list[str]:
        """Return the ids of the nodes on which a workload's own pods run."""
        return [node_id for node_id, _ in self._pods_of(workload)]

    def _pods_of(self, workload: "Workload | None") -> Sequence[tuple[str, Pod]]:
        if workload is None:
            return ()
        kind, name, namespace = workload.owner
        given = click.get_current_context().meta.get(KUBECTL_OPTIONS, {})
        namespace = namespace or given.get("namespace", "default")
        return self._by_workload.get((namespace, f"{kind}/{name}"), ())

    def failures(
        self, workload: "Workload", asked: Selection, find: Callable[[str], Node | None]
    ) -> tuple[tuple[str | None, ...], ...]:
        """Return what a workload fails on the nodes of its own pods, with them and without them.

        Of two pods with equal placements, the answers differ only by that.
        """
        nodes = list(filter(None, map(find, self.nodes_of(workload))))

        def failed() -> Iterator[tuple[str | None, ...]]:
            for node in nodes:
                explanation = explain_node(asked, node, self.usage)
                yield node.state, *(text for text, _ in explanation.failed)

        before = tuple(failed())
        with self.without(workload):
            return before + tuple(failed())

    @contextmanager
    def without(self, workload: "Workload | None") -> Iterator[None]:
        """Leave out a workload's own pods in a ``with`` block."""
        own = self._pods_of(workload)
        if self.everything is None or workload is None:
            yield
            return
        self._own[workload.owner] = len(own)
        self.usage = self.everything.copy()
        self.usage.apply([pod.id for _, pod in own])
        try:
            yield
        finally:
            self.usage = self.everything

    def notes(self, nodes: Container[str] | None) -> Iterator[str]:
        """Yield how many pods :meth:`without` has left out, and how many are not on ``nodes``."""
        if number := sum(self._own.values()):
            texts = "running pod of the manifest is", "running pods of the manifest are"
            own = pluralize(number, *texts)
            yield f"{own} not counted; if one of its pods is pending, explain that pod"
        yield from self.elsewhere(nodes)

    def elsewhere(self, nodes: Container[str] | None) -> Iterator[str]:
        """Yield how many pods are not on ``nodes``, if some are."""
        if self.usage is None or nodes is None:
            return
        pods = {each: self.usage.of(each).get("pods", 0) for each in self.usage.in_use()}
        total, elsewhere = sum(pods.values()), sum(pods[each] for each in pods if each not in nodes)
        if 0 < elsewhere < total:  # if all are, this is not considered
            where = "is on a node that is" if elsewhere == 1 else "are on nodes that are"
            yield f"{elsewhere:,} of {total:,} pods {where} not in the list"


def _needs_namespaces(asked: Iterable[Selection], usage: Usage) -> bool:
    """Return whether a rule of what is asked, or of a pod that runs, needs labels of namespaces."""
    running = {pod.placement for _, pod in usage}
    placements = (each for each in (*asked, *running) if isinstance(each, Placement))
    rules = (each.pod_rules for each in placements)
    return any(each is not None and each.kinds_by_namespace for each in rules)
