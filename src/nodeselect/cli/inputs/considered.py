"""What is considered of a job beside labels, and what the answer says that it does not consider."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

from nodeselect.explain.wording import not_considered_text
from nodeselect.placement import Placement, Toleration
from nodeselect.placement.placement import addition_text
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory

Selection: TypeAlias = Selector | AnyOf | Placement
"""What a job or an expression requires of nodes."""

# Labels of nodes in services whose API server has the plugin ExtendedResourceToleration. Sources:
# https://docs.aws.amazon.com/eks/latest/userguide/platform-versions.html
# https://docs.cloud.google.com/kubernetes-engine/docs/how-to/gpus
_ADDING_SERVICES = {
    "alpha.eksctl.io/cluster-name": "EKS",
    "cloud.google.com/gke-nodepool": "GKE",
    "eks.amazonaws.com/compute-type": "EKS",
    "eks.amazonaws.com/nodegroup": "EKS",
}


class PodOptions(NamedTuple):
    """The options on what is considered of pods.

    :param file: the file with the running pods.
    :param is_labels_only: whether only labels are considered.
    :param adds_tolerations: whether pods tolerate the taints of resources that they request.
    :param is_strict: whether it is an error if anything is not considered.
    """

    file: str | None
    is_labels_only: bool
    adds_tolerations: bool
    is_strict: bool

    def considered(self, asked: Selection, option: str = "") -> Selection:
        """Return what is required if running pods are unknown; ``option``: why they are."""
        return only_labels(asked) if self.is_labels_only else ignoring_pods(asked, option)

    def with_tolerations(self, asked: Selection, *inventories: "Inventory") -> Selection:
        """Return the result of :func:`with_added_tolerations`."""
        return with_added_tolerations(asked, *inventories, is_given=self.adds_tolerations)

    def check_known(self, not_considered: Sequence[str]) -> None:
        """Raise an error if anything is not considered, unless that is allowed."""
        if self.is_strict and not_considered:
            text = not_considered_text(not_considered)
            raise click.ClickException(f"{text} (--fail-on-unknown)")


def only_labels(asked: Selection, considered: Collection[str] = ()) -> Selection:
    """Return a placement that is only about labels and what is ``considered``, and says so."""
    if not isinstance(asked, Placement):
        return asked
    words = {"taints": "taints", "resources": "requests"}
    left_out = [words[fact] for fact in asked.undecided_without if fact not in considered]
    if asked.pod_rules is not None:
        left_out += asked.pod_rules.kinds
    return asked.replace(
        pod_rules=None,
        tolerations=[Toleration(operator="Exists")] if "taints" in left_out else asked.tolerations,
        requests={} if "requests" in left_out else asked.requests,
        not_considered=(*left_out, *asked.not_considered),
    )


def ignoring_pods(asked: Selection, option: str = "") -> Selection:
    """Return a placement that says that it does not consider running pods; a selector as it is."""
    if not isinstance(asked, Placement) or not asked.requests:
        return asked
    words = f"what runs on the nodes already{option}"
    return asked.replace(not_considered=(*asked.not_considered, words))


def with_added_tolerations(
    asked: Selection,
    *inventories: "Inventory",
    is_given: bool = False,
) -> Selection:
    """Return a placement with the possible tolerations that the API server adds; others as it is.

    They are added if the nodes with these taints have labels of services that do so, which the
    placement then names as assumed. If none has such a taint, they do not matter.

    :param is_given: whether ``--extended-resource-toleration`` says that they are added.
    """
    if not isinstance(asked, Placement) or not asked.possible_tolerations:
        return asked
    added = asked.replace(tolerations=(*asked.tolerations, *asked.possible_tolerations))
    if is_given:
        return added
    from nodeselect.inventory.snapshot import nodes_in_doubt  # imports pyroaring

    services: dict[str, None] = {}
    for inventory in inventories:
        nodes = nodes_in_doubt(inventory, asked)
        for key, service in _ADDING_SERVICES.items():
            of_service = inventory.match(Selector.parse(key))
            services |= {service: None} if nodes & of_service else {}
            nodes -= of_service
        if nodes:
            return asked
    if not services:
        return added
    words = addition_text(asked.possible_tolerations)
    words = f"{words} (assumed, as on {join_limited(list(services))})"
    return added.replace(not_considered=(*asked.not_considered, words))
