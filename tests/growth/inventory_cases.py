"""Many nodes, labels and changes: inventories, files and logs, answers, explanations, engines."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from nodeselect import (
    AnyOf,
    ChangeLog,
    Inventory,
    Node,
    NodeSet,
    Placement,
    Pod,
    Selector,
    Snapshot,
    StandingSelectors,
    Taint,
    Usage,
)
from nodeselect.engines import polars, sql
from nodeselect.index.tuning import Tuning
from nodeselect.render.id_ranges import compress_ids
from tests.growth.cases import case, rejected, words
from tests.growth.selector_cases import selector_of, selector_of_values
from tests.inventory.small import tuned

# Inventories with a segment and without; both search the first nodes of an answer in small windows.
_DELTA = Tuning(first_window=2, window_growth=2, ranks_per_sorted_node=1 << 40)
_TUNINGS = {"delta": _DELTA, "segment": _DELTA._replace(max_unsegmented=4, chunk=64)}

SELECTORS = {
    "matching": "region=eu,rack!=r1",
    "key-typo": "Region=eu,racks=r1,hosts",
    "value-typo": "regoin=eu,rack in (r1,r2,r77)",
    "contradiction": "region=eu,region=us",
    "comparison": "n>5,n<3000,host>7",
}
"""Selectors for ``fleet``, with a mistake for each kind of hint."""


def fleet(n: int) -> list[Node]:
    """Return nodes with few values of some keys and many of others, names and states."""
    nodes = []
    for number, word in enumerate(words(n, "node")):
        labels = {"region": ("eu", "us", "ap")[number % 3], "rack": f"r{number % 40}"}
        labels |= {"host": word, "n": str(number), f"own-{number % 50}": "x"}
        state = ("connected", "lost", None, "ready")[number % 4]
        nodes.append(Node(word, labels, f"name of {word}", state))
    return nodes


def _change(tuning: Tuning, nodes: list[Node]) -> object:
    half = len(nodes) // 2
    inventory = tuned(tuning)(nodes[:half])
    for node in nodes[half:]:
        inventory.upsert(node)
    before = inventory.snapshot()
    inventory.apply([node.replace(labels={"region": "eu"}) for node in nodes])
    assert len(inventory.changes_since(before)) == len(nodes)
    inventory.apply([node.id for node in nodes[:half]])
    for node in nodes[half:]:
        inventory.update(node.id, lambda node: node.replace(state="ready"))
        inventory.remove(node.id)
    inventory.compact()
    return inventory.ids()


def _read_old_snapshots(ids: list[str]) -> object:
    """Change one node again and again, then find it in each snapshot in between."""
    inventory = Inventory(map(Node, ids[:9]), compact_at=None)
    selector = Selector.parse("x>5")
    views: list[Snapshot | NodeSet] = []
    for number in range(len(ids)):
        inventory.upsert(Node("changing", {"x": str(number)}))
        views += [inventory.snapshot(), inventory.match(selector)]
    return [(len(view), "changing" in view) for view in views]


def _answer(inventory: Inventory) -> object:
    one, other = (inventory.match(Selector.parse(text)) for text in ("region=eu,n>5", "host"))
    assert len(one & other) + len(one | other) == len(one) + len(other)
    return [
        (nodes.ids(), [*nodes], nodes.first(9), nodes[-1:], repr(nodes), nodes.sample(9, 1))
        for nodes in (one, other, one - other)
    ]


def _explain(text: str, inventory: Inventory) -> object:
    explanation = inventory.explain(Selector.parse(text))
    return str(explanation), explanation.as_dict(), explanation.recommendation


def _explain_ids(nodes: list[Node]) -> object:
    ids = [text for node in nodes for text in (node.id, f"name of {node.id}", f"no-{node.id}")]
    return str(Inventory(nodes).explain(Selector.of(match_ids=ids, match_expressions=["n"])))


def _explain_many(selector: Selector) -> object:
    inventory = Inventory([Node("a", {"k": "v"}), *fleet(30)])
    return str(inventory.explain(selector)), str(inventory.explain_node(selector, "a"))


def _add_inventories() -> None:
    def build(tuning: Tuning, n: int) -> Inventory:
        return tuned(tuning)(fleet(n))

    for kind, tuning in _TUNINGS.items():
        case(f"change/{kind}", partial(_change, tuning), fleet)
        case(f"answers/{kind}", _answer, partial(build, tuning))
    segment = partial(build, _TUNINGS["segment"])
    for name, text in SELECTORS.items():
        case(f"explain/{name}", partial(_explain, text), segment)
    case("explain/ids", _explain_ids, fleet)
    case("explain/requirements", _explain_many, partial(selector_of, "{}!=a"))
    case("explain/values", _explain_many, selector_of_values)
    case("duplicate-id", rejected(Inventory), lambda n: [*fleet(n), Node("a"), Node("a")])
    case("old-snapshots", _read_old_snapshots, words)
    case(
        "id-ranges", compress_ids, lambda n: [f"10.0.{number}.a-{number:03}" for number in range(n)]
    )


def _in_folder(call: Callable[[Path, list[Node]], object], nodes: list[Node]) -> object:
    with TemporaryDirectory() as folder:
        return call(Path(folder), nodes)


def _save(folder: Path, nodes: list[Node]) -> object:
    """Save, open, query and change an inventory, and move to the next file."""
    path = folder / "nodes.nsx"
    inventory = Inventory(nodes)
    inventory.save(path)
    opened = Inventory.open(path, verify=True, copy=True)
    inventory.upsert(Node("one-more"))
    inventory.save(path)
    assert opened.refresh(path)
    assert opened.ids() == inventory.ids()
    opened.remove(nodes[0].id)
    opened.compact()
    return _answer(opened), [opened[node.id] for node in nodes[1:]]


def _log(folder: Path, nodes: list[Node]) -> object:
    """Write to a log, one by one and at once; read it in the next process, and follow it."""
    reader = Inventory()
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        for node in nodes:
            inventory.upsert(node)
        inventory.apply([*(node.id for node in nodes), *nodes])
        reader.follow(log.path)
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        inventory.remove(nodes[0].id)
        reader.follow(log.path)
        assert list(reader) == list(inventory)
    return log.size


def _damage(folder: Path, nodes: list[Node]) -> object:
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        for node in nodes:
            inventory.upsert(node)
    with (folder / "log").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    return rejected(Inventory().follow)(folder / "log")


def _stand(selectors: dict[str, Selector]) -> object:
    """Ask which selectors match a node, before and after all of them were replaced."""
    old = Node("n-1", {"k": "7", "region": "eu"})
    new = old.replace(labels={"k": "12", "region": "us"})
    standing = StandingSelectors(selectors)
    answers: list[object] = [standing.matching(old), standing.changes(old, new)]
    answers.append(str(standing.explain(old)))
    for text in ("region=eu", "region=us"):
        standing.apply(dict.fromkeys(selectors, Selector.parse(text)))
        answers += [[*standing.matching(new)], standing.changes(old, new)]
    return answers


def _taints(n: int, prefix: str = "") -> tuple[Placement, list[Node]]:
    """Return as many tolerations as taints, which they cover in the other order."""
    keys = words(n)
    spec = {"tolerations": [{"key": prefix + key, "operator": "Exists"} for key in keys[::-1]]}
    nodes = [
        Node(f"n-{at}", taints=[Taint(key, "NoSchedule") for key in keys[at : at + 50]])
        for at in range(0, n, 50)
    ]
    return Placement.from_pod_spec(spec), nodes


def _requests(n: int) -> tuple[Placement, list[Node]]:
    """Return as many requests as resources of each node."""
    resources = dict.fromkeys(words(n), 1)
    return Placement(requests=resources), [Node(f"n-{at}", resources=resources) for at in range(4)]


def _terms(n: int) -> tuple[Placement, list[Node]]:
    """Return as many terms of an affinity as nodes: more than are tested one by one."""
    keys = words(n)
    nodes = [Node(f"n-{at}", dict.fromkeys(keys[at : at + 50], "v")) for at in range(n)]
    return Placement(AnyOf(Selector.parse(f"{key}=w") for key in keys)), nodes


def _place(asked: tuple[Placement, list[Node]]) -> object:
    """Ask in every way which of the nodes a pod can use, and why."""
    placement, nodes = asked
    inventory, usage = Inventory(nodes), Usage()
    answers: list[object] = []
    for node in nodes[:4]:
        usage.add(node.id, {"cpu": 1, "pods": 1})
        answers += [placement.matches(node, usage), inventory.explain_node(placement, node.id)]
    for _ in range(2):
        explanation = inventory.explain(placement, usage=usage)
        answers += [inventory.match(placement, usage=usage).ids(), str(explanation)]
        inventory.compact()
    return answers, inventory.match(placement).not_considered


def _pods(n: int) -> tuple[list[dict[str, object]], list[Node]]:
    """Return as many running pods as nodes."""
    ids = words(n)
    resources = {"requests": {"cpu": "1"}}
    spec = {"containers": [{"name": "c", "resources": resources}]}
    nodes = [Node(each, resources={"cpu": "2"}) for each in ids]
    pods = [{"metadata": {"name": each}, "spec": {"nodeName": each, **spec}} for each in ids]
    return pods, nodes


def _run(running: tuple[list[dict[str, object]], list[Node]]) -> object:
    """Place one pod after another, where others run."""
    pods, nodes = running
    inventory, usage = Inventory(nodes), Usage(pods)
    placement = Placement(requests={"cpu": "1"})
    for number in range(50):
        trial = usage.copy()
        (node,) = inventory.match(placement, usage=trial).top(1, "cpu")
        usage.add(node.id, Pod(f"new-{number}", placement=placement))
    return str(inventory.explain(placement, usage=usage))


def _write_sql(selector: Selector) -> object:
    """Write a selector for two layouts of a table, and as an expression of Polars."""
    columns = {requirement.key: "c" for requirement in selector.requirements[::2]}
    layouts = ("labels", sql.LongTable("labels"))
    texts = [
        sql.where(selector, dialect, labels=labels, columns=columns)
        for dialect in ("postgresql", "spark")
        for labels in layouts
    ]
    return texts, polars.where(selector)


def _named(template: str, n: int) -> dict[str, Selector]:
    return {word: Selector.parse(template.format(word)) for word in words(n)}


_add_inventories()
for _build, _size in ((_taints, 200), (_requests, 60), (_terms, 200)):
    case(f"placements/{_build.__name__}", _place, _build, _size)
case("placements/_other_taints", _place, partial(_taints, prefix="no-"), 200)
case("placements/_pods", _run, _pods, 200)
for _call in (_save, _log, _damage):
    case(f"files/{_call.__name__}", partial(_in_folder, _call), fleet)
for _template in ("{}=a", "k!={}", "region in (eu,us)", "!{}"):
    case(f"standing/{_template}", _stand, partial(_named, _template))
case("standing/compacted", _stand, partial(_named, "region"), 600)
case("sql/values", _write_sql, selector_of_values)
for _template in ("!{}", "{}!=a", "{}>5"):
    case(f"sql/{_template}", _write_sql, partial(selector_of, _template))
