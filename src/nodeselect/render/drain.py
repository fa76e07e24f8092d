"""Lay out what happens to pods and jobs if some nodes go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nodeselect.explain.wording import short
from nodeselect.inventory import DrainedPod, DrainPlan
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.screen import Screen, report_lines
from nodeselect.text import pluralize

# So many workloads are listed in a section, and so many nodes of a workload.
_MAX_ROWS = 10
_MAX_NODES = 3


class LostJob(NamedTuple):
    """A job that loses all of its nodes.

    :param job: its name.
    :param matched: how many nodes it matches now.
    """

    job: str
    matched: int


def drain_lines(
    plan: DrainPlan, lost: Sequence[LostJob], output: str, screen: Screen
) -> Iterator[str]:
    """Yield the lines of a plan; ``output`` is one of ``REPORT_FORMATS``."""
    headline = plan.headline
    if lost:
        headline += f"; {pluralize(len(lost), 'job loses', 'jobs lose')} all nodes"

    def as_dict() -> dict[str, Any]:
        jobs = {"jobs": [each._asdict() for each in lost]}
        return plan.as_dict() | {"headline": headline} | jobs

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(screen.prose(headline))
        stuck = [each for each in plan.pods if each.target is None]
        if stuck:
            yield _stuck_table(stuck, screen)
        if lost:
            lines = (
                f"{screen.code(job)}: {pluralize(matched, 'node')} now" for job, matched in lost
            )
            yield screen.section("JOBS WITHOUT A NODE", screen.bullets(lines))
        if placed := [each for each in plan.pods if each.target is not None]:
            yield screen.section("OTHER NODES", screen.bullets(_placed(placed, screen)))
        if notes := [*_notes(plan)]:
            yield screen.section("NOTES", screen.bullets(map(screen.prose, notes)))

    return report_lines(output, screen, as_dict, blocks, plan.not_considered)


def _stuck_table(pods: Iterable[DrainedPod], screen: Screen) -> Iterator[str]:
    """Yield the workloads whose pods have no place, those with most first, decided ones before."""
    groups: defaultdict[tuple[bool, str, str], int] = defaultdict(int)
    for each in pods:
        groups[not each.is_decided, each.workload, each.obstacle] += 1
    ranked = sorted(groups.items(), key=lambda group: (group[0][0], -group[1], *group[0][1:]))
    rows = [
        (
            screen.code(workload),
            f"{number:,}",
            f"not known: {screen.prose(obstacle)}" if unknown else screen.code(short(obstacle)),
        )
        for (unknown, workload, obstacle), number in ranked[:_MAX_ROWS]
    ]
    if more := ranked[_MAX_ROWS:]:
        number = sum(number for _, number in more)
        rows.append((f"{len(more):,} more", f"{number:,}", "-o json has all"))
    heads = ("WITHOUT ANOTHER NODE", "PODS", "IN THE WAY")
    return screen.table(heads, rows, right=(1,), wrap_last=True)


def _placed(pods: Iterable[DrainedPod], screen: Screen) -> Iterator[str]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in pods:
        groups[each.workload].append(str(each.target))
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for workload, targets in ranked[:_MAX_ROWS]:
        nodes = list(dict.fromkeys(targets))
        where = ranges_text(nodes[:_MAX_NODES], screen)
        more = f" and {len(nodes) - _MAX_NODES:,} more" if nodes[_MAX_NODES:] else ""
        yield f"{pluralize(len(targets), 'pod')} of {screen.code(workload)}: {where}{more}"
    if more_groups := ranked[_MAX_ROWS:]:
        number = sum(len(targets) for _, targets in more_groups)
        owners = pluralize(len(more_groups), "other workload")
        yield f"{pluralize(number, 'pod')} of {owners}; -o json has all"


def _notes(plan: DrainPlan) -> Iterator[str]:
    if plan.staying:
        pods = pluralize(plan.staying, "pod stays", "pods stay")
        yield f"{pods} on the nodes: of DaemonSets, and static pods"
    if alone := sum(not each.pod.owner for each in plan.pods):
        pods = pluralize(alone, "pod has", "pods have")
        yield f"{pods} no controller: kubectl drain needs --force, and nothing makes them again"
    if any(each.target is not None for each in plan.pods):
        yield "each pod goes to the first node that matches; kube-scheduler may choose others"
