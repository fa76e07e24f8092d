"""``kubectl nodeselect``, with the real kubectl, and a server that answers as Kubernetes does."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nodeselect import Placement, Usage
from nodeselect.cli import streams
from nodeselect.cli.inputs import cluster
from nodeselect.cli.inputs.considered import PodOptions
from nodeselect.cli.inputs.nodes import NodeFiles
from nodeselect.cli.inputs.running_pods import RunningPods
from tests.cli.running import PLAIN, Run
from tests.short import refused

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

PLUGIN = "/usr/local/bin/kubectl-nodeselect"
NODES = 1_203
TOKEN = "v=/+&"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {rack: r7}}\n"


def node(number: int) -> dict[str, Any]:
    labels = {"rack": f"r{number % 11}", "größe": "{[\"\\'\n"}
    conditions = [{"type": "Ready", "status": "True"}]
    metadata = {"name": f"w-{number:04}", "labels": labels}
    return {"metadata": metadata, "spec": {}, "status": {"conditions": conditions}}


def pod(number: int) -> dict[str, Any]:
    container = {"name": "a", "resources": {"requests": {"cpu": f"{number}m"}}}
    return {
        "metadata": {"name": f"p-{number}", "namespace": "größe"},
        "spec": {"nodeName": f"w-{number:04}", "containers": [container]},
        "status": {"phase": "Running"},
    }


def namespace(number: int) -> dict[str, Any]:
    name = f"ns-{number}" if number else "größe"
    return {"metadata": {"name": name, "labels": {"team": "x"}} if number < 3 else {"name": name}}


def answered(body: object, code: int = 200) -> tuple[int, bytes]:
    return code, json.dumps(body, ensure_ascii=False).encode()


def failed(code: int, reason: str, message: str) -> tuple[int, bytes]:
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return answered(body | {"message": message, "reason": reason, "code": code}, code)


class ApiServer(ThreadingHTTPServer):
    """Answers nodes, pods and namespaces page by page, or a page in another way."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[int, tuple[int, bytes]] = {}
        self.kinds: dict[str, tuple[int, bytes]] = {}
        self.is_cut = False
        self.tokens: list[str] = []
        self.asked: set[str] = set()

    def answer(self, kind: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        limit = int(query["limit"][0])
        token = query.get("continue", [TOKEN + "0"])[0]
        self.tokens.append(token)
        self.asked.add(kind)
        start = int(token.removeprefix(TOKEN))
        if kind in self.kinds:
            return self.kinds[kind]
        if start // limit in self.answers:
            return self.answers[start // limit]
        make = {"Node": node, "Pod": pod, "Namespace": namespace}[kind]
        items = [make(number) for number in range(start, min(start + limit, NODES))]
        metadata: dict[str, Any] = {"resourceVersion": "7"}
        rest = NODES - start - limit
        if rest > 0:
            metadata |= {"continue": f"{TOKEN}{start + limit}", "remainingItemCount": rest}
        page = {"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items}
        return answered(page)


_KINDS = {"/api/v1/nodes": "Node", "/api/v1/pods": "Pod", "/api/v1/namespaces": "Namespace"}


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        code, body = 404, b"not found"
        if kind := _KINDS.get(url.path):
            code, body = self.server.answer(kind, parse_qs(url.query))
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        if self.server.is_cut:
            self.send_header("Content-Length", str(len(body) + 1))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""


CONFIG = """\
apiVersion: v1
kind: Config
current-context: good
clusters:
- {name: good, cluster: {server: "http://127.0.0.1:%s"}}
- {name: closed, cluster: {server: "http://127.0.0.1:9"}}
contexts: [{name: good, context: {cluster: good}}, {name: closed, context: {cluster: closed}}]
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    with ApiServer() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        Path("config").write_text(CONFIG % running.server_port)
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        monkeypatch.setenv("HOME", str(tmp_path))
        Path("pod.yaml").write_text(POD)
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def plugin(run: Run, server: ApiServer) -> Run:
    return partial(run, program=PLUGIN)


MATCHING = [f"w-{number:04}" for number in range(NODES) if number % 11 == 7]


def test_all_pages_are_read(plugin: Run, server: ApiServer) -> None:
    ended = plugin("match", "-f", "pod.yaml", "-o", "name")
    assert (ended.status, ended.out.split()) == (0, MATCHING)
    assert f"{len(MATCHING)} of 1,203 nodes match" in ended.err
    assert server.tokens == [f"{TOKEN}{start}" for start in (0, 500, 1000)] * 2  # pods, too
    assert plugin("explain", "-f", "pod.yaml").out.startswith(f"{len(MATCHING)} of 1,203 nodes")
    assert plugin("labels", "rack").out.count("\n") > 11
    assert plugin("audit").status == 0


def test_options_of_kubectl(plugin: Run, server: ApiServer, tmp_path: Path) -> None:
    """They mean what they mean in kubectl, and are in the hints."""
    ended = plugin("match", "-l", "rack=r99", "-n", "prod", "--context", "good")
    assert (ended.status, "no node has rack=r99" in ended.err) == (1, True)
    error = plugin("match", "--all", "--context", "closed").error
    assert "error[kubectl-failed]: kubectl cannot list the nodes: 'The connection" in error
    assert "whether the server answers, run: kubectl --context=closed cluster-info" in error
    error = plugin("match", "--all", "--context", "good-").error
    assert "for the contexts, run: kubectl --context=good- config get-contexts" in error
    error = plugin("match", "--all", "--kubeconfig", f"{tmp_path}/none").error
    assert "none: no such file or directory" in error
    ended = plugin("explain", "-l", "rack=r7", "--context", "good", "-o", "markdown")
    assert "the cluster --context=good" in ended.out
    message = "'nodes.json' is not a namespace; to read nodes from a file, give --nodes"
    assert plugin("match", "--all", "-n", "nodes.json").error.endswith(message)


def test_files_instead_of_the_cluster(
    plugin: Run,
    server: ApiServer,
    fleet: str,
) -> None:
    """Only ``--nodes`` replaces the cluster: no variable of the environment, and no pipe does."""
    assert plugin("match", "-l", "tier", "--nodes", fleet, "-o", "name").out == "n-1\n"
    nodes = Path(fleet).read_text()
    assert plugin("match", "-l", "tier", "--nodes", "-", "--count", stdin=nodes).out == "1\n"
    ended = plugin("explain", "-l", "tier=x", "--node", "-", stdin=nodes.partition("\n")[0])
    assert ended.out.startswith("n-1 does not match")
    assert server.tokens == []
    ended = plugin("match", "-f", "-", "--count", stdin=POD, NODESELECT_NODES=fleet)
    assert ended.out == f"{len(MATCHING)}\n"


UNAUTHORIZED = failed(401, "Unauthorized", "Unauthorized")
FORBIDDEN = failed(403, "Forbidden", 'nodes is forbidden: User "ci" cannot list resource "nodes"')
EXPIRED = failed(410, "Expired", "The provided continue parameter is too old")
PAGE = {"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": [node(0)]}
ENDED = PAGE | {"metadata": {"remainingItemCount": 3}}
STUCK = PAGE | {"metadata": {"continue": f"{TOKEN}500"}}
NUMBER = PAGE | {"items": [node(0), {"metadata": {"name": "w", "labels": {"rack": 7}}}]}


HTML = (200, b"<html>log in")
HELP = {
    FORBIDDEN: "check it with: kubectl auth can-i list nodes",
    UNAUTHORIZED: "log in again; then run: kubectl auth whoami",
    EXPIRED: "try again, or see whether kubectl can list them: kubectl get nodes",
    HTML: "is not JSON, but begins with '<html>log in' help: something else answers, such as a"
    " proxy; for the address that kubectl asks, run: kubectl config view --minify",
}


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (FORBIDDEN, "kubectl-forbidden]: kubectl cannot list the nodes: 'Error from server (Forb"),
        (UNAUTHORIZED, "kubectl-failed]: kubectl cannot list the nodes: "),
        (EXPIRED, "kubectl-failed]: kubectl cannot list the nodes: 'Error from server (Exp"),
        ((200, answered(PAGE)[1][:-9]), "one-page]: "),
        ((200, FORBIDDEN[1]), "one-page]: "),
        ((200, b""), "one-page]: page "),
        (HTML, "one-page]: page "),
        (answered(PAGE | {"kind": "PodList"}), "one-page]: "),
        (answered({"kind": "NodeList", "metadata": {}}), "one-page]: "),
        (answered({"kind": "NodeList", "items": []}), "one-page]: "),
        (answered(PAGE | {"items": {}}), "one-page]: "),
        (answered(ENDED), "one-page]: page "),
        (answered(STUCK | {"items": []}), "one-page]: page "),
        (answered(NUMBER), "label-not-text]: the value of the label 'rack'"),
        (answered(PAGE | {"items": ["w"]}), "wrong-type]: "),
    ],
)
def test_a_list_that_is_not_whole(
    plugin: Run, server: ApiServer, answer: tuple[int, bytes], message: str, page: int
) -> None:
    """What is forbidden, cut off or invalid on any page is an error, never a smaller answer."""
    server.answers[page] = answer
    error = plugin("match", "--all").error
    assert error.startswith(f"error[{message}")
    for cause, words in HELP.items():
        assert answer != cause or words in error
    if "label-not-text" in message:
        assert f"--> page {page + 1} of the nodes: [1].metadata.labels.rack" in error


def test_no_node(plugin: Run, server: ApiServer) -> None:
    for items in (list[Any](), None):
        server.answers[0] = answered(PAGE | {"items": items})
        assert plugin("match", "-l", "rack").err.startswith("0 of 0 nodes match")


def test_pods(server: ApiServer) -> None:
    """The pods of the cluster, or of a file, are read page by page; nodes of files have no pods."""
    Path("pods.json").write_text(json.dumps([pod(3)]))

    def usage(file: str | None, *sources: str) -> Usage | None:
        nodes = NodeFiles(sources, cluster=None if sources else ())
        pods = PodOptions(file, False, False, False)
        return RunningPods(pods, nodes, [Placement(requests={"cpu": 1})]).usage

    of_cluster, of_file = usage(None), usage("pods.json")
    assert of_cluster is not None
    assert of_file is not None
    assert len(of_cluster) == NODES
    assert of_cluster.of("w-0003") == of_file.of("w-0003") == {"cpu": 3, "pods": 1}
    assert len(of_file) == 1
    assert usage(None, "nodes.json") is None
    server.answers[1] = EXPIRED
    with refused("kubectl-failed", "see whether kubectl can list them: kubectl get pods -A"):
        usage(None)


def test_drain(plugin: Run, server: ApiServer) -> None:
    """It asks for the pods, and never plans without them."""
    ended = plugin("drain", "w-0003", "-o", "json")
    assert [each["target"] for each in json.loads(ended.out)["pods"]] == ["w-0000"]
    assert (ended.status, server.asked) == (0, {"Node", "Pod"})
    server.kinds["Pod"] = FORBIDDEN
    words = "there is no pod that runs on a node (you may not list the pods; give --pods)"
    assert plugin("drain", "w-0003").error == f"error: {words}"


def test_pods_that_may_not_be_listed(plugin: Run, server: ApiServer) -> None:
    """The answer is that without pods, and says so in every output."""
    server.kinds["Pod"] = FORBIDDEN
    ended = plugin("match", "-f", "pod.yaml", "--count")
    assert (ended.status, ended.out) == (0, f"{len(MATCHING)}\n")
    words = "what runs on the nodes already (you may not list the pods; give --pods)"
    assert f"not considered: {words}" in " ".join(ended.err.split())
    found = json.loads(plugin("explain", "-f", "pod.yaml", "-o", "json").out)
    assert words in found["not_considered"]
    assert plugin("match", "-f", "pod.yaml", "--fail-on-unknown").status == 2


AWAY = """\
apiVersion: v1
kind: Pod
metadata: {name: q, labels: {app: web}}
spec:
  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
    {topologyKey: rack, labelSelector: {}, namespaceSelector: {matchLabels: {team: x}}}]}}
"""


def test_labels_of_namespaces(plugin: Run, server: ApiServer) -> None:
    """They are read if a rule needs them; without the right to list them, it is not decided."""
    assert plugin("match", "-f", "pod.yaml", "--count").out == f"{len(MATCHING)}\n"
    assert "Namespace" not in server.asked
    Path("away.yaml").write_text(AWAY)
    ended = plugin("match", "-f", "away.yaml", "--count")
    assert (ended.out, "Namespace" in server.asked) == ("0\n", True)
    server.kinds["Namespace"] = FORBIDDEN
    ended = plugin("match", "-f", "away.yaml", "--count")
    words = "before pod anti-affinity by labels of namespaces (give namespaces in --pods)"
    assert words in " ".join(ended.err.split())
    server.kinds["Namespace"] = EXPIRED
    assert "error[kubectl-failed]" in plugin("match", "-f", "away.yaml", "--count").error


def test_connections_that_end(plugin: Run, server: ApiServer) -> None:
    """A body that is shorter than announced is an error, and so is a token that leads nowhere."""
    server.answers[1] = answered(STUCK)
    error = plugin("match", "--all").error
    assert "error[one-page]: page 2 of the nodes that kubectl lists is incomplete" in error
    server.answers[1] = answered(STUCK | {"metadata": {"continue": f"{TOKEN}0"}})
    assert "page 2 of the nodes that kubectl lists is incomplete" in plugin("match", "--all").error
    server.is_cut = True
    error = plugin("match", "--all").error
    assert "error[kubectl-failed]: " in error
    assert "unexpected EOF" in error


def test_a_slow_server(plugin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows for what the command waits; output is whole however often it looks."""
    monkeypatch.setattr(streams, "is_terminal", lambda stream: True)
    monkeypatch.setattr(streams, "monotonic", itertools.count().__next__)
    monkeypatch.setattr(cluster, "_SHOWN_EVERY", 0.001)
    ended = plugin("match", "-f", "pod.yaml", "-o", "name")
    assert ended.out.split() == MATCHING
    for text in ("waiting for page 3 of the nodes", "reading page 3 of the nodes: 1,203 nodes"):
        assert f"\r{text}\x1b[K" in ended.err


def test_kubectl_is_not_installed(plugin: Run) -> None:
    message = "error[kubectl-failed]: kubectl cannot list the nodes: No such file"
    assert plugin("match", "--all", PATH="/nonexistent").error.startswith(message)


def test_kubectl_runs_the_plugin(server: ApiServer, tmp_path: Path) -> None:
    script = tmp_path / "kubectl-nodeselect"
    script.write_text(f"#!{sys.executable}\nfrom nodeselect.__main__ import main\nmain()\n")
    script.chmod(0o755)
    environment = os.environ | PLAIN | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for arguments, code, text in (
        (["match", "-f", "pod.yaml", "--count"], 0, f"{len(MATCHING)}\n"),
        (["match", "-l", "rack=r99", "--count"], 1, "0\n"),
        (["--version"], 0, "nodeselect "),
    ):
        done = subprocess.run(
            ["kubectl", "nodeselect", *arguments], env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout.startswith(text)) == (code, True), done.stderr


@pytest.mark.parametrize("command", ["match", "explain", "labels", "audit"])
def test_help(run: Run, command: str) -> None:
    """Examples are of the plugin, and ``-n`` is the namespace; nodeselect itself is unchanged."""
    text = run(command, "--help", program=PLUGIN).out
    assert f"Usage: kubectl nodeselect {command} [OPTIONS]" in text
    assert f"  kubectl nodeselect {command}" in text
    assert "  nodeselect " not in text
    assert "-n, --namespace NAME" in text
    assert "Exit status: 0" in text
    assert run("help", command, program=PLUGIN).out == text
    assert "-n, --nodes NODES" in run(command, "--help").out


def test_other_commands(run: Run) -> None:
    Path("pod.yaml").write_text(POD)
    pipe = "(kubectl get nodes -o json | kubectl nodeselect check -n - FILE)"
    assert pipe in " ".join(run("check", "pod.yaml", program=PLUGIN).err.split())
    assert "-n, --nodes NODES" in run("rollout", "--help", program=PLUGIN).out
    assert "Usage: kubectl nodeselect [OPTIONS] COMMAND" in run("--help", program=PLUGIN).out
    assert "did you mean" not in run("mach", "-l", "gpu", program=PLUGIN).err
