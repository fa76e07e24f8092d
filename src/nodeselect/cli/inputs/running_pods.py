"""The pods that run on the nodes of a command."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import click

from nodeselect.cli.inputs.job_selectors import ignoring_pods
from nodeselect.cli.inputs.nodes import NodeFiles, open_pods
from nodeselect.cli.options import kubectl_namespace
from nodeselect.cli.streams import ExitStatus, write_error_message
from nodeselect.errors import InventoryError
from nodeselect.explain.wording import not_considered_text
from nodeselect.placement import Placement, Usage
from nodeselect.problem import Place
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.jobs.foreign import Workload


class RunningPods(NamedTuple):
    """The pods that run on the nodes: what they request, or None if it is unknown."""

    usage: Usage | None

    @classmethod
    def read(
        cls,
        file: str | None,
        nodes_from: NodeFiles,
        asked: Iterable[Selector | AnyOf | Placement],
    ) -> "RunningPods":
        """Read the pods in a file; without a file, those of the cluster that the nodes are from.

        :param asked: what is required of the nodes. If it is nothing of their resources, no pod is
            read.
        """
        if not any(isinstance(each, Placement) and each.requests for each in asked):
            if file is not None:
                text = "--pods needs a Kubernetes manifest, with --job and without --only-labels"
                raise click.UsageError(text)
            return cls(None)
        try:
            pods = open_pods([file] if file is not None else [], nodes_from)
            usage = None if pods is None else Usage(pods)
            return cls(usage if usage and usage.version else None)  # no pods: of another namespace
        except InventoryError as error:
            if error.place.file or not error.place.path:
                raise
            raise error.within(Place(file=file or nodes_from.name)) from None

    def named(self, asked: Selector | AnyOf | Placement) -> Selector | AnyOf | Placement:
        """Return what is required; of a placement, also whether the pods are not considered."""
        return ignoring_pods(asked, " (--pods)") if self.usage is None else asked

    @contextmanager
    def without(self, workload: "Workload | None") -> Iterator[int]:
        """Leave out a workload's own pods in a ``with`` block, which gets their number."""
        if self.usage is None or workload is None:
            yield 0
            return
        kind, name, namespace = workload.owner
        own = self.usage.pods_of(kind, name, namespace or kubectl_namespace())
        for node_id, requests in own:
            self.usage.remove(node_id, requests)
        try:
            yield len(own)
        finally:
            for node_id, requests in own:
                self.usage.add(node_id, requests)


def own_pods_text(number: int) -> str:
    """Return a message about the pods that :meth:`RunningPods.without` leaves out."""
    are = pluralize(number, "running pod of the manifest is", "running pods of the manifest are")
    return f"{are} not counted"


def unknown_status(not_considered: Sequence[str]) -> ExitStatus:
    """Return the exit status of ``--fail-on-unknown``; write the error."""
    write_error_message(f"error: {not_considered_text(not_considered)} (--fail-on-unknown)")
    return ExitStatus.ERROR
