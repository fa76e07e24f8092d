"""Check files with jobs: job specs of Expanso, and Kubernetes manifests."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nodeselect.documents import DocumentError, Position, Value
from nodeselect.jobs.check.checker import CheckedJob, CheckReport, JobData, to_bytes
from nodeselect.jobs.check.nodes import CountNodes, check_nodes
from nodeselect.jobs.check.rule import Findings, document_finding

if TYPE_CHECKING:
    from nodeselect.jobs.manifest import Manifest


def check_job(
    data: JobData,
    file: str = "job",
    *,
    rules: Collection[str] | None = None,
    require_selector: bool = False,
) -> CheckReport:
    """Check a job spec, or the objects of a Kubernetes manifest, in YAML or JSON.

    >>> report = check_job("name: a\\ntype: query\\nselector: {match_labels: {gpu: 1}}", "job.yaml")
    >>> print(report.problems[1].show(report.file))
    error[wrong-type]: expected a string, found 1
     --> job.yaml:3:32 at selector.match_labels.gpu
      |
    3 | selector: {match_labels: {gpu: 1}}
      |                                ^
    help: write: "1"

    :param data: the bytes or the text of the file, at most ``LIMITS.job_file_bytes``, or for a
        manifest ``LIMITS.manifest_bytes``; or a job spec as a mapping: its problems have no line.
    :param file: the name of the file.
    :param rules: the codes of rules to report, from :func:`select_rules`; None for all.
    :param require_selector: whether an empty selector is an error, not a warning.
    """
    [report] = check_jobs([(file, data)], rules=rules, require_selector=require_selector)
    return report


def check_jobs(
    files: Iterable[tuple[str, JobData]],
    *,
    rules: Collection[str] | None = None,
    require_selector: bool = False,
    count_nodes: CountNodes | None = None,
    volumes: Sequence[Value] = (),
    unbuilt: Collection[str] = (),
) -> Iterator[CheckReport]:
    """Check files as :func:`check_job` does; report names that are twice in a folder, too.

    >>> job = "name: a\\ntype: query\\nselector: {match_ids: [n-1]}\\nconfig: {input: {stdin: {}}}"
    >>> for report in check_jobs([("jobs/a.yaml", job), ("jobs/b.yaml", job)]):
    ...     print(report.file, [problem.code for problem in report.problems])
    jobs/a.yaml []
    jobs/b.yaml ['repeated-name']

    :param files: pairs of the name of a file and its data. A file is checked when its report is
        requested from the iterator.
    :param count_nodes: a function that returns the :class:`NodeCount` of a selector or a placement;
        None to check no numbers of nodes.
    :param volumes: the volumes and claims of Kubernetes in all of the files.
    :param unbuilt: files for which no numbers of nodes are checked.
    """
    if require_selector and rules is not None and "empty-selector" not in rules:
        raise ValueError("a selector cannot be required without the rule empty-selector")
    severity = "error" if require_selector else ""
    check = partial(CheckedJob, rules=rules, names={}, empty_severity=severity, reads_comments=True)
    return (
        _check_file(data, file, check, None if file in unbuilt else count_nodes, volumes)
        for file, data in files
    )


def _check_file(
    data: JobData,
    file: str,
    check: Callable[..., CheckedJob],
    count_nodes: CountNodes | None,
    volumes: Sequence[Value],
) -> CheckReport:
    found = None
    if not isinstance(data, Mapping):
        data = to_bytes(data)
        if re.search(rb"apiVersion|(?i:tasks)", data):  # for others, placements are not loaded
            from nodeselect.jobs.manifest import find_objects

            found = find_objects(data, file, volumes, count_nodes)
    pools = [each.name for each in found.conditions if each.owner[0] == "NodePool"] if found else []
    findings = found and _findings(found, count_nodes, pools)
    report = check(data, file, count_nodes=count_nodes, findings=findings).report
    if found is None:
        return report
    has_job = bool(found.workloads or found.findings or found.notes)
    has_job &= not found.is_template
    errors = report.errors + found.unreported
    return report._replace(
        is_job=has_job, errors=errors, is_template=found.is_template, not_compared=tuple(pools)
    )


def _findings(
    found: "Manifest", count_nodes: CountNodes | None, pools: Collection[str]
) -> Findings:
    """Yield the findings of a manifest or a Bacalhau job."""
    yield from found.findings
    yield from found.in_conditions
    yield from found.notes
    jobs = found.workloads
    if jobs:
        yield from (each._replace(severity="note") for each in found.patches)
    if set(found.skipped) == {"Node"} and not (jobs or found.findings):
        message, hint = "these are nodes, not jobs", "give them with -n FILE"
        yield document_finding(DocumentError("not-a-job", message, Position(0, 0), hint))
    if count_nodes is None:
        return
    conditions = {each.name for each in found.conditions}
    for workload in jobs if jobs == found.conditions else (*jobs, *found.conditions):
        if workload.name not in pools:
            counted = count_nodes(workload.placement)
            # That every node fulfils a condition which requires nothing need not be said.
            if workload.name not in conditions or workload.placement.selector.split():
                yield from check_nodes(workload.name, *workload.place, counted)
