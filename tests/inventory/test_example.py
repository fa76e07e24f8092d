"""The scheduler of ``docs/example`` under load: it does what naive code finds possible."""

import random
import subprocess
import sys
from collections import Counter
from importlib import util
from pathlib import Path
from threading import Event, Thread
from types import ModuleType

from nodeselect import Inventory, Node, Placement, Selector, Taint, Toleration

EXAMPLE = Path(__file__).parents[2] / "docs/example/scheduler.py"


def load() -> ModuleType:
    """Import the program."""
    spec = util.spec_from_file_location("scheduler", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["scheduler"] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_program_runs() -> None:
    """It prints where jobs run, why one waits, and what happens when a node leaves."""
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "{'web/0': 'n-0', 'web/1': 'n-0', 'web/2': 'n-0'}",
        "{} deque(['train'])",
        "1 of 4 nodes match, 1 of them connected or ready",
        "[] (['web'], ['web'])",
        "<Usage of 3 pods on 1 node>",
    ]


SPOT = Taint("spot", "NoExecute")


def random_node(draw: random.Random, number: int) -> Node:
    taints = [SPOT] if draw.random() < 0.2 else []
    resources = {"cpu": draw.choice((2_000, 4_000, 8_000)), "memory": 2**34, "pods": 5}
    state = draw.choice(("ready", "ready", "ready", "lost"))
    zone = {"zone": draw.choice("abc")}
    return Node(f"n-{number}", zone, state=state, taints=taints, resources=resources)


def random_placement(draw: random.Random) -> Placement:
    selector = Selector.parse(draw.choice(("", "zone=a", "zone!=a", "zone in (b,c)")))
    tolerations = [Toleration("spot", "Exists")] if draw.random() < 0.5 else []
    requests = {"cpu": draw.choice((500, 1_000, 3_000)), "memory": 2**30, "pods": 1}
    return Placement(selector, tolerations, requests)


class Cluster:
    """What naive code knows: the nodes, and which pod runs where."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.places: dict[str, tuple[str, Placement]] = {}

    def candidates(self, placement: Placement) -> dict[str, int]:
        """Return the nodes that a pod can use, and how much cpu is free on each."""
        used: dict[str, Counter[str]] = {}
        for node_id, other in self.places.values():
            used.setdefault(node_id, Counter()).update(other.requests)
        found = {}
        for node in self.nodes.values():
            runs = used.get(node.id, Counter())
            has = node.resources or {}
            if (
                node.state == "ready"
                and placement.selector.matches(node.labels, node.id)
                and all(
                    any(t.tolerates(each) for t in placement.tolerations)
                    for each in node.taints or ()
                )
                and all(runs[name] + n <= has[name] for name, n in placement.requests.items())
            ):
                found[node.id] = has["cpu"] - runs["cpu"]
        return found


def check(scheduler: object, cluster: Cluster) -> None:
    fleet: Inventory = scheduler.fleet  # type: ignore[attr-defined]
    running = {pod.id: node_id for node_id, pod in fleet.usage}
    assert running == {pod_id: node_id for pod_id, (node_id, _) in cluster.places.items()}
    assert fleet.ids() == list(cluster.nodes)


def test_under_load() -> None:
    """Nodes and jobs come and go; each placement is one that naive code allows; none is missed."""
    module, draw = load(), random.Random(7)
    cluster, scheduler = Cluster(), module.Scheduler()
    stop, errors = Event(), list[Exception]()

    def read() -> None:
        """No reader sees more on a node than it has, at any moment, while it has not changed."""
        while not stop.is_set():
            try:
                now = scheduler.fleet.snapshot()
                total = Counter(node_id for node_id, _ in now.usage)
                assert all(now.usage.of(each)["pods"] == n for each, n in total.items())
                assert len(now.usage) == sum(total.values())
            except Exception as error:
                errors.append(error)
                return

    reader = Thread(target=read)
    reader.start()
    try:
        for number in range(400):
            step(module, draw, cluster, scheduler, number)
            check(scheduler, cluster)
    finally:
        stop.set()
        reader.join()
    assert not errors
    assert len(cluster.places) > 20


def test_preemption() -> None:
    """Jobs of the lowest priority end, no more than are in the way, and wait."""
    module = load()
    nodes = [Node(f"n-{at}", state="ready", resources={"cpu": 4}) for at in range(2)]
    scheduler = module.Scheduler(nodes)
    for name, cpu, priority in (("a", 2, 5), ("b", 2, 1), ("c", 4, 9)):
        job = module.Job(name, Placement(requests={"cpu": cpu}), priority=priority)
        assert scheduler.submit(job)
    urgent = module.Job("urgent", Placement(requests={"cpu": 2}), priority=3)
    assert not scheduler.submit(urgent)
    assert scheduler.preempt(urgent) == ["b"]
    assert scheduler.place_waiting() == ["urgent"]
    assert list(scheduler.waiting) == ["b"]
    assert scheduler.preempt(module.Job("last", urgent.placement, priority=1)) == []


def step(
    module: ModuleType, draw: random.Random, cluster: Cluster, scheduler: object, number: int
) -> None:
    """Submit a job, end a pod or change nodes, and compare."""
    run: object = scheduler
    jobs, waiting = run.jobs, run.waiting  # type: ignore[attr-defined]
    way = draw.random()
    if way < 0.5:
        job = module.Job(f"job-{number}", random_placement(draw), draw.randint(1, 3))
        placed = run.submit(job)  # type: ignore[attr-defined]
        follow(cluster, jobs, {job.name: placed} if placed else {})
        if not placed:
            assert job.name in waiting
            for count in range(job.count):  # naive code places fewer than asked, too
                best = cluster.candidates(job.placement)
                if not best:
                    break
                cluster.places[f"trial/{count}"] = next(iter(best)), job.placement
            else:
                # First fit found room for all: then so does the best fit of equal pods.
                raise AssertionError(f"{job} has room")
            for count in range(job.count):
                cluster.places.pop(f"trial/{count}", None)
    elif way < 0.7 and cluster.places:
        pod_id = draw.choice(list(cluster.places))
        del cluster.places[pod_id]
        names = run.end(pod_id)  # type: ignore[attr-defined]
        follow(cluster, jobs, where(run, names))
    else:
        changed = random_node(draw, draw.randrange(12))
        is_gone = changed.id in cluster.nodes and draw.random() < 0.3
        lost = {
            pod_id.split("/")[0]
            for pod_id, (node_id, placement) in cluster.places.items()
            if node_id == changed.id
            and (is_gone or (SPOT in (changed.taints or ()) and not placement.tolerations))
        }
        if is_gone:
            del cluster.nodes[changed.id]
        else:
            cluster.nodes[changed.id] = changed
        for pod_id in list(cluster.places):
            if pod_id.split("/")[0] in lost:
                del cluster.places[pod_id]
        found, names = run.apply([changed.id if is_gone else changed])  # type: ignore[attr-defined]
        assert set(found) == lost
        follow(cluster, jobs, where(run, names))


def where(scheduler: object, names: list[str]) -> dict[str, dict[str, str]]:
    """Return the node of each pod of some jobs."""
    usage = scheduler.fleet.usage  # type: ignore[attr-defined]
    jobs = scheduler.jobs  # type: ignore[attr-defined]
    return {name: {pod.id: usage.find(pod.id)[0] for pod in jobs[name].pods()} for name in names}


def follow(cluster: Cluster, jobs: dict[str, object], placed: dict[str, dict[str, str]]) -> None:
    """Check that each placement was possible when it was made, and make it."""
    for name, pods in placed.items():
        placement: Placement = jobs[name].placement  # type: ignore[attr-defined]
        for pod_id in pods:
            cluster.places.pop(pod_id, None)  # it runs already, and waited for others
        for pod_id, node_id in pods.items():
            free = cluster.candidates(placement)
            assert node_id in free
            cluster.places[pod_id] = node_id, placement
