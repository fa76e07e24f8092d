"""Inventories of many nodes, labels and changes; answers, explanations, and their reports."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from tempfile import TemporaryDirectory

from nodeselect import Inventory, JobError, Node, NodeSet, Problem, Selector, Snapshot
from nodeselect.explain import notes
from nodeselect.explain.compute import exclude_by_state
from nodeselect.explain.similarity import abbreviates_consonants
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.audit import audit_labels
from nodeselect.inventory.compare import compare_inventories, compare_selectors
from nodeselect.inventory.facets import count_labels
from nodeselect.limits import LIMITS
from nodeselect.render.diff import diff_lines
from nodeselect.render.explanation import explanation_lines, render_text
from nodeselect.render.facets import facet_lines
from nodeselect.render.html.page import render_page
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.jobs import JobsReport, invalid_job, job_lines, job_on_nodes
from nodeselect.render.layout import REPORT_FORMATS, Screen
from nodeselect.render.nodes import NODE_FORMATS, node_lines
from tests.growth.cases import case, rejected, words
from tests.growth.selector_cases import TEMPLATES, selector_of

# Inventories with a segment and without; both search the first nodes of an answer in small windows.
_DELTA = Tuning(first_window=2, window_growth=2, ranks_per_sorted_node=1 << 40)
_TUNINGS = {"delta": _DELTA, "segment": _DELTA._replace(max_unsegmented=4, chunk=64)}

_SCREENS = (Screen(), Screen(60, ascii_only=True, colour=True))
_EVERYTHING = Selector.everything()

SELECTORS = {
    "matching": "region=eu,rack!=r1",
    "key-typo": "Region=eu,racks=r1,hosts",
    "value-typo": "regoin=eu,rack in (r1,r2,r77)",
    "value-of-other-key": "zone=eu,place in (us,ap)",
    "contradiction": "region=eu,region=us",
    "comparison": "n>5,n<3000,host>7",
    "absent": "!region,gpu notin (l4,t4)",
}
"""Selectors for ``fleet``, with a mistake for each kind of hint."""


def fleet(n: int) -> list[Node]:
    """Return nodes with few values of some keys and many of others, names and states."""
    nodes = []
    for number, word in enumerate(words(n, "node")):
        labels = {"region": ("eu", "us", "ap")[number % 3], "rack": f"r{number % 40}"}
        labels |= {"host": word, "n": str(number), f"own-{number % 50}": "x"}
        if number % 4 == 0:
            labels["gpu"] = "l4"
        state = ("connected", "lost", None, "ready")[number % 4]
        nodes.append(Node(word, labels, f"name of {word}", state))
    return nodes


def _on_fleet(name: str, call: Callable[[Inventory], object], size: int = 100) -> None:
    """Add the cases of what is called with an inventory of many nodes."""
    for kind, tuning in _TUNINGS.items():

        def build(n: int, tuning: Tuning = tuning) -> Inventory:
            return Inventory(fleet(n), _tuning=tuning)

        case(f"{name}/{kind}", call, build, size)
    case(f"{name}/saved", call, lambda n: reopened(fleet(n)), size)


def reopened(nodes: Iterable[Node]) -> Inventory:
    """Return an inventory that was saved and opened; a mapped file may be deleted."""
    with TemporaryDirectory() as folder:
        path = f"{folder}/nodes.nsx"
        Inventory(nodes).save(path)
        return Inventory.open(path, _tuning=_TUNINGS["segment"])


def _change(tuning: Tuning, nodes: list[Node]) -> object:
    half = len(nodes) // 2
    inventory = Inventory(nodes[:half], _tuning=tuning)
    for node in nodes[half:]:
        inventory.upsert(node)
    before = inventory.snapshot()
    changes = inventory.apply([node.replace(labels={"region": "eu"}) for node in nodes])
    assert len(inventory.changes_since(before)) == len(nodes)
    changes += inventory.apply([node.id for node in nodes[:half]])
    assert all(change.id and change.kind for change in changes)
    for node in nodes[half:]:
        inventory.update(node.id, lambda node: node.replace(state="ready"))
        inventory.remove(node.id)
    inventory.compact()
    return inventory.ids(), inventory.pending_changes, inventory.stats()


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
    sets = [inventory.match(Selector.parse(text)) for text in SELECTORS.values()]
    sizes = list(map(len, sets))
    for size, one in zip(sizes, sets, strict=True):
        for other in sets:
            assert len(one & other) + len(one | other) == size + len(other)
            assert (one - other == one) == (not one & other)
    return [
        (nodes.ids(), [*nodes], nodes.first(9), nodes[-1:], repr(nodes), "n-1" in nodes,
         nodes.sample(9, 1), nodes.value_counts("n"), len(nodes.connected()),
         len(nodes.in_states({"lost"})))
        for nodes in sets
    ]  # fmt: skip


def _iterate(inventory: Inventory) -> object:
    nodes, snapshot = {*inventory}, inventory.snapshot()
    assert all(snapshot[node.id] == node and node in snapshot for node in nodes)
    return inventory.generation, repr(snapshot), repr(nodes), pickle.dumps(nodes)


def _explain(text: str, inventory: Inventory) -> object:
    explanation = inventory.explain(Selector.parse(text))
    shown = str(explanation), repr(explanation), notes(explanation), render_text(explanation)
    return explanation.as_dict(), shown


def _explain_ids(inventory: Inventory) -> object:
    """Explain ids that nodes have, their names, and ids that no node has."""
    nodes = list(inventory)
    ids = [text for node in nodes for text in (node.id, f"name of {node.id}", f"no-{node.id}")]
    selector = Selector.of(match_ids=ids, match_labels={"region": "eu"})
    excluded = {f"no-{node.id}": node.state for node in nodes}
    counts = Counter(excluded.values())
    explanation = exclude_by_state(inventory.explain(selector), excluded, counts)
    page = render_page(explanation, selector, nodes)
    return explanation.as_dict(), render_text(explanation), page, inventory.match(selector).ids()


def _explain_names(names: list[str]) -> object:
    """Explain ids that are the names of nodes."""
    inventory = Inventory(Node(f"n-{at}", name=name) for at, name in enumerate(names))
    return render_text(inventory.explain(Selector.of(match_ids=names)))


def _explain_long_values(text: str) -> object:
    """Explain a typo in a value, beside values that are long and alike."""
    nodes = [Node(f"n-{at}", {"k": f"{text}{at}{text}"}) for at in range(9)]
    nodes += [Node(word, {"k": f"abcdefgh-{word}"}) for word in words(len(text) // 10)]
    return render_text(Inventory(nodes).explain(Selector.parse("k in (abcdefhg-1,abcdefg-2,x)")))


def _explain_both(selector: Selector) -> object:
    """Explain a selector of many requirements, for all nodes and for one."""
    inventory = Inventory([Node("a", {"k": "v"}), *fleet(30)])
    both = inventory.explain(selector), inventory.explain_node(selector, "a")
    return [
        list(explanation_lines(output, ["x", "y"], both, (1, 2, None), Screen(), "x"))
        for output in REPORT_FORMATS
    ]


def _add_inventories() -> None:
    for kind, tuning in _TUNINGS.items():
        case(f"change/{kind}", partial(_change, tuning), fleet)
    case("build/delta", Inventory, fleet)
    case("build/duplicate-id", rejected(Inventory), lambda n: [*fleet(n), Node("a"), Node("a")])
    case("old-snapshots", _read_old_snapshots, words)
    _on_fleet("answers", _answer)
    _on_fleet("iteration", _iterate)
    for kind, text in SELECTORS.items():
        _on_fleet(f"explain/{kind}", partial(_explain, text))
    _on_fleet("explain/ids", _explain_ids)
    for kind, template in TEMPLATES.items():
        build = partial(selector_of, template)
        case(f"explain-many/{kind}", _explain_both, build, limit=LIMITS.requirements // 2)
    for letter in ("a", "é", "日本"):
        case(f"explain-names/{letter}", _explain_names, partial(words, prefix=letter))
        case(f"explain-long/{letter}", _explain_long_values, (letter * 10).__mul__)

    def own_keys(n: int) -> Inventory:
        return Inventory(Node(word, {word: "a"}) for word in words(n))

    def misspelt(n: int) -> Inventory:
        labels = [{"x.io/zone": "eu-west"}] * 9 + [{"zone": "eu-west"}, {"x.io/zone": "eu_west"}]
        return Inventory(Node(word, labels[at % 11]) for at, word in enumerate(words(n)))

    case("audit/misspelt", audit_labels, misspelt)
    case("explain/own-keys", partial(_explain, "regoin=a,wo-1=a"), own_keys)


def _list_nodes(output: str, nodes: list[Node]) -> object:
    # Without keys, CSV has a cell for each node and each key of any node.
    keys = ["region", "n"] if output == "csv" else []
    return list(node_lines(nodes, output, keys=keys, labels=True))


def _show_labels(output: str, screen: Screen, nodes: list[Node]) -> object:
    facets = count_labels(nodes)
    return [list(facet_lines(facets, None, key, output, screen)) for key in (None, "host")]


def _show_differences(output: str, nodes: list[Node]) -> object:
    old, new = map(Selector.parse, ("region=eu,rack!=r2", "region=us,n>5"))
    third = len(nodes) // 3
    changed = [Node(node.id, {**node.labels, "rack": "r0", "x": node.id}) for node in nodes]
    inventory, other = Inventory(nodes[:-third]), Inventory(changed[third:])
    differences = (
        compare_selectors(inventory, old, new),
        compare_inventories(inventory, other, _EVERYTHING),
    )
    return [list(diff_lines(difference, output, Screen())) for difference in differences]


def _show_jobs(output: str, names: list[str]) -> object:
    explanation = Inventory(fleet(20)).explain(Selector.parse("region=eu"))
    error = JobError("x", (Problem("x", "y", 1, 1, "", (), None),))
    results = [job_on_nodes(name, [explanation], {None: 9}) for name in names]
    results += [invalid_job(name, error) for name in names]
    return list(job_lines(JobsReport.of_nodes(9, results, names), output, Screen()))


def _show_page(nodes: list[Node]) -> object:
    selector = Selector.parse("region=eu,gpu,n>5")
    return render_page(Inventory(nodes).explain(selector), selector, nodes)


def _show_long_text(text: str) -> object:
    """Show a long text everywhere: as an id, a name, a state, a key, a value and a job."""
    long = Node(text.replace("\x1b", "x"), {text: text, "k": text}, text, text)
    nodes = [Node("a", {"k": "b"}), long]
    inventory, selector = Inventory(nodes), Selector.parse("k=b")
    explanation = inventory.explain(selector)
    explanations = explanation, inventory.explain_node(selector, long.id)
    difference = compare_inventories(Inventory(nodes[:1]), inventory, _EVERYTHING)
    shown: list[object] = [render_page(explanation, selector, nodes, text)]
    shown += [list(node_lines(nodes, output, labels=True)) for output in NODE_FORMATS]
    for output in REPORT_FORMATS:
        for screen in _SCREENS:
            shown += diff_lines(difference, output, screen)
            shown += facet_lines(count_labels(nodes), None, None, output, screen)
            shown += facet_lines(count_labels(nodes), None, "k", output, screen)
            shown += explanation_lines(output, [text, text], explanations, None, screen, text)
            report = JobsReport.of_nodes(9, [job_on_nodes(text, [explanation], {None: 9})], [text])
            shown += job_lines(report, output, screen)
    return shown


def _add_reports() -> None:
    for output in NODE_FORMATS:
        case(f"nodes/{output}", partial(_list_nodes, output), fleet)
    for output in REPORT_FORMATS:
        for number, screen in enumerate(_SCREENS):
            case(f"labels/{output}/{number}", partial(_show_labels, output, screen), fleet, 60)
        case(f"differences/{output}", partial(_show_differences, output), fleet, 60)
        case(f"jobs/{output}", partial(_show_jobs, output), words)
    case("page", _show_page, fleet, 40)
    case("abbreviations", lambda text: abbreviates_consonants("prd", text), "production".__mul__)
    for letter in ("a", "é", "日", "a,", "\x1b", "a b", "e\u0301", "`"):
        case(f"long-text/{letter!a}", _show_long_text, (letter * 5).__mul__, 50)


def _add_ranges() -> None:
    ids: dict[str, Callable[[int], list[str]]] = {
        "words": words,
        "numbers": lambda n: [f"{number}" for number in range(n)],
        "zeros": lambda n: [f"{number:0{number % 30}}" for number in range(n)],
        "addresses": lambda n: [f"10.0.{number}.{number % 9}" for number in range(n)],
        "hexadecimal": lambda n: [f"{number:040x}" for number in range(n)],
        "quoted": lambda n: [f"a b{number}" for number in range(n)],
        "long-hexadecimal": lambda n: ["0f1e2d3c4b5a69788796a5b4c3d2e1f0" * n],
        "long-digits": lambda n: ["1234567890" * n, "0" * n],
        "long-dots": lambda n: ["1.a.22." * n, "a1." * n],
    }
    for name, build in ids.items():
        case(f"ranges/{name}", compress_ids, build)
        case(f"ranges-of-width/{name}", lambda ids: compress_ids(ids, 30), build)


_add_inventories()
_add_reports()
_add_ranges()
