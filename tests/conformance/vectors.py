"""The verdicts of Kubernetes, read from ``k8s-vectors.jsonl`` for every engine that runs them."""

import json
from dataclasses import dataclass
from pathlib import Path

from nodeselect.selectors import Requirement


@dataclass(frozen=True, slots=True)
class Vector:
    """One text, and what apimachinery v0.36.3 says of it."""

    id: str
    group: str
    selector: str
    labels: tuple[dict[str, str], ...]
    """Maps of labels to try."""
    ok: bool
    """Whether Kubernetes parses the text."""
    canonical: str
    """The text that Kubernetes prints; empty where it does not parse."""
    requirements: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Key, operator in structured form (``==`` is not folded) and values of each requirement."""
    matches: tuple[bool, ...]
    """One verdict for each map of :attr:`labels`."""

    @property
    def accepted(self) -> bool:
        """Whether nodeselect takes the text: where Kubernetes does, but for a text with a NUL."""
        return self.ok and "\0" not in self.selector


def in_form_of_vectors(requirement: Requirement) -> tuple[str, str, tuple[str, ...]]:
    """Return key, operator and values of a requirement as in :attr:`Vector.requirements`."""
    name = "==" if requirement.spelling == "==" else requirement.operator.value
    return requirement.key, name, requirement.values


def _read(line: str) -> Vector:
    case = json.loads(line)
    return Vector(
        id=case["id"],
        group=case["group"],
        selector=case["selector"],
        labels=tuple(case["labels"]),
        ok=case["ok"],
        canonical=case["canonical"] or "",
        requirements=tuple(
            (part["key"], part["op"], tuple(part["values"])) for part in case["requirements"] or ()
        ),
        matches=tuple(case["matches"] or ()),
    )


_FILE = Path(__file__).with_name("k8s-vectors.jsonl")

VECTORS = tuple(_read(line) for line in _FILE.read_text("utf-8").splitlines())
"""All cases, in the order of the file."""
