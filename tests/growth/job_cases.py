"""Job files of many fields, entries and problems, as YAML and JSON; manifests and models."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from nodeselect.jobs import JobSpec, check_job, check_jobs
from nodeselect.limits import LIMITS
from nodeselect.manifests.manifest import read_manifest
from tests.growth.cases import case, rejected, words
from tests.growth.reader_cases import PIECES
from tests.readers.test_shapes import as_yaml

Fields = dict[str, Any]


def _selector(n: int, **fields: Callable[[str], object]) -> Fields:
    return {"selector": {name: [item(word) for word in words(n)] for name, item in fields.items()}}


def _expressions(template: str) -> Callable[[int], Fields]:
    return lambda n: _selector(n, match_expressions=template.format)


def _structured(n: int) -> Fields:
    item = lambda word: {"key": word, "operator": "In", "values": ["a"]}  # noqa: E731
    return _selector(n, match_expressions=item)


def _named(field: str, value: object) -> Callable[[int], Fields]:
    return lambda n: {field: dict.fromkeys(words(n), value)}


def _split(n: int) -> Fields:
    return {"selector": {"match_expressions": ["k in (a", *words(n - 2), "b)"]}}


_FIELDS: dict[str, Callable[[int], Fields]] = {
    "expressions": _expressions("{} in (a,b)"),
    "same-key": _expressions("k!={}"),
    "contradiction": _expressions("k={}"),
    "invalid-expressions": _expressions("{} not in (a)"),
    "split-expressions": _split,
    "structured": _structured,
    "too-many": lambda n: _expressions("{}")(n + LIMITS.requirements),
    "labels": lambda n: {"selector": {"match_labels": dict.fromkeys(words(n), "a")}},
    "invalid-labels": lambda n: {"selector": {"match_labels": dict.fromkeys(words(n, " "), "a")}},
    "ids": partial(_selector, match_ids=str),
    "repeated-ids": lambda n: {"selector": {"match_ids": ["a"] * n}},
    "meta": _named("meta", "a"),
    "wrong-types": _named("meta", 1),
    "placeholders": _named("meta", "replace-me"),
    "config": _named("config", [1, 2.5, {"a": True}]),
    "selector-in-config": _named("config", {"match_ids": ["a"]}),
    "unknown-fields": lambda n: dict.fromkeys(words(n), "a"),
    "misspelt-fields": lambda n: {f"selectr{number:05}": "a" for number in range(2 * n)},
    "long-texts": lambda n: {"name": "x<" * n, "type": "y" * n, "priority": "9" * n},
}


def _check(data: bytes) -> object:
    return str(check_job(data))


def _check_value(data: bytes) -> object:
    return _check(b"a: " + data)


def _job(fields: Callable[[int], Fields], n: int) -> Fields:
    return {"name": "demo", "selector": {"match_labels": {"a": "b"}}} | fields(n)


def job_of_ids(n: int) -> bytes:
    return json.dumps(_job(_FIELDS["ids"], n)).encode()


def _add_files() -> None:
    def yaml_file(fields: Callable[[int], Fields], n: int) -> bytes:
        return as_yaml(_job(fields, n)).encode()

    for name, fields in _FIELDS.items():
        case(f"check/{name}", _check, partial(yaml_file, fields))
    case("check/json", _check, job_of_ids)
    for piece in PIECES:
        case(f"check/{piece!a}", _check_value, piece.encode().__mul__)
    case("check/comments", _check, lambda n: b"a: b # nodeselect: ignore[no-type]\n" * n)
    case("check/files", lambda names: list(check_jobs((name, b"name: x") for name in names)), words)


def _add_models() -> None:
    def spec(n: int) -> Fields:
        config = dict.fromkeys(words(n), (1, "a"))
        return {"name": "demo", "selector": {"match_ids": words(n)}, "config": config}

    def model(fields: Fields) -> object:
        read = JobSpec.model_validate(fields)
        return hash(read), hash(JobSpec.model_validate_json(read.to_json())), repr(read)

    case("model/valid", model, spec)
    case("model/invalid", rejected(JobSpec.model_validate), _FIELDS["unknown-fields"])


def _add_manifests() -> None:
    def documents(value: object, n: int) -> bytes:
        pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeSelector": {"a": value}}}
        pods = [{**pod, "metadata": {"name": word}} for word in words(n)]
        return "---\n".join(map(as_yaml, pods)).encode()

    def others(n: int) -> bytes:
        roles = [{"containers": [{"name": word}], "nodeSelector": {"a": word}} for word in words(n)]
        inner = [{"apiVersion": "a/v1", "kind": "B", "metadata": {"name": "b"}, "spec": roles}]
        inner += [{"apiVersion": "a/v1", "kind": word, "spec": {"a": [1]}} for word in words(n)]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": inner}).encode()

    def aliases(n: int) -> bytes:
        pod = "apiVersion: v1\nkind: Pod\nspec: {}\nmetadata:\n  labels:\n    first: &a b\n"
        return (pod + "".join(f"    {word}: *a\n" for word in words(n))).encode()

    def merged(n: int) -> bytes:
        pod = "apiVersion: v1\nkind: Pod\nspec: {}\nmetadata:\n  a: &a {a: [b]}\n  b: &b\n"
        pod += "".join(f"    {word}: *a\n" for word in words(n))
        return (pod + "  labels:\n    <<: [*b, *a, *b]\n").encode()

    case("manifest/merged", read_manifest, merged, 10)
    case("manifest/documents", read_manifest, partial(documents, "b"), 10)
    case("manifest/other-kinds", read_manifest, others, 10)
    case("manifest/aliases", read_manifest, aliases, 10)
    case("manifest/invalid", rejected(read_manifest), partial(documents, 5), 10)

    def bacalhau_job(n: int) -> bytes:
        constraints = [{"Key": word, "Operator": "exists"} for word in words(n)]
        return json.dumps({"Job": {"Constraints": constraints, "Tasks": [{}] * n}}).encode()

    case("manifest/bacalhau", read_manifest, bacalhau_job, 10)


_add_files()
_add_models()
_add_manifests()
