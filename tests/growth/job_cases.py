"""Job files of many fields, entries and problems, as YAML and JSON; answers, models and reports."""

import copy
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from nodeselect import JobError, Node
from nodeselect.documents.yaml import read_document
from nodeselect.frozen import FrozenMapping
from nodeselect.jobs import (
    CheckReport,
    JobSpec,
    NodeSelector,
    RolloutSpec,
    check_job,
    check_jobs,
    fix_job,
    plan_rollout,
    read_execution,
    read_job,
    read_job_selector,
    read_response,
    read_server_job,
)
from nodeselect.jobs.manifest import read_manifest
from nodeselect.jobs.selector_file import read_selector_file
from nodeselect.limits import LIMITS
from nodeselect.render.layout import PROBLEM_FORMATS, REPORT_FORMATS, Screen
from nodeselect.render.problems import (
    correction_lines,
    correction_summary,
    error_list_lines,
    problem_lines,
    problem_summary,
)
from nodeselect.render.rollout import RolloutReport, rollout_lines
from tests.growth.cases import case, rejected, words
from tests.growth.reader_cases import PIECES, as_yaml

Fields = dict[str, Any]


def _expressions(template: str, n: int) -> Fields:
    return {"selector": {"match_expressions": [template.format(word) for word in words(n)]}}


def _structured(n: int) -> Fields:
    items = [{"key": word, "operator": "In", "values": ["a"]} for word in words(n)]
    return {"selector": {"match_expressions": items}}


def _one_structured(n: int) -> Fields:
    item = {"key": "k", "operator": "In", "values": words(n)}
    return {"selector": {"match_expressions": [item]}}


def _redundant(n: int) -> Fields:
    texts = ["k=a", *(f"k!={word}" for word in words(n - 1))]
    return {"selector": {"match_expressions": texts}}


def _split(n: int) -> Fields:
    return {"selector": {"match_expressions": ["k in (a", *words(n - 2), "b)"]}}


def _meta(value: object, n: int) -> Fields:
    return {"meta": dict.fromkeys(words(n), value)}


def _config(value: object, n: int) -> Fields:
    return {"config": dict.fromkeys(words(n, "selector"), value)}


def _deadline(text: str, n: int) -> Fields:
    return {"rollout": {"strategy": "rolling", "health_check": {"deadline": text * n}}}


# Up to the limit of requirements. Each function returns the fields of a job for a size.
_REQUIREMENTS: dict[str, Callable[[int], Fields]] = {
    "labels": lambda n: {"selector": {"match_labels": dict.fromkeys(words(n), "a")}},
    "expressions": partial(_expressions, "{}!=a"),
    "comparisons": partial(_expressions, "{}>5"),
    "one-key": partial(_expressions, "k!={}"),
    "contradiction": partial(_expressions, "k={}"),
    "repeated": partial(_expressions, "k!=a"),
    "redundant": _redundant,
    "split": _split,
    "invalid-expressions": partial(_expressions, "{} not in (a)"),
    "structured": _structured,
    "invalid-labels": lambda n: {"selector": {"match_labels": dict.fromkeys(words(n, " "), "a")}},
}

# As many as there may be in a file.
_MANY: dict[str, Callable[[int], Fields]] = {
    "ids": lambda n: {"selector": {"match_ids": words(n)}},
    "repeated-ids": lambda n: {"selector": {"match_ids": ["a"] * n}},
    "odd-ids": lambda n: {"selector": {"match_ids": words(n, "*")}},
    "ids-in-text": lambda n: {"selector": {"match_ids": ",".join(words(n))}},
    "values": _one_structured,
    "too-many-expressions": lambda n: _expressions("{}", n + LIMITS.requirements),
    "selector-list": lambda n: {"selector": words(n)},
    "selector-text": lambda n: {"selector": " ".join(words(n))},
    "selector-fields": lambda n: {"selector": dict.fromkeys(words(n), "a")},
    "labels-list": lambda n: {"selector": {"match_labels": words(n)}},
    "meta": partial(_meta, "a"),
    "meta-types": partial(_meta, 1),
    "templates": partial(_meta, "${A}"),
    "placeholders": partial(_meta, "replace-me"),
    "controls": partial(_meta, "\x01"),
    "config": partial(_config, [1, 2.5, {"a": True}]),
    "large-integers": partial(_config, 2**70),
    "misplaced": partial(_config, {"match_ids": ["a"]}),
    "unknown-fields": lambda n: dict.fromkeys(words(n), "a"),
    "near-misses": lambda n: {f"selectr{number:05}": "a" for number in range(n)},
    "long-texts": lambda n: {"name": "x<" * n, "type": "y" * n, "description": "z" * n},
    "long-number": lambda n: {"priority": "9" * n},
    "long-duration": partial(_deadline, "1h"),
}

_FORMATS: dict[str, Callable[[Fields], str]] = {"json": json.dumps, "yaml": as_yaml}

# What is before a text in a job file, and after it.
_FRAMES = {
    "file": ("", ""),
    "value": ("name: ", "\n"),
    "item": ("selector: {match_expressions: [", "]}\n"),
    "config": ("config:\n  a: ", "\n"),
    "json": ('{"name": ', "}"),
}


def _job_of(fields: Callable[[int], Fields], n: int) -> Fields:
    """Return a job with some fields of a size."""
    return {"name": "demo", "selector": {"match_labels": {"a": "b"}}} | fields(n)


def _file_of(fields: Callable[[int], Fields], kind: str, n: int) -> bytes:
    return _FORMATS[kind](_job_of(fields, n)).encode()


def job_of_ids(n: int) -> bytes:
    """Return a job for ``n`` nodes."""
    return _file_of(_MANY["ids"], "json", n)


def _check(data: bytes) -> object:
    return str(check_job(data)), fix_job(data)


def _read_in_every_way(job: Fields) -> None:
    str(check_job(job))
    for data in (as_yaml(job), json.dumps(job).encode(), job):
        for read in (read_job, read_job_selector):
            try:
                read(data)
            except JobError as error:
                str(error)


def _add_files() -> None:
    for kind in _FORMATS:
        for name, fields in _REQUIREMENTS.items():
            build = partial(_file_of, fields, kind)
            case(f"check/{name}/{kind}", _check, build, limit=LIMITS.requirements // 2)
        for name, fields in _MANY.items():
            case(f"check/{name}/{kind}", _check, partial(_file_of, fields, kind), 60)
    for name in ("labels", "one-key"):
        build_job = partial(_job_of, _REQUIREMENTS[name])
        case(f"read-job/{name}", _read_in_every_way, build_job, limit=LIMITS.requirements)
    for name in ("ids", "config", "unknown-fields", "meta-types", "controls"):
        case(f"read-job/{name}", _read_in_every_way, partial(_job_of, _MANY[name]), 20)

    def framed(before: str, piece: str, after: str, n: int) -> bytes:
        return f"{before}{piece * n}{after}".encode("utf-8", "replace")

    for piece in PIECES:
        for frame, (before, after) in _FRAMES.items():
            case(f"check/{frame}/{piece!a}", _check, partial(framed, before, piece, after))
    for line in (b"name: \xff\n", b"\x01\n", b"a: &a b\n", b"a: b\n", b"---\na: b\n"):
        case(f"check/{line!a}", _check, line.__mul__)
    case("check/files", lambda names: list(check_jobs((name, b"name: x") for name in names)), words)
    case("check/comments", _check, b"# nodeselect: ignore[no-type, x]\nname: a\n".__mul__)
    ignored = b"name: b\nselector: [a] # nodeselect: ignore[wrong-type]\nmeta:\n".__add__
    case("check/ignored", _check, lambda n: ignored(b" # nodeselect: ignore[no-type]\n" * n))
    case("check/tags", _check, lambda n: b"selector:\n match_expressions:\n" + b" - !a\n" * n)
    case("check/too-large", _check, lambda n: bytes(LIMITS.job_file_bytes + n))
    case("check/document", read_document, lambda n: json.dumps(words(n)))


def _add_answers() -> None:
    def spec(n: int) -> Fields:
        config = dict.fromkeys(words(n), (1, "a"))
        return {"name": "demo", "selector": {"match_ids": words(n)}, "config": config}

    def execution(n: int) -> bytes:
        answer = {"id": "e", "job_spec": spec(n), "status": {"state": "running"}, "x": words(n)}
        return json.dumps({"execution": answer}).encode()

    def server_job(n: int) -> bytes:
        return json.dumps({"job": {"id": "j", "spec": spec(n)}}).encode()

    def wrong(n: int) -> bytes:
        return json.dumps({"id": "e", "job_spec": {"labels": dict.fromkeys(words(n), 1)}}).encode()

    def model(fields: Fields) -> object:
        read = JobSpec.model_validate(fields)
        return hash(read), hash(JobSpec.model_validate_json(read.to_json())), repr(read)

    def selector(ids: list[str]) -> object:
        return NodeSelector.of(NodeSelector(match_ids=tuple(ids)).to_selector())

    def frozen(items: list[str]) -> object:
        mapping = FrozenMapping(dict.fromkeys(items, 1))
        return hash(mapping), repr(mapping), copy.copy(mapping)

    case("answer/execution", read_execution, execution, 20)
    case("answer/response", read_response, execution, 20)
    case("answer/job", lambda data: read_server_job(data).spec.to_selector(), server_job, 20)
    case("answer/other", rejected(read_response), server_job, 20)
    case("answer/wrong-types", rejected(read_execution), wrong, 20)
    case("model/valid", model, spec)
    case("model/strings", JobSpec.model_validate_strings, partial(_meta, "a"))
    case("model/invalid", rejected(JobSpec.model_validate), _MANY["unknown-fields"])
    case("model/selector", selector, words)
    case("model/frozen", frozen, words)


def pod_of(name: str, **spec: object) -> Fields:
    """Return a Pod of Kubernetes."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def pod_of_terms(n: int) -> Fields:
    """Return a Pod whose node affinity has ``n`` terms."""
    terms = [
        {"matchExpressions": [{"key": word, "operator": "NotIn", "values": ["a"]}]}
        for word in words(n)
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return pod_of("a", nodeSelector={"a": "b"}, affinity={"nodeAffinity": required})


def _add_manifests() -> None:
    def pods(value: object, n: int) -> list[Fields]:
        spec = {"nodeSelector": {"a": value}, "containers": [{"resources": {"limits": "1"}}]}
        return [pod_of(word, **spec) for word in words(n)]

    def documents(value: object, n: int) -> bytes:
        return "\n---\n".join(map(as_yaml, pods(value, n))).encode()

    def items(value: object, n: int) -> bytes:
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": pods(value, n)}).encode()

    def labels(value: object, n: int) -> bytes:
        return as_yaml(pod_of("a", nodeSelector=dict.fromkeys(words(n), value))).encode()

    def others(n: int) -> bytes:
        return "---\n".join(["apiVersion: v1\nkind: Service\n"] * n).encode()

    def selector_file(name: str, item: Callable[[str], object], n: int) -> bytes:
        return json.dumps({name: list(map(item, words(n)))}).encode()

    def bacalhau(word: str) -> object:
        return {"Key": word, "Operator": "in", "Values": ["a", "b"]}

    def unknown(word: str) -> object:
        return {"Attribute": word}

    def many_requirements(word: str) -> object:
        return {"requirements": [{"key": word, "operator": "Exists"}], "ids": [word]}

    def twice(n: int) -> bytes:
        return "\n---\n".join([as_yaml(pod_of("a"))] * n).encode()

    def terms(n: int) -> bytes:
        return json.dumps(pod_of_terms(n)).encode()

    wrong = rejected(read_manifest)
    for kind, build in (("documents", documents), ("list", items)):
        case(f"manifest/{kind}", read_manifest, partial(build, "b"), 20)
        case(f"manifest/{kind}/invalid", wrong, partial(build, 5), 20)
    case("manifest/labels", read_manifest, partial(labels, "a"), limit=LIMITS.requirements)
    case("manifest/labels/invalid", wrong, partial(labels, 5))
    case("manifest/others", read_manifest, others)
    case("manifest/twice", wrong, twice)
    case("manifest/terms", read_manifest, terms)
    read = read_selector_file
    build_file = partial(selector_file, "Constraints", bacalhau)
    case("selector-file/Constraints", read, build_file, limit=LIMITS.requirements)
    case("selector-file/json", read, partial(selector_file, "selectors", many_requirements))
    case("selector-file/wrong", rejected(read), partial(selector_file, "Constraints", unknown))
    case("manifest/check", _check, partial(documents, "b"), 20)


def _add_reports() -> None:
    def reports(n: int) -> list[CheckReport]:
        return [check_job(b"nam: a\nselector: {x: 1}\n", word) for word in words(n)]

    def show(output: str, reports: list[CheckReport]) -> object:
        unread = [JobError(report.file, report.problems) for report in reports]
        names = [report.file for report in reports]
        lines = list(problem_lines(output, reports, unread, Screen()))
        ending = list(error_list_lines(reports, Screen()))
        return lines, ending, problem_summary(reports, len(unread), names, False)

    def corrections(n: int) -> list[tuple[str, str, str]]:
        text = "".join(f"a: {word}\n" for word in words(n))
        return [("x", f"b: c\n{text}", f"b: d\n{text}") for _ in range(2)]

    def show_corrections(corrections: list[tuple[str, str, str]]) -> object:
        summary = correction_summary(corrections, is_written=False)
        return list(correction_lines(corrections, Screen())), summary

    case("problems/corrections", show_corrections, corrections)
    for output in PROBLEM_FORMATS:
        case(f"problems/{output}", partial(show, output), reports, 20)

    def show_plan(rollout: RolloutSpec, output: str, nodes: list[Node]) -> object:
        shown = []
        for spread in (None, "site", "host"):
            plan = plan_rollout(nodes, rollout, spread=spread)
            report = RolloutReport("x", rollout.strategy, 10, len(nodes), plan)
            shown.append(list(rollout_lines(report, output, Screen())))
        return shown

    def nodes_of(n: int) -> list[Node]:
        return [
            Node(word, {"site": f"s-{at % 7}", "host": word}, state="ready")
            for at, word in enumerate(words(n))
        ]

    for rollout in (
        RolloutSpec(),
        RolloutSpec(strategy="rolling", max_parallel=1),
        RolloutSpec(strategy="canary", canary_percent=5, max_parallel=20),
    ):
        for output in REPORT_FORMATS:
            call = partial(show_plan, rollout, output)
            case(f"rollout/{rollout.strategy}/{output}", call, nodes_of, 200)


_add_files()
_add_answers()
_add_manifests()
_add_reports()
