"""The questions of ``questions.py`` as one would answer them without any library.

A dictionary of dictionaries, and for each question a comprehension written for it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from benchmarks.fleet import nodes
from benchmarks.questions import Question

_Fleet = Mapping[str, Mapping[str, str]]

_CONDITIONS: dict[str, Callable[[_Fleet], Iterator[str]]] = {
    "five": lambda fleet: (
        node_id
        for node_id, labels in fleet.items()
        if "gpu" in labels
        and labels.get("region") == "us-east"
        and labels.get("tier") in {"premium", "standard"}
        and labels.get("environment") != "prod"
        and "debug" not in labels
    ),
    "one rack": lambda fleet: (
        node_id for node_id, labels in fleet.items() if labels.get("rack") == "rack-1234"
    ),
    "negation alone": lambda fleet: (
        node_id for node_id, labels in fleet.items() if labels.get("environment") != "prod"
    ),
    "everything": iter,
    "contradiction": lambda fleet: (
        node_id
        for node_id, labels in fleet.items()
        if labels.get("tier") == "premium" and labels.get("tier") == "free"
    ),
    "team and version": lambda fleet: (
        node_id
        for node_id, labels in fleet.items()
        if labels.get("team") == "team-07" and labels.get("version") == "2.3.1"
    ),
    "region and tier": lambda fleet: (
        node_id
        for node_id, labels in fleet.items()
        if labels.get("region") == "us-east" and labels.get("tier") == "premium"
    ),
    "ten equalities": lambda fleet: (
        node_id
        for node_id, labels in fleet.items()
        if labels.get("rack") == "rack-1234"
        and labels.get("zone") == "us-easta"
        and labels.get("instance-type") == "c6i.large"
        and labels.get("team") == "team-07"
        and labels.get("version") == "2.3.1"
        and labels.get("region") == "us-east"
        and labels.get("environment") == "prod"
        and labels.get("tier") == "premium"
        and labels.get("os") == "linux"
        and labels.get("arch") == "amd64"
    ),
}


class ByHand:
    """The fleet as plain dictionaries. A set is a list of ids."""

    def __init__(self, n: int) -> None:
        """Make it."""
        self._fleet = dict(nodes(n))

    def asked(self, question: Question) -> Callable[[], object]:
        """Make a question ready."""
        fleet, taken = self._fleet, self._condition(question)
        ways: dict[str, Callable[[], object]] = {
            "count": lambda: sum(1 for _ in taken(fleet)),
            "set": lambda: list(taken(fleet)),
            "ids": lambda: list(taken(fleet)),
            "first": lambda: list(islice(taken(fleet), 10)),
            "facet": lambda: Counter(fleet[node_id]["zone"] for node_id in taken(fleet)),
        }
        return ways[question.wanted]

    def _condition(self, question: Question) -> Callable[[_Fleet], Iterator[str]]:
        if question.name in _CONDITIONS:
            return _CONDITIONS[question.name]
        selector = question.selector
        if selector.ids is None:
            (racks,) = selector.requirements
            wanted = frozenset(racks.values)
            return lambda fleet: (
                node_id for node_id, labels in fleet.items() if labels.get("rack") in wanted
            )
        ids = sorted(selector.ids)
        return lambda fleet: (
            node_id
            for node_id in ids
            if (labels := fleet.get(node_id)) is not None
            and labels.get("tier") in {"premium", "standard"}
            and "debug" not in labels
        )
