"""What the pods on the nodes request, and how it changes."""

import copy
import pickle
import sys
from itertools import count
from threading import Thread, current_thread
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError, Node, Placement, Pod, Usage

_numbers = count()


def pod(node: str | None = "n-1", phase: str | None = "Running", **requests: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": requests}}
    return {
        "metadata": {"name": f"p-{next(_numbers)}", "namespace": "shop"},
        "spec": {"nodeName": node, "containers": [container]},
        "status": {"phase": phase},
    }


NAMED = {"metadata": {"name": "p"}}


def test_pods_that_count() -> None:
    """Pods count that are assigned to a node and have not ended."""
    pods = [
        *(pod(cpu=1), pod(cpu="500m", memory="1Gi"), pod("n-2", "Pending", cpu=1)),
        *(pod(phase="Succeeded", cpu=1), pod(phase="Failed", cpu=1), pod(None, "Pending", cpu=1)),
        *(pod("", cpu=1), pod("n-3", None), pod("n-3", "Unknown"), NAMED | {"spec": {}}),
        {"kind": "Pod", "spec": {"nodeName": "n-4"}, "metadata": {"name": "a"}},
        {"kind": None, "spec": {"nodeName": "n-4"}, "metadata": {"name": "b"}, "status": None},
        {"spec": {"nodeName": "n-4"}, "metadata": {"name": "c", "ownerReferences": [None, {}]}},
    ]
    usage = Usage(pods)
    assert usage.of("n-1") == {"cpu": 1500, "memory": 2**30, "pods": 2}
    assert usage.of("n-2") == {"cpu": 1000, "pods": 1}
    assert usage.of("n-3") == {"pods": 2}
    assert usage.of("n-4") == {"pods": 3}
    assert usage.of("n-5") == {}


SIDECAR = {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}
INIT = {"name": "i", "resources": {"requests": {"cpu": "1"}}}


def resized(cpu: str, allocated: str | None = None, name: str = "c") -> dict[str, Any]:
    """Return what the status of a resized container has."""
    own = {"resources": {"requests": {"cpu": cpu}}}
    return {"name": name, **own, "allocatedResources": allocated and {"cpu": allocated}}


def resize(reason: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready"}, {"type": "PodResizePending", "reason": reason}]}


@pytest.mark.parametrize(
    ("spec", "fields", "cpu"),
    [
        ({}, {}, 2000),
        ({}, {"containerStatuses": [resized("1")]}, 2000),
        ({}, {"containerStatuses": [resized("3", "2500m")]}, 3000),
        ({}, {"containerStatuses": [resized("3", "4")]}, 4000),
        ({}, {"containerStatuses": [resized("3", name="d")]}, 2000),
        ({}, {"containerStatuses": [{"name": "c", "allocatedResources": {"cpu": "3"}}]}, 2000),
        ({}, {"containerStatuses": [resized("1")], **resize("Deferred")}, 2000),
        ({}, {"containerStatuses": [resized("1")], **resize("Infeasible")}, 1000),
        ({}, {"containerStatuses": [resized("1", "1500m")], **resize("Infeasible")}, 1500),
        ({}, {"containerStatuses": [resized("1", name="d")], **resize("Infeasible")}, 2000),
        (
            {"initContainers": [SIDECAR]},
            {"initContainerStatuses": [resized("2", name="s")]},
            4000,
        ),
        ({"initContainers": [INIT]}, {"initContainerStatuses": [resized("9", name="i")]}, 2000),
    ],
)
def test_resized_in_place(spec: dict[str, Any], fields: dict[str, Any], cpu: int) -> None:
    """The larger of spec and status counts; if the resize is infeasible, only the status."""
    one = pod(cpu="2")
    usage = Usage([one | {"spec": one["spec"] | spec, "status": one["status"] | fields}])
    assert usage.of("n-1") == {"cpu": cpu, "pods": 1}


@pytest.mark.parametrize(
    ("item", "code", "place"),
    [
        (None, "wrong-type", "pods[1]"),
        (NAMED, "wrong-type", "pods[1].spec"),
        ({"kind": "Node", "spec": {}}, "not-a-pod", "pods[1].kind"),
        (pod(5), "wrong-type", "pods[1].spec.nodeName"),  # type: ignore[arg-type]
        (pod() | {"status": "Running"}, "wrong-type", "pods[1].status"),
        (pod() | {"metadata": []}, "wrong-type", "pods[1].metadata"),
        (
            pod() | {"metadata": {"name": "x", "ownerReferences": ["x"]}},
            "wrong-type",
            "pods[1].metadata.ownerReferences[0]",
        ),
        (
            pod() | {"metadata": {"name": "x", "labels": "x"}},
            "wrong-type",
            "pods[1].metadata.labels",
        ),
        (pod() | {"metadata": {}}, "no-id", "pods[1].metadata.name"),
        (
            pod() | {"metadata": {"name": "q", "namespace": "shop"}},
            "duplicate-id",
            "pods[1].metadata.name",
        ),
        (pod(cpu="x"), "invalid-quantity", "pods[1].spec.containers[0].resources.requests.cpu"),
        (
            pod() | {"status": {"containerStatuses": [resized("x")]}},
            "invalid-quantity",
            "pods[1].status.containerStatuses[0].resources.requests.cpu",
        ),
    ],
)
def test_errors(item: Any, code: str, place: str) -> None:
    """What is not a pod, or cannot be counted, is an error with its place."""
    with pytest.raises(InventoryError) as caught:
        Usage([pod() | {"metadata": {"name": "q", "namespace": "shop"}}, item])
    assert (caught.value.code, caught.value.place.path) == (code, place)


def test_add_and_remove() -> None:
    """What is added can be removed, and nothing else; an error changes nothing."""
    usage = Usage()
    usage.add("n", {"cpu": 500, "pods": 1})
    before = usage.of("n")
    usage.add("n", {"cpu": 250, "memory": 5, "pods": 1})
    assert usage.of("n") == {"cpu": 750, "memory": 5, "pods": 2}
    assert before == {"cpu": 500, "pods": 1}
    for wrong in ({"cpu": 751}, {"cpu": 1, "gpu": 1}):
        with pytest.raises(ValueError, match="is requested on node 'n' without a pod"):
            usage.remove("n", wrong)
    with pytest.raises(ValueError, match="is requested on node 'm' without a pod"):
        usage.remove("m", {"pods": 1})
    with pytest.raises(ValueError, match="'cpu': the amount -1 is negative"):
        usage.add("n", {"pods": 1, "cpu": -1})
    for amount in ("500m", 1.5, True):
        with pytest.raises(TypeError, match="'cpu': an amount is an int"):
            usage.add("n", {"pods": 1, "cpu": amount})  # type: ignore[dict-item]
    assert usage.of("n") == {"cpu": 750, "memory": 5, "pods": 2}
    usage.remove("n", {"cpu": 500, "pods": 1})
    assert usage.of("n") == {"cpu": 250, "memory": 5, "pods": 1}
    usage.remove("n", {"cpu": 250, "memory": 5, "pods": 1})
    assert usage.of("n") == {}


def test_pods() -> None:
    """Pods are added, replaced, found and removed by their ids; an error changes nothing."""
    usage = Usage()
    web, api = Pod("shop/web", {"cpu": 500, "pods": 1}), Pod("shop/api", {"cpu": 1, "pods": 1})
    usage.add("n-2", web)
    usage.add("n-1", api)
    usage.add("n-2", {"cpu": 5})
    assert list(usage) == [("n-1", api), ("n-2", web)]
    assert usage.pods("n-2") == (web,)
    assert usage.find("shop/web") == ("n-2", web)
    assert usage.find("n-2") is None
    assert ("shop/web" in usage, "n-2" in usage, 5 in usage) == (True, False, False)
    with pytest.raises(ValueError, match="the pod 'shop/web' runs on node 'n-2'; remove it first"):
        usage.add("n-1", web)
    larger = web.replace(requests={"cpu": 900, "pods": 1})
    usage.add("n-2", larger)
    assert (usage.of("n-2"), len(usage)) == ({"cpu": 905, "pods": 1}, 2)
    with pytest.raises(KeyError, match="shop/x"):
        usage.remove("shop/x")
    with pytest.raises(ValueError, match="less 'cpu' is requested on node 'n-2' without a pod"):
        usage.remove("n-2", {"cpu": 6})
    assert usage.remove("shop/web") == ("n-2", larger)
    assert usage.of("n-2") == {"cpu": 5}
    usage.add("n-2", web)
    assert usage.clear("n-2") == (web,)
    assert usage.of("n-2") == {}
    assert "shop/web" not in usage
    assert usage.in_use() == {"n-1"}
    assert usage.clear("n-9") == ()


def test_changes_at_once() -> None:
    """Several changes are one: of a wrong list, none is made."""
    usage = Usage()
    web, api = Pod("web", {"cpu": 1}), Pod("api", {"cpu": 2})
    usage.apply([("n-1", web), ("n-1", api), "web", ("n-2", web)])
    assert list(usage) == [("n-1", api), ("n-2", web)]
    for changes, error in (
        (["web", "web"], KeyError),
        (["web", ("n-9", api)], ValueError),
        (["web", ("n-9", {"cpu": 1})], TypeError),
        (["web", ("n-9", api, 3)], TypeError),
        (["web", ("n-9", web), 5], TypeError),
        ("web", TypeError),
    ):
        with pytest.raises(error):
            usage.apply(changes)  # type: ignore[arg-type]
        assert list(usage) == [("n-1", api), ("n-2", web)]
    usage.apply(["web", "web", "x"], missing_ok=True)
    assert list(usage) == [("n-1", api)]


def test_copies_and_snapshots() -> None:
    """A copy and a snapshot are those of their moment; a copy can be changed by itself."""
    usage = Usage()
    assert usage
    usage.add("n-1", Pod("web", {"cpu": 1}))
    before, copies = usage.snapshot(), [usage.copy(), copy.copy(usage), copy.deepcopy(usage)]
    usage.add("n-1", Pod("api", {"cpu": 2}))
    copies[0].remove("web")
    assert (usage.of("n-1"), before.of("n-1"), copies[0].of("n-1")) == ({"cpu": 3}, {"cpu": 1}, {})
    assert [list(each) for each in copies[1:]] == [list(before)] * 2
    assert list(before.copy()) == list(before)
    assert (repr(usage), repr(before)) == (
        "<Usage of 2 pods on 1 node>",
        "<UsageSnapshot of 1 pod on 1 node>",
    )
    for each in (usage, before):
        with pytest.raises(TypeError, match="cannot be pickled: send its pods, list"):
            pickle.dumps(each)
    assert not hasattr(before, "add")


def test_an_inventory_takes_a_usage_over() -> None:
    """From then on both are one; no other inventory can take it."""
    usage = Usage()
    usage.add("n-1", Pod("web", {"cpu": 3}))
    inventory = Inventory([Node("n-1", resources={"cpu": 4})], usage=usage)
    wanted = Placement(requests={"cpu": 2})
    before = inventory.snapshot()
    assert not inventory.match(wanted)
    usage.remove("web")
    assert len(inventory.match(wanted)) == 1
    inventory.usage.add("n-1", Pod("api", {"cpu": 3}))
    assert "api" in usage
    assert [len(before.match(wanted, usage=each)) for each in (None, usage, usage.copy())] == [
        0
    ] * 3
    assert list(before.usage) == [("n-1", Pod("web", {"cpu": 3}))]
    with pytest.raises(ValueError, match="another inventory has this usage: give a copy of it"):
        Inventory(usage=usage)
    assert list(Inventory(usage=usage.copy()).usage) == list(usage)
    with pytest.raises(TypeError, match="usage must be a Usage or None"):
        Inventory(usage=usage.snapshot())  # type: ignore[arg-type]


def test_a_writer_that_waits_while_a_usage_is_taken_over() -> None:
    """Its change is made in the inventory, and not lost."""
    usage, inventories = Usage(), list[Inventory]()

    def take() -> None:
        inventories.append(Inventory(usage=usage))

    def change(*_: object) -> None:
        writer.start()
        while not writer.ident or usage._lock._writing is None:
            pass
        take_over = usage._give_to
        inventory = Inventory()
        take_over(inventory, inventory._lock)
        inventories.append(inventory)

    writer = Thread(target=usage.add, args=("n-1", Pod("web")))
    usage._lock.run(change)
    writer.join()
    assert list(inventories[0].usage) == [("n-1", Pod("web"))]


def test_nodes_without_pods_are_forgotten() -> None:
    """A node that has no pods any more takes no memory."""
    usage = Usage()
    usage.add("n-1", {"cpu": 1})
    usage.add("n-2", {"cpu": 1})
    usage.add("n-3", {})
    usage.remove("n-1", usage.of("n-1"))
    assert usage.in_use() == {"n-2"} == usage.snapshot()._nodes.to_dict().keys()


def test_threads_lose_no_changes() -> None:
    """Two threads that change the same node lose nothing."""
    usage = Usage()

    def add() -> None:
        for number in range(2_000):
            usage.add("n", {"pods": 1})
            usage.add(f"m-{number % 7}", Pod(f"{current_thread().name}-{number}", {"cpu": 1}))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=add) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert usage.of("n") == {"pods": 4_000}
    assert len(usage) == 4_000
    assert sum(usage.of(node_id).get("cpu", 0) for node_id in usage.in_use()) == 4_000
