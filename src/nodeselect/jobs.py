"""Read and check the job specs of Expanso, and represent them as values.

Cost: about two milliseconds for each kilobyte of a file.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nodeselect.expanso.checker import CheckedJob
from nodeselect.findings.reading import JobData, to_bytes
from nodeselect.findings.report import CheckReport
from nodeselect.findings.rule import REGISTRY, Rule
from nodeselect.kinds import may_be_manifest
from nodeselect.problem import suggest_word
from nodeselect.text import quoted

if TYPE_CHECKING:
    from nodeselect.documents import Value
    from nodeselect.expanso.fix import fix_job
    from nodeselect.expanso.models import (
        HealthCheck,
        JobSpec,
        NodeSelector,
        RolloutSpec,
        Timeouts,
    )
    from nodeselect.expanso.read import read_job, read_job_selector
    from nodeselect.expanso.rollout import RolloutPlan, Wave, plan_rollout
    from nodeselect.findings.node_count import CountNodes, NodeCount

__all__ = [
    "CheckReport",
    "HealthCheck",
    "JobSpec",
    "NodeCount",
    "NodeSelector",
    "RolloutPlan",
    "RolloutSpec",
    "Rule",
    "Timeouts",
    "Wave",
    "all_rules",
    "check_job",
    "check_jobs",
    "fix_job",
    "plan_rollout",
    "read_job",
    "read_job_selector",
    "select_rules",
]

# The modules of the names that are imported when they are used.
_MODULES = {
    "expanso.fix": ("fix_job",),
    "expanso.models": ("HealthCheck", "JobSpec", "NodeSelector", "RolloutSpec", "Timeouts"),
    "expanso.read": ("read_job", "read_job_selector"),
    "expanso.rollout": ("RolloutPlan", "Wave", "plan_rollout"),
    "findings.node_count": ("NodeCount",),
}

# The groups of rules in the order of the documentation.
_GROUPS = ("document", "fields", "rollout", "selector", "kubernetes", "nodes", "language")


if not TYPE_CHECKING:  # a type checker must not think that there is every name

    def __getattr__(name: str) -> Any:
        for module, names in _MODULES.items():
            if name in names:
                return getattr(import_module(f"nodeselect.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def all_rules() -> dict[str, Rule]:
    """Return a mapping from code to rule, in the order of the documentation."""
    import nodeselect.manifests.rules  # noqa: F401 - only now, as job specs need none of them

    return dict(sorted(REGISTRY.items(), key=lambda item: _GROUPS.index(item[1].group)))


def select_rules(select: Iterable[str] | None = None, ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the codes of rules to pass to :func:`check_job`.

    :param select: the codes to include; None for all. Rules that are always reported are added.
    :param ignore: the codes to leave out.
    :raises ValueError: if there is no rule with a code, or a rule to ignore is always reported.
    """
    rules = all_rules()
    known = rules.keys()
    selected = frozenset(known if select is None else select)
    ignored = frozenset(ignore)
    if unknown := (selected | ignored) - known:
        code = min(unknown)
        close = suggest_word(code.replace("_", "-"), known)
        raise ValueError(f"there is no rule {quoted(code)}{f'; {close.text}' if close else ''}")
    # The file is not text, not plain data or not a job, or has a selector that is not valid.
    always_reported = frozenset(code for code, rule in rules.items() if rule.always_reported)
    if always := ignored & always_reported:
        raise ValueError(f"the rule '{min(always)}' cannot be ignored: it is always reported")
    return selected - ignored | always_reported


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
        manifest ``LIMITS.manifest_bytes``; or a mapping: its problems have no line.
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
    count_nodes: "CountNodes | None" = None,
    volumes: "Sequence[Value]" = (),
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
        _check_file(data, file, check, rules, None if file in unbuilt else count_nodes, volumes)
        for file, data in files
    )


def _check_file(
    data: JobData,
    file: str,
    check: Callable[..., CheckedJob],
    rules: Collection[str] | None,
    count_nodes: "CountNodes | None",
    volumes: "Sequence[Value]",
) -> CheckReport:
    data = data if isinstance(data, Mapping) else to_bytes(data)
    if isinstance(data, Mapping) or may_be_manifest(data):  # for others, placements are not loaded
        from nodeselect.manifests.manifest import check_manifest

        report = check_manifest(data, file, rules=rules, count_nodes=count_nodes, volumes=volumes)
        if report is not None:
            return report
    return check(data, file, count_nodes=count_nodes).report
