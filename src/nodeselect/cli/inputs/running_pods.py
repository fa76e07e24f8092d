"""The pods that run on the nodes of a command."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nodeselect.cli.inputs.job_selectors import ignoring_pods, only_labels
from nodeselect.cli.inputs.nodes import NodeFiles
from nodeselect.cli.options import KUBECTL_OPTIONS
from nodeselect.cli.streams import write_message
from nodeselect.errors import InventoryError
from nodeselect.explain.wording import not_considered_text
from nodeselect.files.inputs import open_inputs
from nodeselect.placement import Placement, Usage
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.jobs.manifest import Workload


class RunningPods:
    """The pods that run on the nodes: those in a file, or those of the cluster of the nodes.

    :ivar usage: what they request; None if it is unknown, or nothing is required of resources.
    """

    def __init__(
        self,
        file: str | None,
        nodes_from: NodeFiles,
        asked: Iterable[Selector | AnyOf | Placement],
        is_labels_only: bool,
    ) -> None:
        """Read the pods, if anything but labels of the nodes is ``asked``."""
        self.usage: Usage | None = None
        self._is_labels_only = is_labels_only
        self._own = 0
        self._unknown = " (--pods)"
        has_requests = any(isinstance(each, Placement) and each.requests for each in asked)
        if is_labels_only or not has_requests:
            if file is not None:
                text = "--pods needs a Kubernetes manifest, with --job and without --only-labels"
                raise click.UsageError(text)
            return
        from nodeselect.readers.pods import read_usage  # loads slowly

        if file is not None:
            usage = read_usage(open_inputs([file]))
        elif nodes_from.cluster is not None:
            from nodeselect.cli.inputs.cluster import list_pages  # imports subprocess

            try:
                usage = read_usage(list_pages("Pod", nodes_from.cluster))
            except InventoryError as error:  # who may list nodes often may not list all pods
                if error.code != "kubectl-forbidden":
                    raise
                self._unknown = " (you may not list the pods; give --pods)"
                return
        else:
            return
        if usage.version:  # otherwise they are those of another namespace
            self.usage = usage

    def considered(self, asked: Selector | AnyOf | Placement) -> Selector | AnyOf | Placement:
        """Return what is required; of a placement, with what is not considered."""
        if self._is_labels_only:
            return only_labels(asked)
        return ignoring_pods(asked, self._unknown) if self.usage is None else asked

    @contextmanager
    def without(self, workload: "Workload | None") -> Iterator[None]:
        """Leave out a workload's own pods in a ``with`` block."""
        if self.usage is None or workload is None:
            yield
            return
        kind, name, namespace = workload.owner
        given = click.get_current_context().meta.get(KUBECTL_OPTIONS, {})
        own = self.usage.pods_of(kind, name, namespace or given.get("namespace", "default"))
        self._own += len(own)
        for node_id, requests in own:
            self.usage.remove(node_id, requests)
        try:
            yield
        finally:
            for node_id, requests in own:
                self.usage.add(node_id, requests)

    def write_own(self) -> None:
        """Write how many pods :meth:`without` has left out, if any."""
        if self._own:
            texts = "running pod of the manifest is", "running pods of the manifest are"
            own = pluralize(self._own, *texts)
            write_message(f"{own} not counted; if one of its pods is pending, explain that pod")


def check_known(not_considered: Sequence[str], is_strict: bool) -> None:
    """Raise an error if anything is not considered; ``is_strict``: with ``--fail-on-unknown``."""
    if is_strict and not_considered:
        raise click.ClickException(f"{not_considered_text(not_considered)} (--fail-on-unknown)")
