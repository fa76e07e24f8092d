"""What is said for each name that people give to a field of a job, or to its value."""

from typing import Any

import pytest

from nodeselect import JobError, kinds
from nodeselect.expanso import job_rules, schema_fields, suggestions
from nodeselect.jobs import check_job, read_job
from tests.jobs.reading import OF_EXCERPTS, refusal

OF_PIPELINES = [
    *("input", "pipeline", "output", "buffer", "processors", "metrics", "logger", "tracer", "http"),
    *("resources", "input_resources", "processor_resources", "output_resources", "cache_resources"),
    *("rate_limit_resources", "shutdown_delay", "shutdown_timeout"),
]
OF_SELECTORS = {
    **dict.fromkeys(("id", "ids", "node_ids", "nodes"), "match_ids"),
    **dict.fromkeys(("labels", "node_labels", "node_selector"), "match_labels"),
    **dict.fromkeys(("constraints", "expressions", "requirements"), "match_expressions"),
}
RENAME = "rename it to 'selector', with match_labels, match_expressions or match_ids"
UNWRAP = "remove it and write its fields at the top level, or rename it to 'spec'"
HEALTHY = "set success_threshold instead: a node is healthy after that many good checks in a row"

# Fields, in the mapping where they are written, and the hint or what to write instead.
HINTS: list[tuple[str, str, str]] = [
    *(("{%s: 1}", name, f"move it under 'config', as config.{name}") for name in OF_PIPELINES),
    *(("{selector: {%s: []}}", name, f"= {field}") for name, field in OF_SELECTORS.items()),
    *(("{%s: 5}", name, RENAME) for name in ("constraints", "nodeSelector", "label_selector")),
    *(("{spec: {name: x}, %s: 5}", name, RENAME) for name in ("constraints", "nodeSelector")),
    *(("{%s: 1}", name, UNWRAP) for name in ("job", "jobs", "jobSpec")),
    *(
        ("{%s: []}", name, f"move it under 'selector', as selector.{name}")
        for name in ("match_ids", "match_labels", "match_expressions")
    ),
    ("{%s: {}}", "deployment", "rename it to 'rollout'; its max_parallel is now a percentage"),
    ("{rollout: {%s: 1}}", "min_healthy_time", f"under health_check, {HEALTHY}"),
    ("{rollout: {health_check: {%s: 1}}}", "min_healthy_time", HEALTHY),
    ("{%s: 1}", "count", "remove it: a job runs on every node that its selector matches"),
    ("{%s: 1}", "tasks", "this is a field of Bacalhau; write what the job does under 'config'"),
    ("{rollout: {%s: 1}}", "auto_rollback", "write no_auto_rollback, which means the opposite"),
    (
        "{spec: {name: x}, %s: 1}",
        "metadata",
        "remove it; name and labels of the job are inside 'spec'",
    ),
    ("{spec: {name: x}, %s: 1}", "priority", "move it under 'spec'"),
    ("{%s: 1}", "max_parallel", "move it under 'rollout'"),
    ("{%s: 1}", "interval", "move it under 'rollout.health_check'"),
    ("{rollout: {%s: 1}}", "interval", "move it under 'rollout.health_check'"),
    ("{%s: 1}", "queue_timeout", "move it under 'timeouts'"),
    ("{rollout: {%s: 1}}", "match_ids", "move it under 'selector'"),
    ("{%s: x}", "selectr", "= selector"),
    ("{%s: x}", "SELECTR", "= selector"),
]


@pytest.mark.parametrize(("where", "name", "hint"), HINTS)
def test_hint(where: str, name: str, hint: str) -> None:
    """Each name has its own hint, wherever the field is."""
    text = f"{{name: x, {(where % name)[1:]}" if "spec" not in where else where % name
    problems = check_job(text, rules=OF_EXCERPTS).problems
    [problem] = [each for each in problems if each.path.rpartition(".")[2] == name]
    assert problem.code in ("unknown-field", "old-field")
    replacement = problem.fix and problem.fix.replacement
    assert (f"= {replacement}" if replacement else problem.hint) == hint


def test_every_name_has_a_case() -> None:
    """A new entry of a table is seen here first."""
    assert sorted(suggestions.PIPELINE_FIELDS) == sorted(OF_PIPELINES)
    assert OF_SELECTORS == suggestions._SELECTOR_FIELDS
    names = {name for _, name, _ in HINTS}
    assert {name for _, name in (*suggestions.RENAMED, *suggestions._MISTAKES)} <= names
    assert schema_fields.WRAPPERS == ("job", "spec", "jobs", "job_spec")
    assert schema_fields.FOREIGN_SELECTORS == ("constraints", "nodeselector", "labelselector")
    assert job_rules._JOB_TYPES == ("pipeline", "query", "update", "config")
    assert kinds.KUSTOMIZE_FIELDS == OF_KUSTOMIZATIONS
    assert dict(kinds._OTHER_FILES) == FILES
    assert len(kinds._FOREIGN) == len(FOREIGN) - len(OF_KUSTOMIZATIONS)


TYPES = {"daemon": "pipeline", "Service": "pipeline", "ops": "query", "batch": "query"}


@pytest.mark.parametrize(
    ("field", "replacement"),
    [
        *((f"type: {word}", suggested) for word, suggested in TYPES.items()),
        *((f"type: {word}", None) for word in ("pipeline", "query", "update", "config")),
        *(
            (f"rollout: {{auto_promote: '{word}'}}", value)
            for value, words in {"true": "true yes On y", "false": "false No off n"}.items()
            for word in words.split()
        ),
        ("rollout: 5", "{strategy: rolling, health_check: {deadline: 5m}}"),
        ("rollout: {health_check: 5}", "{deadline: 5m}"),
        ("timeouts: 5", "{total_timeout: 3600}"),
    ],
)
def test_value(field: str, replacement: str | None) -> None:
    """A word of another system, or a value of another type, has what to write instead."""
    rules = ["unknown-type", "wrong-type"]
    problems = check_job(f"name: x\n{field}\n", rules=rules).problems
    expected = [] if replacement is None else [replacement]
    assert [each.fix and each.fix.replacement for each in problems] == expected


KUSTOMIZATION = "a kustomization"
OF_KUSTOMIZATIONS = (
    *("bases", "components", "patches", "patchesJson6902", "patchesStrategicMerge", "resources"),
)
VALUES = "a file with the values of a Helm chart"
# Documents that are not jobs, each with no more fields than it is recognised by.
FOREIGN: list[tuple[dict[str, Any], str]] = [
    ({"services": {}}, "a file of Docker Compose"),
    ({"on": "push", "jobs": {}}, "a workflow of GitHub Actions"),
    ({"apiVersion": "v2", "name": "a", "version": "1"}, "a chart of Helm"),
    *(({name: 1}, VALUES) for name in ("fullnameOverride", "nameOverride", "replicaCount")),
    ({"image": {}, "nodeSelector": {}, "tolerations": []}, VALUES),
    ({"apiVersion": "x/v1", "kind": "List"}, "a Kubernetes object"),
    ({"type": "ADDED", "object": {}}, "a stream of Kubernetes watch events"),
    *(({name: []}, KUSTOMIZATION) for name in OF_KUSTOMIZATIONS),
]


@pytest.mark.parametrize(("fields", "what"), FOREIGN)
def test_other_documents(fields: dict[str, Any], what: str) -> None:
    """A document with all of these fields is what it is; without one of them, it is not."""

    def messages(document: dict[str, Any]) -> list[str]:
        with pytest.raises(JobError) as caught:
            read_job(document)  # check_job reads an object of Kubernetes as a manifest
        return [each.message for each in caught.value.problems]

    message = f"this is {what}, not a job spec"
    assert messages(fields) == [message]
    for name in fields:
        less = {other: value for other, value in fields.items() if other != name}
        assert message not in messages({"id": 1, **less})
    for own in ("selector", "config")[: 1 if what == VALUES else None]:  # charts have a config
        assert message not in messages({own: {}, **fields})


@pytest.mark.parametrize(("name", "code"), [("kind", "not-a-job"), ("x", "second-document")])
def test_watch_events(name: str, code: str) -> None:
    """A stream of events is refused for what it is; of other documents, there is one too many."""
    text = f'{{"type": "ADDED", "object": {{"apiVersion": "v1", "{name}": "Node"}}}}\n'
    assert [each.code for each in check_job(text * 2, "x.json").problems] == [code]


def test_tasks() -> None:
    """Only a job without fields that are probably meant to be the config has none."""
    for name in (*OF_PIPELINES, "tasks"):
        assert check_job(f"{{name: x, {name}: 1}}", rules=["no-config"]).problems == ()
    assert check_job("{name: x, labels: {}}", rules=["no-config"]).problems


@pytest.mark.parametrize(
    "name",
    [
        *("affinity", "nodeAffinity", "nodeSelectorTerms"),
        "requiredDuringSchedulingIgnoredDuringExecution",
    ],
)
def test_affinity(name: str) -> None:
    """An affinity without its pod is no job spec; the command that reads it is named."""
    [problem] = refusal(f"{name}: {{}}").problems
    assert problem.message == "this is the affinity of a Kubernetes pod, not a job spec"
    assert "nodeselect match --job FILE" in (problem.hint or "")


# How other files begin, and what they are.
FILES = {
    b"\x1f\x8b": "is a compressed file",
    b"PAR1": "is a Parquet file",
    b"\x89NSX": "is a saved inventory",
}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        *((start + b"x", f"this {words}, not a job") for start, words in FILES.items()),
        (b"", "the file is empty"),
        (b"''", "a job spec is a mapping, not the string ''"),
        (b"{tasks: []}", "this is not a job spec: it has no name, type or selector"),
        (b"{Job: {ID: a, TaskGroups: []}}", "this is a Nomad job, which is not read"),
        (b"{job: [{web: [{group: []}]}]}", "this is a Nomad job, which is not read"),
        *(
            (b"{job: {web: {%s: {}}}}" % name, "this is a Nomad job, which is not read")
            for name in (b"group", b"constraint", b"datacenters")
        ),
        (b"{tasks: [{driver: exec}], name: a}", "this is a Nomad job, which is not read"),
    ],
)
def test_other_files(content: bytes, words: str) -> None:
    """What is not a job is called what it is."""
    [problem] = check_job(content, "x").problems
    assert problem.message == words


@pytest.mark.parametrize("name", ["name", "type", "count", "constraints"])
def test_jobs_of_bacalhau(name: str) -> None:
    """Tasks and one of these fields are a job of Bacalhau, unless it has what only ours have."""
    for more in ("", ", config: {}"):
        problems = check_job(f"{{tasks: [], {name}: a{more}}}", rules=["unknown-field"]).problems
        found = {each.code for each in problems} & {"unknown-field", "not-a-job"}
        assert bool(found) == bool(more)
