"""Compare what nodeselect and Kubernetes do with the same texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector
from tests.conformance.vectors import in_form_of_vectors
from tests.differential.kubernetes import Case, Kubernetes, Verdict

_Case = TypeVar("_Case")

_BATCH = 1_000

# Rejected by nodeselect only: in Kubernetes a NUL ends the text, and UTF-8 has no surrogates. Other
# control characters are rejected by both.
_STRICTER = re.compile("[\0\ud800-\udfff]")
_REJECTED = Verdict(accepted=False, canonical="", requirements=[], matches=[])

# Up to this number of requirements, Go's sort keeps the order of those on one key.
_SORTED_STABLY = 12


@dataclass
class Comparison(Generic[_Case]):
    """What was compared so far, and the differences that were found."""

    cases: int = 0
    accepted: int = 0
    """Number of cases that Kubernetes accepts."""
    matches: int = 0
    """Number of nodes or maps of labels that match, of all that were tested."""
    differences: list[str] = field(default_factory=list)

    def batches(self, cases: Iterator[_Case], number: int) -> Iterator[list[_Case]]:
        """Yield a number of cases in batches, and count them."""
        end = self.cases + number
        while batch := list(islice(cases, min(_BATCH, end - self.cases))):
            self.cases += len(batch)
            yield batch


class TextComparison(Comparison[Case]):
    """The comparison of texts."""

    def compare(self, kubernetes: Kubernetes, cases: Iterator[Case], number: int) -> None:
        """Compare a number of cases."""
        for batch in self.batches(cases, number):
            rejected = [case for case in batch if _STRICTER.search(case.text)]
            self._note(rejected, [_REJECTED] * len(rejected))
            others = [case for case in batch if not _STRICTER.search(case.text)]
            self._note(others, kubernetes.judge(others))

    def _note(self, cases: list[Case], verdicts: list[Verdict]) -> None:
        for case, verdict in zip(cases, verdicts, strict=True):
            self.accepted += verdict.accepted
            self.matches += sum(verdict.matches)
            if (text := difference(case, verdict)) is not None:
                self.differences.append(f"{case.text!r}: {text}")


def difference(case: Case, verdict: Verdict) -> str | None:
    """Return what nodeselect does and Kubernetes does not, or None."""
    is_within_limits = not _exceeds_limit(case.text, verdict)
    try:
        selector = Selector.parse(case.text)
    except SelectorError as error:
        return f"rejected: {error}" if verdict.accepted and is_within_limits else None
    if not verdict.accepted:
        return "accepted"
    if not is_within_limits:
        return "accepted above a limit"
    requirements = [in_form_of_vectors(requirement) for requirement in selector.canonical]
    answers = [
        [matches(labels) for labels in case.labels]
        for matches in (selector.matches, selector.predicate)
    ]
    keys = [key for key, _, _ in requirements]
    ours: tuple[object, ...] = str(selector), requirements, answers
    verdicts = [verdict.matches, verdict.matches]
    theirs: tuple[object, ...] = verdict.canonical, verdict.requirements, verdicts
    if len(keys) > _SORTED_STABLY and len(set(keys)) < len(keys):
        # Those on one key may have changed places: the texts are of equal selectors.
        ours = selector, keys, sorted(requirements), answers
        theirs = (
            Selector.parse(verdict.canonical),
            [key for key, _, _ in verdict.requirements],
            sorted(verdict.requirements),
            verdicts,
        )
    return None if ours == theirs else f"{ours}, not {theirs}"


def _exceeds_limit(text: str, verdict: Verdict) -> bool:
    """Return whether a text is valid in Kubernetes, and above a limit of nodeselect."""
    numbers = [len(values) for _, _, values in verdict.requirements]
    return (
        max(len(text), len(verdict.canonical)) > LIMITS.selector_text
        or len(numbers) > LIMITS.requirements
        or max(numbers, default=0) > LIMITS.values_in_set
        or sum(numbers) > LIMITS.values
    )
