"""``nodeselect watch``, as a process of its own that reads events one by one."""

import contextlib
import importlib
import json
import os
import random
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory, Selector
from nodeselect.cli.inputs.nodes import NodeFiles
from tests.cli.running import FLEET, INTERRUPTIBLE, PLAIN, Run, write_files

watch_module = importlib.import_module("nodeselect.cli.commands.watch")


class ApiServer:
    """Nodes by name, and the events by which Kubernetes tells each change of them.

    :param indent: whether events are written as kubectl prints them, or one a line.
    """

    def __init__(self, *, indent: bool = False) -> None:
        self.nodes: dict[str, dict[str, str]] = {}
        self._indent = indent
        self._version = 100

    def put(self, name: str, **labels: str) -> bytes:
        kind = "MODIFIED" if name in self.nodes else "ADDED"
        self.nodes[name] = labels
        return self._event(kind, self._node(name))

    def delete(self, name: str) -> bytes:
        """Delete a node; the event has its last state."""
        event = self._event("DELETED", self._node(name))
        del self.nodes[name]
        return event

    def bookmark(self) -> bytes:
        """Tell the client how far it has come."""
        metadata = {"resourceVersion": str(self._version), "creationTimestamp": None}
        node = {"kind": "Node", "apiVersion": "v1", "metadata": metadata, "spec": {}, "status": {}}
        return self._event("BOOKMARK", node)

    def gone(self) -> bytes:
        """Refuse to go on: the client is too far behind."""
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status |= {"message": "too old resource version: 7 (99)", "reason": "Expired"}
        return self._event("ERROR", {**status, "code": 410})

    def _event(self, kind: str, node: Any) -> bytes:
        self._version += 1
        event = {"type": kind, "object": node}
        if self._indent:
            return json.dumps(event, indent=4, ensure_ascii=False).encode() + b"\n"
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _node(self, name: str) -> Any:
        conditions = [
            {"type": kind, "status": status, "lastHeartbeatTime": "2026-05-04T10:11:12Z"}
            for kind, status in (("MemoryPressure", "False"), ("Ready", "True"))
        ]
        annotations = {"csi.volume.kubernetes.io/nodeid": '{"csi.io":"a}\\n{b","é":"\\\\"}'}
        metadata = {"name": name, "resourceVersion": str(self._version)}
        metadata |= {"labels": self.nodes[name], "annotations": annotations}  # type: ignore[dict-item]
        images = [{"names": [f"registry.example/app:{at}"], "sizeBytes": at} for at in range(9)]
        return {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": metadata,
            "spec": {"podCIDR": "10.0.0.0/24"},
            "status": {"conditions": conditions, "images": images, "nodeInfo": {"machineID": "1"}},
        }


class Watching:
    """A running watch: write to it, and read the lines that follow."""

    def __init__(self, *args: str) -> None:
        self.process = subprocess.Popen(
            [*INTERRUPTIBLE, "watch", *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **PLAIN, "COLUMNS": "300"}, bufsize=0,
        )  # fmt: skip

    def write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)

    def line(self, stream: Any = None) -> str:
        """Wait for its next line on standard output, without why; or on another stream."""
        why = None if stream else "  "
        stream = stream or self.process.stdout
        line = b""
        while not line.endswith(b"\n"):
            assert select.select([stream], [], [], 60)[0], f"no line follows {line!r}"
            piece = stream.read(1)
            assert piece, f"the output ended after {line!r}: {self.process.stderr!r}"
            line += piece
        return bytes(line).decode().removesuffix("\n").partition(why or "\n")[0]

    def message(self) -> str:
        return self.line(self.process.stderr)

    def end(self) -> tuple[int, str, str]:
        """Close its standard input; return its status, and the rest of its output."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.decode(), err.decode().strip()


Start = Callable[..., Watching]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Watching] = []

    def start_one(*args: str) -> Watching:
        started.append(Watching(*args))
        return started[-1]

    yield start_one
    for each in started:
        each.process.kill()
        each.process.communicate()


AGAIN = "\nhelp: begin again: kubectl get nodes -o json --watch --output-watch-events"


@pytest.mark.parametrize("indent", [False, True])
def test_each_event_is_answered_at_once(start: Start, indent: bool) -> None:
    """The line for an event is there before the next event is."""
    watching, server = start("-l", "gpu>1", "-n", "-"), ApiServer(indent=indent)
    watching.write(server.put("n-1", gpu="2") + server.put("n-2", gpu="0"))
    assert watching.line() == "+ n-1"
    watching.write(server.bookmark() + server.put("n-2", gpu="4"))
    assert watching.line() == "+ n-2"
    watching.write(server.put("n-1", gpu="3") + server.put("n-1"))
    assert watching.line() == "- n-1"
    watching.write(server.delete("n-1") + server.delete("n-2"))
    assert watching.line() == "- n-2"
    watching.write(server.put("n-2", gpu="9"))
    assert watching.line() == "+ n-2"
    watching.write(server.gone())
    why = "the watch failed: 'too old resource version: 7 (99)' (status 410)"
    message = f"error[watch-failed]: {why}\n --> standard input: event 10{AGAIN}"
    assert watching.end() == (1, "", message)


def test_the_end_of_a_watch(run: Run) -> None:
    result = run("watch", "-l", "gpu", "-n", "-", stdin=ApiServer().put("n-1", gpu="2"))
    why = "the stream ended after event 1; later changes are unknown"
    assert (result.status, result.out) == (1, "+ n-1  (1 matches)\n")
    assert result.err.startswith(
        f"error[stream-ended]: {why}\n --> standard input\nhelp: begin again"
    )


def test_many_events(run: Run) -> None:
    """What is printed adds up to the nodes that match at the end."""
    server, draw, data = ApiServer(), random.Random(1), b""
    for _ in range(400):
        name = f"n-{draw.randrange(40)}"
        if name in server.nodes and draw.random() < 0.2:
            data += server.delete(name)
        else:
            data += server.put(name, gpu=str(draw.randrange(4)), zone=draw.choice("ab"))
        if draw.random() < 0.1:
            data += server.bookmark()
    result = run("watch", "-l", "gpu>1,zone=a", "-n", "-", stdin=data)
    matching = list[str]()
    for line in result.out.splitlines():
        sign, node_id, *_, count, _ = line.split()
        matching.append(node_id) if sign == "+" else matching.remove(node_id)
        assert count == f"({len(matching)}"
    nodes = server.nodes.items()
    expected = [name for name, labels in nodes if labels["gpu"] in "23" and labels["zone"] == "a"]
    assert len(expected) > 2
    assert sorted(matching) == sorted(expected)


def watch(run: Run, *options: str, nodes: list[Any]) -> list[str]:
    """Watch a stream of nodes up to its end; return what is printed, which is no error."""
    result = run("watch", *options, "-n", "-", stdin="".join(map(json.dumps, nodes)))
    assert (result.status, "error" in result.err) == (0, False)
    return result.out.splitlines()


def in_short(lines: list[str]) -> list[str]:
    return [line.partition("  ")[0] for line in lines]


def test_jobs(run: Run) -> None:
    """With several jobs, each line has the job; losses come first."""
    jobs = {f"{name}.yaml": region for name, region in {"a": "eu", "b": "us", "c": "eu"}.items()}
    text = "name: {}\nselector: {{match_labels: {{region: {}}}}}\n"
    write_files({name: text.format(name, region) for name, region in jobs.items()})
    nodes = [{"id": "n-1", "labels": {"region": region}} for region in ("us", "eu")]
    lines = watch(run, "--job", ".", nodes=nodes)
    names = ["+ n-1 b.yaml", "- n-1 b.yaml", "+ n-1 a.yaml", "+ n-1 c.yaml"]
    assert in_short(lines) == names


def test_manifest(run: Run) -> None:
    """Of a Kubernetes manifest, each object is a job; a node must match one of its terms."""
    terms = [{"matchExpressions": [{"key": key, "operator": "Exists"}]} for key in ("gpu", "tpu")]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    specs = {"a": {"affinity": {"nodeAffinity": required}}, "b": {"nodeSelector": {"gpu": "yes"}}}
    path = Path("pods.yaml")
    pods = (
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        for name, spec in specs.items()
    )
    path.write_text("\n---\n".join(map(json.dumps, pods)))
    labels = ("gpu", "gpu tpu", "tpu", "gpu", "")
    nodes = [{"id": "n-1", "labels": dict.fromkeys(each.split(), "yes")} for each in labels]
    result = run("watch", "--job", str(path), "-n", "-", stdin="".join(map(json.dumps, nodes)))
    lines = in_short(result.out.replace(f"{path}#Pod/", "").splitlines())
    assert lines == ["+ n-1 a", "+ n-1 b", "- n-1 b", "+ n-1 b", "- n-1 a", "- n-1 b"]
    assert (result.status, result.err) == (0, "not considered: what runs on the nodes already\n")


def test_taints_and_amounts(run: Run) -> None:
    """A node that gets a taint, or has less of a resource, leaves the answer of a manifest."""
    container = {"name": "a", "resources": {"requests": {"cpu": 2}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}
    Path("pod.json").write_text(json.dumps(pod))
    taint = {"key": "gpu", "effect": "NoSchedule"}
    facts = ((0, "4"), (1, "4"), (0, "4"), (0, "1"), (1, "1"), (0, "2"))
    nodes = [
        {"id": "n-1", "labels": {}, "taints": [taint] * n, "resources": {"cpu": cpu, "pods": "10"}}
        for n, cpu in facts
    ]
    assert watch(run, "--job", "pod.json", nodes=nodes) == [
        "+ n-1  (1 matches)",
        "- n-1  +taint=gpu:NoSchedule (0 match)",
        "+ n-1  -taint=gpu:NoSchedule (1 matches)",
        "- n-1  cpu: 4 -> 1 (0 match)",
        "+ n-1  cpu: 1 -> 2 and -taint=gpu:NoSchedule (1 matches)",
    ]


def test_ndjson(run: Run) -> None:
    """In NDJSON, a line says which event it is about, when it came, and why the answer changed."""
    nodes = [{"id": "n-0"}, {"id": "n 1", "labels": {"a": ""}}, {"id": "n 1"}]
    lines = list(map(json.loads, watch(run, "-l", "a", "-o", "ndjson", nodes=nodes)))
    times = [line.pop("time") for line in lines]
    label = {"key": "a", "old": "", "new": None, "in_selector": True}
    assert lines == [
        {"event": 2, "id": "n 1", "matches": True, "matched": 1, "why": "joined"},
        {"event": 3, "id": "n 1", "matches": False, "matched": 0, "why": "labels",
         "labels": [label]},
    ]  # fmt: skip
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)


def test_interrupt(start: Start) -> None:
    """Ctrl-C ends a watch with status 130, without a word."""
    watching = start("-l", "a", "-n", "-")
    watching.write(b'{"id": "n-1", "labels": {"a": ""}}')
    assert watching.line() == "+ n-1"
    watching.process.send_signal(signal.SIGINT)
    assert watching.end() == (130, "", "")


@pytest.mark.skipif(not hasattr(select, "poll"), reason="needs poll")
@pytest.mark.parametrize("from_file", [False, True])
def test_closed_output(start: Start, from_file: bool) -> None:
    """A watch whose output nobody reads ends at once, though nothing changes any more."""
    Path("nodes").write_text('[{"id": "n-1", "labels": {"a": ""}}]')
    watching = start("-l", "a", "-n", "nodes" if from_file else "-")
    if not from_file:
        watching.write(b'{"id": "n-1", "labels": {"a": ""}}')
    assert watching.line() == "+ n-1"
    assert watching.process.stdout
    watching.process.stdout.close()
    assert watching.process.wait(60) == 141


def test_why(run: Run) -> None:
    """Each line says why the answer changed, as ``diff`` does, and how many nodes match now."""
    states = (("prod", "ready"), ("prod", "lost"), ("dev", "lost"), ("prod", "ready"))
    nodes: list[Any] = [
        {"id": name, "labels": {"env": env, "at": env}, "state": state}
        for env, state in states
        for name in "ab"
    ]
    nodes.append({"id": "a", "deleted": True})
    assert watch(run, "-l", "env=prod", "--state", "ready", nodes=nodes) == [
        "+ a  (1 matches)",
        "+ b  (2 match)",
        "- a  now lost, was ready (1 matches)",
        "- b  now lost, was ready (0 match)",
        "+ a  env: dev -> prod and at: dev -> prod; now ready, was lost (1 matches)",
        "+ b  env: dev -> prod and at: dev -> prod; now ready, was lost (2 match)",
        "- a  removed (1 matches)",
    ]


@pytest.mark.parametrize(
    ("options", "data", "message"),
    [
        ("--until 2 --timeout 99", "a b", ""),
        ("--until 1", "a b", ""),  # at once, whatever follows
        ("--until 3 --timeout 0.01", "", "expected at least 3 nodes (--until), found 0"),
        ("--until 3", "a b", "expected at least 3 nodes (--until), found 2"),
    ],
)
def test_until(start: Start, options: str, data: str, message: str) -> None:
    """A watch ends with 0 as soon as N nodes match, and with 1 when that is not to be."""
    watching = start("-l", "a", "-n", "-", *options.split())
    for name in data.split():
        with contextlib.suppress(BrokenPipeError):
            watching.write(b'{"id": "%s", "labels": {"a": ""}}' % name.encode())
    if not data:
        watching.process.wait(60)
    status, _, err = watching.end()
    assert (status, err) == (bool(message), message)


def test_until_in_files(start: Start) -> None:
    """What a node leaves is counted first, so that a node that moves is not counted twice."""
    path = Path("nodes.csv")
    path.write_text("id,a\nn-1,\nn-2,x\n")
    watching = start("-l", "a=x", "-n", str(path), "--interval", "0.05", "--until", "2")
    assert watching.line() == "+ n-2"
    assert watching.message() == f"{path}: 2 nodes; waiting for changes"
    replace(path, "id,a\nn-1,x\nn-2,\n")
    assert [watching.line(), watching.line()] == ["- n-2", "+ n-1"]
    replace(path, "id,a\nn-1,x\nn-2,x\n")
    assert watching.end() == (0, "+ n-2  +a=x (2 match)\n", "")


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def read_while_it_grows(path: Path, texts: Iterable[str]) -> Callable[[NodeFiles], Inventory]:
    """Return what reads the nodes in a file, to which one of the texts is added each time."""
    added = iter(texts)

    def read(nodes_from: NodeFiles) -> Inventory:
        inventory = Inventory.read(nodes_from.sources[0])
        append(path, next(added))
        return inventory

    return read


@pytest.mark.parametrize(
    ("at_end", "added", "status", "message"),
    [
        ("id,a\nn-1,x\nn-2,x\n", "", 0, ""),
        ("id,a\nn-1,x\nn-2,\n", "", 1, "expected at least 2 nodes (--until), found 1"),
        ("id,a\nn-1,x\nn-2,x\n", "\n", 1, "the nodes remain what they were\n"),
    ],
)
def test_files_are_read_a_last_time(
    run: Run, monkeypatch: pytest.MonkeyPatch, at_end: str, added: str, status: int, message: str
) -> None:
    """What a file has become when the time is up counts, though the interval is not over."""
    path = Path("nodes.csv")
    path.write_text("id,a\nn-1,x\n")

    def wait(*_: object, **__: object) -> None:
        path.write_text(at_end)
        raise watch_module._Ended

    monkeypatch.setattr(watch_module, "_wait", wait)
    read = read_while_it_grows(path, chain([""], repeat(added)))
    monkeypatch.setattr(watch_module, "read_inventory", read)
    result = run("watch", "-l", "a=x", "-n", str(path), "--until", "2", "--timeout", "9")
    assert result.status == status
    assert message in result.err
    assert ("it changes all the time" in result.err) is bool(added)


def test_a_file_that_could_never_be_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a file changed whenever it was read, it is not known how many nodes match."""
    path = Path("nodes.csv")
    path.write_text("id,a\nn-1,x\n")
    read = read_while_it_grows(path, repeat("\n"))
    monkeypatch.setattr(watch_module, "read_inventory", read)
    error = run("watch", "-l", "a", "-n", str(path), "--until", "2", "--timeout", "0.01").error
    assert error.startswith("error[cannot-read]: ")
    assert error.endswith("': it changes all the time")


@pytest.mark.skipif(sys.platform != "linux", reason="pipes differ")
def test_timeout_of_a_pipe_that_nobody_writes(start: Start) -> None:
    """The time is up though a named pipe was never opened for writing."""
    os.mkfifo("pipe")
    options = ("--until", "1", "--timeout", "0.01")
    watching = start("-l", "a", "-n", "pipe", *options)
    assert watching.end() == (1, "", "expected at least 1 node (--until), found 0")


def replace(path: Path, text: str) -> None:
    new = path.with_name("new")
    new.write_text(text)
    new.replace(path)


def test_file(start: Start) -> None:
    """A file is read again when it changes; nodes are compared by id."""
    path = Path("nodes.json")
    path.write_text('[{"id": "n-1", "labels": {"a": "1"}}, {"id": "n-2"}]')
    watching = start("-l", "a>1", "-n", str(path), "--interval", "0.05")
    assert watching.message() == f"{path}: 2 nodes; waiting for changes"
    replace(path, '[{"id": "n-2", "labels": {"a": "5"}}, {"id": "n-1"}]')
    assert watching.line() == "+ n-2"
    replace(path, "id,a\nn-3,2\nn-1,3\n")  # the format may change as well
    assert [watching.line() for _ in range(3)] == ["- n-2", "+ n-3", "+ n-1"]
    path.open("a").close()  # nothing is written
    replace(path, "id,a\nn-3,2\nn-1,")
    assert watching.line() == "- n-1"
    watching.process.send_signal(signal.SIGINT)
    assert watching.end() == (130, "", "")


def test_folder(start: Start) -> None:
    """A file that comes into a folder, or leaves it, brings its nodes or takes them."""
    folder, other = Path("nodes"), Path("other.csv")
    folder.mkdir()
    (folder / "a.json").write_text('{"id": "n-1", "labels": {"a": "1"}}')
    other.write_text("id,a\nn-2,1\n")
    watching = start("-l", "a", "-n", str(folder), "-n", str(other), "--interval", "0.05")
    assert [watching.line(), watching.line()] == ["+ n-1", "+ n-2"]
    assert watching.message() == f"{folder} and {other}: 2 nodes; waiting for changes"
    (folder / "b.json").write_text('{"id": "n-3", "labels": {"a": "1"}}')
    assert watching.line() == "+ n-3"
    (folder / "a.json").unlink()
    assert watching.line() == "- n-1"


def test_file_that_becomes_invalid(start: Start) -> None:
    """If a file cannot be read any more, its nodes stay, and the next version is read."""
    path = Path("nodes.json")
    path.write_text('[{"id": "n-1", "labels": {"a": "1"}}]')
    watching = start("-l", "a", "-n", str(path), "--interval", "0.05")
    assert watching.line() == "+ n-1"
    assert watching.message() == f"{path}: 1 node; waiting for changes"
    path.write_text('[{"id": "n-2", "labels": {"a": "1"}}')
    assert watching.message() == "error[cut-off]: the JSON is cut off here"
    assert watching.message() == f" --> {path}:1:37"
    assert watching.message() == "help: get the complete output again"
    assert watching.message() == "the nodes remain what they were; waiting for the next change"
    path.unlink()
    message = f"error[cannot-read]: cannot read '{path}': No such file or directory"
    assert watching.message() == message
    assert watching.message() == "the nodes remain what they were; waiting for the next change"
    replace(path, '[{"id": "n-2", "labels": {"a": "1"}}]')
    assert [watching.line(), watching.line()] == ["- n-1", "+ n-2"]


def test_file_that_is_written_in_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file is read when it has been the same for an interval, also while it was read."""
    path = Path("nodes")
    path.write_text("id\nn-1\n")
    # What happens in each interval, and while the file is read for the first and the second time.
    waits = iter(["n-2\n", "n-", "3\n", "", "", ""])
    reads = iter(["", "n-4\n", "", ""])

    def wait(*_: object, **__: object) -> None:
        append(path, next(waits))

    monkeypatch.setattr(watch_module, "wait_while_open", wait)
    monkeypatch.setattr(watch_module, "read_inventory", read_while_it_grows(path, reads))
    versions = watch_module._versions(NodeFiles((str(path),)), 1.0)
    assert next(versions).match(Selector.everything()).ids() == ["n-1"]
    assert next(versions).match(Selector.everything()).ids() == ["n-1", "n-2", "n-3", "n-4"]
    assert (list(reads), list(waits)) == ([""], [])
    assert capsys.readouterr().err == ""


def test_fifo(start: Start) -> None:
    """A named pipe is a stream, not a file that is read again."""
    path = Path("pipe")
    os.mkfifo(path)
    watching = start("-l", "a", "-n", str(path))
    path.write_bytes(b'{"id": "n-1", "labels": {"a": ""}}')
    assert watching.line() == "+ n-1"
    assert watching.end() == (0, "", "")


def test_invalid_job(run: Run) -> None:
    write_files({"a.yaml": "selector: {}\n", "b.yaml": "selector: {match_ids: 5}\n"})
    error = run("watch", "--job", ".", "-n", "-", stdin=FLEET).error
    assert error.startswith("error[wrong-type]: ")
    assert " --> b.yaml:1:23 at selector.match_ids " in error


def test_state(run: Run) -> None:
    """With --state, a node enters an answer when it comes into the state, and leaves with it."""
    states = ("lost", "READY", "odd", "not-ready")
    nodes = [{"id": "n-1", "labels": {"a": ""}, "state": state} for state in states]
    text = "".join(map(json.dumps, nodes))
    result = run("watch", "-l", "a", "--state", "ready,odd", "-n", "-", stdin=text)
    assert in_short(result.out.splitlines()) == ["+ n-1", "- n-1"]
    assert (result.status, result.err) == (0, "'odd': not a state of a known system\n")


def test_kubectl_without_watch_events(run: Run) -> None:
    """kubectl prints a deleted node like any other, unless it prints watch events."""
    text = '{"kind": "Node", "metadata": {"name": "w-1", "labels": {"a": ""}}}'
    result = run("watch", "-l", "a", "-n", "-", stdin=text + text.replace('{"a": ""}', "{}"))
    assert (result.status, in_short(result.out.splitlines())) == (0, ["+ w-1", "- w-1"])
    assert " ".join(result.err.split()) == (
        "standard input: warning: nodes that are deleted cannot be told from nodes that change;"
        " run kubectl with --output-watch-events"
    )
