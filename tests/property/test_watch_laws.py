"""What a watch prints adds up to what a match of the final nodes prints."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodeselect import Selector
from tests.cli.api_server import ApiServer
from tests.cli.running import Run
from tests.property.strategies import IDS, labels, texts

# Of each node its id, and its labels after the event; None if it is removed.
EVENTS = st.lists(st.tuples(st.sampled_from(IDS), st.none() | labels()), min_size=1)
# A job whose requirements contradict each other would be rejected.
TEXTS = texts(max_size=3).filter(lambda text: text and Selector.parse(text).is_satisfiable)
EXPRESSIONS = st.lists(TEXTS, min_size=1, max_size=3)


def matching(lines: str) -> list[str]:
    """Return the nodes that match after all changes; each comes before it goes."""
    found: list[str] = []
    for line in lines.splitlines():
        sign, node_id = line.split()
        (found.append if sign == "+" else found.remove)(node_id)
    return sorted(found)


def written(events: Sequence[tuple[str, dict[str, str] | None]], kind: str) -> bytes:
    """Write events as the API server, as kubectl, or as plain nodes."""
    server, data = ApiServer(indent=kind == "kubectl"), b""
    for node_id, node_labels in events:
        if kind == "nodes":
            end = {"deleted": True} if node_labels is None else {"labels": node_labels}
            data += json.dumps({"id": node_id} | end).encode()
        elif node_labels is not None:
            data += server.put(node_id, **node_labels)
        elif node_id in server.nodes:
            data += server.delete(node_id)
    return data


@pytest.mark.parametrize("kind", ["api", "kubectl", "nodes"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, expressions=EXPRESSIONS)
def test_changes_add_up(
    run: Run, kind: str, events: list[tuple[str, dict[str, str] | None]], expressions: list[str]
) -> None:
    """A node matches at the end if it has entered the answer once more than it has left it."""
    data = written(events, kind)
    options = [word for text in expressions for word in ("-l", text)]
    watched = run("watch", *options, "-n", "-", stdin=data)
    final = {node_id: labels for node_id, labels in dict(events).items() if labels is not None}
    nodes = "".join(json.dumps({"id": key, "labels": final[key]}) + "\n" for key in final)
    matched = run("match", *options, "-n", "-", "-o", "name", stdin=nodes or "[]")
    assert matching(watched.out) == sorted(matched.out.split())
    assert watched.status == (2 if not data else 0 if kind == "nodes" else 1)


@given(events=EVENTS, expressions=EXPRESSIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_job_is_an_answer(
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
    events: list[tuple[str, dict[str, str] | None]],
    expressions: list[str],
) -> None:
    """With several jobs, the lines of a job are those of a watch of this job alone."""
    folder = tmp_path_factory.mktemp("jobs")
    for number, text in enumerate(expressions):
        (folder / f"{number}.json").write_text(
            json.dumps({"selector": {"match_expressions": [text]}})
        )
    data = written(events, "nodes")
    lines = run("watch", "--jobs", str(folder), "-n", "-", stdin=data).out.splitlines()
    for number, text in enumerate(expressions):
        name = f" {folder}/{number}.json"
        alone = run("watch", "-l", text, "-n", "-", stdin=data)
        expected = [line.removesuffix(name) for line in lines if line.endswith(name)]
        assert alone.out.splitlines() == expected
