"""What a placement costs beside a selector: sets, explanations, a scheduler's loop, one node.

Sizes of the fleet are chosen by ``--fleet``. One node in twenty has one of six taints; the nodes
have eight sizes, or amounts of cpu and memory that hardly two nodes share. Both sides of each
comparison are in one group, so that the table shows their ratio.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE, nodes
from benchmarks.inventories import worked_out
from benchmarks.process import NODESELECT, run
from benchmarks.questions import five_never_seen
from nodeselect import Inventory, Node, NodeSet, Placement, Pod, Selector, Taint, Toleration, Usage
from nodeselect.node import Facts

_GIB = 2**30
_CORES = (2, 4, 8, 16, 32, 48, 64, 96)
_TAINTS = (
    Taint("nvidia.com/gpu", "NoSchedule", "present"),
    Taint("example.com/spot", "NoExecute"),
    Taint("example.com/edge", "NoSchedule"),
    Taint("example.com/virtual", "NoSchedule"),
    Taint("dedicated", "NoSchedule", "team-07"),
    Taint("node.kubernetes.io/unschedulable", "NoSchedule"),
)
# All but the last two.
_TOLERATIONS = tuple(Toleration(taint.key, "Exists") for taint in _TAINTS[:-2])
_REQUESTS = {"cpu": 8_000, "memory": 20 * _GIB}

AMOUNTS = ("eight sizes", "unique amounts")

_POD_BATCH = 100
_ROUNDS = 30

# Pods that run on each node before the scheduler begins.
_RUNNING = 10

_MANIFESTS = 1_000
_MANIFEST_NODES = 5_000


def facts(n: int, amounts: str) -> Iterator[Facts]:
    """Yield the taints and resources of ``n`` nodes."""
    draw = random.Random(7).random
    for _ in range(n):
        cores = _CORES[int(draw() * len(_CORES))]
        cpu, memory = 1_000 * cores, 4 * cores * _GIB
        if amounts == "unique amounts":
            cpu, memory = cpu - int(draw() * cpu / 2), memory - int(draw() * memory / 2)
        taints = (_TAINTS[int(draw() * len(_TAINTS))],) if draw() < 0.05 else ()
        yield Facts(taints, {"cpu": cpu, "memory": memory, "pods": 110})


@cache
def fleet(n: int, amounts: str) -> Inventory:
    """Return the inventory of the fleet with taints and resources, as after a compaction.

    One node in ten is lost, all others are ready.
    """
    labelled = zip(nodes(n), facts(n, amounts), cycle(("lost", *9 * ("ready",))), strict=False)
    return Inventory(
        (
            Node._trusted(node_id, labels, None, state, known)
            for (node_id, labels), known, state in labelled
        ),
        compact_at=None,
    )


def placement(selector: Selector, more: int = 0) -> Placement:
    """Return a placement with two untolerated taints and two requests.

    :param more: is added to the requests, so that no other placement has them.
    """
    return Placement(selector, _TOLERATIONS, {name: n + more for name, n in _REQUESTS.items()})


def conditions() -> dict[str, Any]:
    """Return what is compared: a selector, and two placements."""
    five = Selector.parse(FIVE)
    return {
        "five": five,
        "placement of five": placement(five),
        "placement of everything": placement(Selector.everything()),
    }


def never_seen(way: str, first: int) -> Iterator[Any]:
    """Return conditions such as those of :func:`conditions`, each another one.

    :param first: another number for each benchmark, thousands from the others.
    """
    first += 1_000 * CONDITIONS.index(way)
    for number, selector in enumerate(five_never_seen(f"from-{first}"), first):
        if way == "five":
            yield selector
        elif way == "placement of five":
            yield placement(selector, number)
        else:
            yield placement(Selector.everything(), number)


CONDITIONS = tuple(conditions())


@pytest.mark.parametrize("way", CONDITIONS)
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_set(benchmark: BenchmarkFixture, n: int, amounts: str, way: str) -> None:
    """Work the set out again."""
    benchmark.group = f"{n:,} nodes, {amounts}, set"
    inventory, condition = fleet(n, amounts), conditions()[way]
    benchmark(lambda: worked_out(inventory.match(condition)))


@pytest.mark.parametrize("way", CONDITIONS)
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_set_never_seen(benchmark: BenchmarkFixture, n: int, amounts: str, way: str) -> None:
    """Plan a condition that no inventory has seen, and work the set out."""
    benchmark.group = f"{n:,} nodes, {amounts}, set, never seen"
    inventory = fleet(n, amounts)
    _each(benchmark, never_seen(way, 0), lambda each: worked_out(inventory.match(each)))


@pytest.mark.parametrize("way", CONDITIONS)
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_set_first(
    benchmark: BenchmarkFixture, n: int, amounts: str, way: str, tmp_path: Path
) -> None:
    """Work the set out as the first query of a saved inventory that was opened and verified."""
    benchmark.group = f"{n:,} nodes, {amounts}, set, first of all"
    path, condition = tmp_path / "fleet.nsx", conditions()[way]
    fleet(n, amounts).save(path)

    def opened() -> tuple[tuple[Inventory], dict[str, object]]:
        return (Inventory.open(path, verify=True),), {}

    benchmark.pedantic(
        lambda inventory: worked_out(inventory.match(condition)), setup=opened, rounds=10
    )


@pytest.mark.parametrize("way", CONDITIONS)
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_explain(benchmark: BenchmarkFixture, n: int, amounts: str, way: str) -> None:
    """Explain a condition again."""
    benchmark.group = f"{n:,} nodes, {amounts}, explain"
    explanation = benchmark(fleet(n, amounts).explain, conditions()[way])
    assert explanation.total == n


@pytest.mark.parametrize("way", CONDITIONS)
@pytest.mark.parametrize("amounts", AMOUNTS)
def test_explain_never_seen(benchmark: BenchmarkFixture, n: int, amounts: str, way: str) -> None:
    """Explain a condition that no inventory has seen."""
    benchmark.group = f"{n:,} nodes, {amounts}, explain, never seen"
    _each(benchmark, never_seen(way, 10_000), fleet(n, amounts).explain)


def _each(benchmark: BenchmarkFixture, asked: Iterator[Any], ask: Callable[[Any], object]) -> None:
    """Ask for each condition once; creating, parsing and hashing it is not timed."""

    def another() -> tuple[tuple[Any], dict[str, object]]:
        condition = next(asked)
        hash(condition)
        return (condition,), {}

    benchmark.pedantic(ask, setup=another, rounds=_ROUNDS, warmup_rounds=1)


def pod_specs(shapes: int) -> list[dict[str, Any]]:
    """Return pod specs that differ in their labels, tolerations and requests."""
    draw = random.Random(5)
    return [
        {
            "nodeSelector": {
                "tier": draw.choice(("premium", "standard", "free")),
                "os": draw.choice(("linux", "windows")),
            },
            "tolerations": [
                {"key": taint.key, "operator": "Exists"} for taint in draw.sample(_TAINTS, 2)
            ],
            "containers": [
                {
                    "name": "main",
                    "resources": {
                        "requests": {
                            "cpu": f"{draw.randrange(100, 1_000, 10)}m",
                            "memory": f"{draw.randrange(64, 1_024)}Mi",
                        }
                    },
                }
            ],
        }
        for _ in range(shapes)
    ]


@cache
def running(n: int) -> Usage:
    """Return the usage of nodes each of which runs some pods, a hundred of each kind."""
    usage, ids = Usage(), [node_id for node_id, _ in nodes(n)]
    small = Placement.from_pod_spec(pod_specs(1)[0]).requests
    kinds = [Pod("x", small, labels={"app": f"web-{at}"}) for at in range(n * _RUNNING // 100 + 1)]
    usage.apply(
        (ids[number % n], kinds[number // 100].replace(id=f"shop/web-{number}"))
        for number in range(n * _RUNNING)
    )
    return usage


@pytest.mark.parametrize("way", ["selector", "placement"])
@pytest.mark.parametrize("shapes", [1, 8, 50])
@pytest.mark.parametrize("amounts", AMOUNTS)
@pytest.mark.parametrize("size", [5_000, 100_000], ids="{:,}".format)
def test_scheduler(
    benchmark: BenchmarkFixture, size: int, amounts: str, shapes: int, way: str
) -> None:
    """Place a hundred pods, one after the other, each on the first node that it can use."""
    benchmark.group = f"{size:,} nodes, {amounts}, {shapes} shapes of pods, {_POD_BATCH} pods"
    inventory, specs = fleet(size, amounts), pod_specs(shapes)
    place: Callable[[Mapping[str, Any]], object]
    if way == "selector":

        def place(spec: Mapping[str, Any]) -> object:
            selector = Selector.from_kubernetes({"matchLabels": spec["nodeSelector"]})
            return inventory.match(selector).first(1)

    else:
        usage = running(size)

        def place(spec: Mapping[str, Any]) -> object:
            wanted = Placement.from_pod_spec(spec)
            [node] = inventory.match(wanted, usage=usage).first(1)
            usage.add(node.id, wanted.requests)
            return node

    def batch() -> None:
        for number in range(_POD_BATCH):
            place(specs[number % shapes])

    benchmark.pedantic(batch, rounds=_ROUNDS, warmup_rounds=1)


@pytest.mark.parametrize("way", ["five", "placement of five", "placement of five, pods"])
@pytest.mark.parametrize("size", [5_000, 100_000], ids="{:,}".format)
def test_first_pod(benchmark: BenchmarkFixture, size: int, way: str) -> None:
    """Place the first pod of a shape that was never seen, while pods run on all nodes."""
    benchmark.group = f"{size:,} nodes, unique amounts, the first pod of a shape"
    inventory = fleet(size, "unique amounts")
    kind, _, pods = way.partition(", ")
    usage = running(size) if pods else None
    asked = never_seen(kind, 30_000 if pods else 20_000)
    _each(benchmark, asked, lambda each: inventory.match(each, usage=usage).first(1))


# What a scheduler asks, of an answer to a placement and of the one to a selector.
_ASKED: dict[str, Callable[[NodeSet, NodeSet], object]] = {
    "set": lambda answer, _: worked_out(answer),
    "in_states": lambda answer, _: answer.in_states({"ready"}),
    "connected": lambda answer, _: answer.connected(),
    "and": lambda answer, other: answer & other,
    "or": lambda answer, other: answer | other,
    "minus": lambda answer, other: answer - other,
    "not_considered": lambda answer, _: answer.not_considered,
}


@pytest.mark.parametrize("pods", [False, True], ids=["no pods", "pods on every node"])
@pytest.mark.parametrize("way", [*_ASKED, "explain"])
def test_in_use(benchmark: BenchmarkFixture, n: int, way: str, pods: bool) -> None:
    """Place a pod while pods run on no node, or on every node."""
    benchmark.group = f"{n:,} nodes, {way}"
    inventory, wanted = fleet(n, "eight sizes").snapshot(), conditions()["placement of five"]
    usage = running(n) if pods else None
    if way == "explain":
        benchmark(lambda: inventory.explain(wanted, usage=usage))
        return
    other = inventory.match(Selector.parse("os=linux"))
    benchmark(lambda: _ASKED[way](inventory.match(wanted, usage=usage), other))


@pytest.mark.parametrize("what", ["add", "remove", "add amounts", "of", "find"])
def test_pod(benchmark: BenchmarkFixture, n: int, what: str) -> None:
    """Add or remove a prepared pod while pods run on every node; 100 each time."""
    benchmark.group = f"{n:,} nodes with {_RUNNING} pods, 100 pods"
    usage, draw = running(n).copy(), random.Random(3)
    ids = draw.sample([node_id for node_id, _ in nodes(n)], min(n, 100_000))
    kind = Pod("x", {"cpu": 100, "pods": 1})
    made = [(node_id, kind.replace(id=f"new/{at}")) for at, node_id in enumerate(ids)]
    batches = cycle(made[at : at + 100] for at in range(0, len(made), 100))
    asked: list[tuple[str, Pod]] = []

    def setup() -> None:
        asked[:] = next(batches)
        for node_id, pod in asked:
            if what in ("remove", "find"):
                usage.add(node_id, pod)
            elif pod.id in usage:
                usage.remove(pod.id)

    ways: dict[str, Callable[[str, Pod], object]] = {
        "add": usage.add,
        "remove": lambda _, pod: usage.remove(pod.id),
        "add amounts": lambda node_id, pod: usage.add(node_id, pod.requests),
        "of": lambda node_id, _: usage.of(node_id),
        "find": lambda _, pod: usage.find(pod.id),
    }
    call = ways[what]

    def batch() -> None:
        for node_id, pod in asked:
            call(node_id, pod)

    benchmark.pedantic(batch, setup=setup, rounds=200)


@pytest.mark.parametrize("moved", [0, 100])
def test_copy(benchmark: BenchmarkFixture, n: int, moved: int) -> None:
    """Copy what runs, move pods, and ask the first question with the copy; then the original."""
    benchmark.group = f"{n:,} nodes with {_RUNNING} pods, copy and match"
    inventory, wanted, usage = (
        fleet(n, "eight sizes"),
        conditions()["placement of five"],
        running(n),
    )
    ids, draw = [node_id for node_id, _ in nodes(n)], random.Random(3)
    inventory.match(wanted, usage=usage).first(1)
    pods = [usage.find(f"shop/web-{number}") for number in draw.sample(range(n), moved)]
    changes = [
        change
        for found in pods
        if found is not None
        for change in (found[1].id, (draw.choice(ids), found[1]))
    ]

    def setup() -> tuple[tuple[Usage], dict[str, Any]]:
        inventory.match(wanted, usage=usage).first(1)
        trial = usage.copy()
        trial.apply(changes)
        return (trial,), {}

    def ask(trial: Usage) -> object:
        return worked_out(inventory.match(wanted, usage=trial.copy()))

    benchmark.pedantic(ask, setup=setup, rounds=50)


@pytest.mark.parametrize("key", ["cpu", "a function"])
@pytest.mark.parametrize("size", [5_000, 50_000], ids="{:,}".format)
def test_top(benchmark: BenchmarkFixture, n: int, size: int, key: str) -> None:
    """Rank the candidates by what is free, while pods run on every node."""
    benchmark.group = f"{n:,} nodes with {_RUNNING} pods, the best 10 of {size:,}"
    inventory, usage = fleet(n, "unique amounts"), running(n)
    wanted = Placement(tolerations=[Toleration(operator="Exists")], requests={"cpu": 1})
    chosen = inventory.nodes([node_id for node_id, _ in nodes(n)][:size])
    answer = inventory.match(wanted, usage=usage) & chosen
    by = key if key == "cpu" else lambda each: each.free("cpu") / 64 + each.free("memory") / 2**38
    benchmark(lambda: answer.top(10, by))


@pytest.mark.parametrize("pods", [False, True], ids=["no pods", "pods on every node"])
@pytest.mark.parametrize("what", ["compaction", "first set after it"])
def test_compaction(benchmark: BenchmarkFixture, n: int, what: str, pods: bool) -> None:
    """Compact, which carries the index of the usage along for the readers that follow."""
    benchmark.group = f"{n:,} nodes, {what}"
    # Another inventory: a compaction carries the indexes of all usages that it has been asked of.
    inventory = Inventory(fleet(n, "eight sizes"), compact_at=None)
    wanted, usage = conditions()["placement of five"], running(n) if pods else None

    def ask() -> object:
        return worked_out(inventory.match(wanted, usage=usage))

    def change() -> None:
        node = inventory["node-0000007"]
        inventory.upsert(node.replace(state="ready" if node.state == "lost" else "lost"))
        ask()

    def change_and_compact() -> None:
        change()
        inventory.compact()

    if what == "compaction":
        benchmark.pedantic(inventory.compact, setup=change, rounds=5)
    else:
        benchmark.pedantic(ask, setup=change_and_compact, rounds=5)


@pytest.mark.benchmark(group="one node")
@pytest.mark.parametrize("way", ["selector", "placement", "placement with pods"])
def test_one_node(benchmark: BenchmarkFixture, way: str) -> None:
    """Test one node that matches, with a taint that is tolerated."""
    labels = {"region": "us-east", "tier": "premium", "environment": "dev", "gpu": "true"}
    resources = {"cpu": "64", "memory": "256Gi", "pods": "110"}
    node = Node("n-1", labels, taints=[_TAINTS[0]], resources=resources)
    selector = Selector.parse(FIVE)
    wanted = placement(selector)
    usage = Usage()
    usage.add("n-1", wanted.requests)
    ask: dict[str, Callable[[], bool]] = {
        "selector": lambda: selector.matches(node.labels, node.id),
        "placement": lambda: wanted.matches(node),
        "placement with pods": lambda: wanted.matches(node, usage),
    }
    assert benchmark(ask[way])


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a folder of manifests, and a file of nodes as ``kubectl`` prints them."""
    folder = tmp_path_factory.mktemp("manifests")
    shapes = pod_specs(_MANIFESTS)
    for number, spec in enumerate(shapes):
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"web-{number}"},
            "spec": {"template": {"spec": spec}},
        }
        (folder / f"web-{number}.json").write_text(json.dumps(deployment))
    items = [
        {
            "kind": "Node",
            "metadata": {"name": node_id, "labels": labels},
            "spec": {"taints": [taint._asdict() for taint in known.taints or ()]},
            "status": {
                "allocatable": {
                    "cpu": f"{(known.resources or {})['cpu']}m",
                    "memory": f"{(known.resources or {})['memory'] // 1024}Ki",
                    "pods": "110",
                },
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
        for (node_id, labels), known in zip(
            nodes(_MANIFEST_NODES), facts(_MANIFEST_NODES, "unique amounts"), strict=True
        )
    ]
    path = tmp_path_factory.mktemp("nodes") / "nodes.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return folder, path


@pytest.mark.benchmark(group=f"{_MANIFESTS:,} manifests over {_MANIFEST_NODES:,} nodes")
@pytest.mark.parametrize("options", [("--only-labels",), ()], ids=["labels", "placements"])
def test_manifests(
    benchmark: BenchmarkFixture, manifests: tuple[Path, Path], options: tuple[str, ...]
) -> None:
    """Explain a folder of manifests, from start to end; ``extra_info`` has the CPU time."""
    folder, path = manifests
    command = [NODESELECT, "explain", "--job", str(folder), "-n", str(path), "-o", "json", *options]
    runs = []
    benchmark.pedantic(lambda: runs.append(run(command)), rounds=5, warmup_rounds=1)
    benchmark.extra_info["cpu"] = min(each.cpu for each in runs)
