"""What works with nothing installed but nodeselect and Lark: ``pip install --no-deps``.

It is run as a script, by a Python that has no other package.
"""

import pickle
import sys

from nodeselect import AnyOf, Node, Placement, Selector, SelectorError, Taint, Toleration
from nodeselect.__main__ import main as run
from nodeselect.explain import explain_node
from nodeselect.selectors import conflict, implies, redundant, selectors_from_pod_spec

POD_SPEC = {
    "nodeSelector": {"region": "eu"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "containers": [{"name": "main", "resources": {"requests": {"cpu": "2"}}}],
}


def main() -> None:
    """Use all that is promised."""
    selector = Selector.parse("region=eu,!debug") & Selector.of(match_expressions=["gpu>2"])
    either = selector | Selector.from_kubernetes({"matchLabels": {"tier": "gold"}})
    assert selector.predicate({"region": "eu", "gpu": "4"}, None)
    assert isinstance(either, AnyOf)
    assert not either.matches({"tier": "free"})
    assert pickle.loads(pickle.dumps(either)) == either
    try:
        Selector.parse("region=eu, tier not in (free)")
    except SelectorError as error:
        assert (error.code, error.hint) == ("not-in", "write: tier notin (free)")
    assert implies(selector, Selector.parse("gpu"))
    assert redundant(Selector.parse("gpu,gpu>2")) == Selector.parse("gpu").requirements
    assert conflict(Selector.parse("a=b,a=c"))
    assert str(*selectors_from_pod_spec(POD_SPEC)) == "region=eu"

    placement = Placement.from_pod_spec(POD_SPEC)
    assert placement.tolerations == (Toleration("gpu", "Exists"),)
    node = Node("n-1", {"region": "eu"}, taints=[Taint("x", "NoExecute")], resources={"cpu": "4"})
    assert not placement.matches(node)
    assert explain_node(placement, node).failed[0] == ("tolerates x:NoExecute", "x:NoExecute")
    assert explain_node(either, node).failed == (
        ("(region=eu,!debug,gpu>2 or tier=gold)", "region=eu"),
    )
    assert "\n  tolerates x:NoExecute: 'x:NoExecute'" in str(explain_node(placement, node))
    other = Node.from_kubernetes({"metadata": {"name": "n-2", "labels": {"gpu": "4"}}})
    assert explain_node(Selector.parse("gpu>2"), other).matches

    sys.argv = ["nodeselect", "match"]
    try:
        run()
    except SystemExit as ended:
        assert ended.code == 2, "the command line needs click, and says so"

    try:
        import pyroaring
    except ModuleNotFoundError:
        print("nodeselect and lark are enough")
    else:
        sys.exit(f"there are other packages: {pyroaring}")


if __name__ == "__main__":
    main()
