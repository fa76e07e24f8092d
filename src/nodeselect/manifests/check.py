"""Check Kubernetes manifests and Bacalhau jobs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nodeselect.documents import DocumentError, Position, Value
from nodeselect.findings.node_count import CountNodes, check_nodes
from nodeselect.findings.report import CheckReport, make_report, read_ignore_comments, reported
from nodeselect.findings.rule import Findings, document_finding
from nodeselect.manifests.manifest import (
    Manifest,
    find_bare_conditions,
    find_in_mapping,
    find_objects,
    plain_document,
)


def check_manifest(
    data: bytes | Mapping[str, Any],
    file: str,
    *,
    rules: Collection[str] | None = None,
    count_nodes: CountNodes | None = None,
    volumes: Sequence[Value] = (),
) -> CheckReport | None:
    """Check the objects of a manifest, conditions of a pod without the pod, or a Bacalhau job.

    Return None for any other file.

    The parameters are those of :func:`nodeselect.jobs.check_jobs`.
    """
    if isinstance(data, Mapping):
        found = find_in_mapping(data, volumes, count_nodes)
        ignored = {}
    else:
        found = find_objects(data, file, volumes, count_nodes)
        document = None if found else plain_document(data, file)
        found = found or (document and find_bare_conditions(document, count_nodes))
        ignored = read_ignore_comments(data)
    if found is None:
        return None
    pools = [each.name for each in found.conditions if each.owner[0] == "NodePool"]
    findings = reported(_findings(found, count_nodes, pools), rules, ignored, is_foreign=True)
    content = None if isinstance(data, Mapping) else data
    report = make_report(file, findings, content, found.unreported)
    has_job = bool(found.workloads or found.findings or found.notes) and not found.is_template
    return report._replace(is_job=has_job, is_template=found.is_template, not_compared=tuple(pools))


def _findings(found: Manifest, count_nodes: CountNodes | None, pools: Collection[str]) -> Findings:
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
