"""The plan of a rollout as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from nodeselect.explain import headline
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.jobs.rollout import Wave

__all__ = ["RolloutPlan", "rollout_lines"]

# A range of ids is split to be no wider, so that it fits beside the numbers of its wave.
_RANGE_COLUMNS = 40


class RolloutPlan(NamedTuple):
    """The plan of a rollout.

    :param job: the name of the job, or of its file if the job has none.
    :param max_parallel: the percentage of the nodes in a wave; None for the strategy ``immediate``.
    :param total: how many nodes there are.
    :param matched: how many nodes match.
    :param connected: how many nodes match and are connected; None if no state is known, in which
        case all nodes that match are in the plan.
    :param stateless: how many nodes match and have no state.
    :param rules: the rules of the plan that are assumed, since Expanso does not document them.
    """

    job: str
    strategy: str
    max_parallel: int | None
    total: int
    matched: int
    connected: int | None
    stateless: int
    waves: "tuple[Wave, ...]"
    rules: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The strategy, the number of waves and ``max_parallel``, in one line."""
        text = f"{self.strategy}, {pluralize(len(self.waves), 'wave')}"
        return text if self.max_parallel is None else f"{text}, max_parallel {self.max_parallel}%"

    @property
    def node_counts(self) -> str:
        """How many nodes match, and how many of these are not in the plan, and why."""
        text = headline(self.matched, self.total, self.connected)
        if self.connected is None:
            return f"{text}; no state is known, so all are in the plan" if self.matched else text
        excluded = {
            "not connected": self.matched - self.connected - self.stateless,
            "without a state": self.stateless,
        }
        reasons = [f"{count:,} {reason}" for reason, count in excluded.items() if count]
        return f"{text}; not in the plan: {', '.join(reasons)}" if reasons else text

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, described by ``docs/waves.schema.json``."""
        waves = [{"nodes": len(wave.ids), **wave._asdict()} for wave in self.waves]
        return {"version": 1, **self._asdict(), "waves": waves}


def rollout_lines(plan: RolloutPlan, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on a plan.

    :param output: one of ``REPORT_FORMATS``.
    """

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(f"{screen.code(plan.job)}: {plan.headline}")
        yield screen.paragraph(plan.node_counts)
        if plan.waves:
            rows = [
                (
                    f"{wave.number} canary" if wave.canary else f"{wave.number}",
                    f"{len(wave.ids):,}",
                    f"{done:,}",
                    " ".join(map(screen.code, compress_ids(wave.ids, _RANGE_COLUMNS))),
                )
                for wave, done in zip(
                    plan.waves, accumulate(len(wave.ids) for wave in plan.waves), strict=True
                )
            ]
            heads = ("WAVE", "NODES", "SO FAR", "IDS")
            yield screen.table(heads, rows, right=(1, 2), wrap_last=True)
        title = "ASSUMPTIONS (Expanso does not document these rules)"
        yield screen.section(title, screen.bullets(plan.rules))

    return report_lines(output, screen, plan.as_dict, blocks)
