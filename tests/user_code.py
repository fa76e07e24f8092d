"""A program that uses every public name. CI checks its types with mypy and pyright."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

from nodeselect import (
    LIMITS,
    AnyOf,
    BaseInventory,
    ChangeLog,
    Correction,
    Explanation,
    Fix,
    Hint,
    HostPort,
    Inventory,
    InventoryError,
    JobError,
    Limits,
    NearMiss,
    Node,
    NodeChange,
    NodeExplanation,
    NodeselectError,
    NodeSet,
    Operator,
    Place,
    Placement,
    Pod,
    Problem,
    Reason,
    Requirement,
    RequirementResult,
    Selector,
    SelectorError,
    Snapshot,
    StandingSelectors,
    Taint,
    Toleration,
    Usage,
)
from nodeselect.engines.sql import LongTable, SqlNodes, where
from nodeselect.explain import FailureCounts, Replicas, Room, explain_node
from nodeselect.inventory import (
    Audit,
    DrainedPod,
    DrainPlan,
    InventoryStats,
    LabelFinding,
    audit_labels,
    compare_inventories,
    compare_selectors,
    count_labels,
    plan_drain,
)
from nodeselect.jobs import (
    CheckReport,
    HealthCheck,
    JobSpec,
    NodeCount,
    NodeSelector,
    RolloutPlan,
    RolloutSpec,
    Rule,
    Timeouts,
    Wave,
    all_rules,
    check_job,
    check_jobs,
    fix_job,
    plan_rollout,
    read_job,
    read_job_selector,
    select_rules,
)
from nodeselect.placement import BaseUsage, PodRules, PodTerm, SpreadConstraint, UsageSnapshot
from nodeselect.selectors import (
    KeyConstraint,
    conflict,
    constraints_by_key,
    disjoint,
    equivalent,
    implies,
    pod_spec_from_selectors,
    redundant,
    selectors_from_pod_spec,
)
from nodeselect.standing import (
    FailedRequirement,
    NameSet,
    StandingExplanation,
    StandingReason,
    StandingSnapshot,
)

JOB = b"name: demo\nselector: {match_labels: {region: eu}}\n"


def place_a_pod() -> list[str]:
    gpu = Node("n-1", taints=[Taint("gpu", "NoSchedule")], resources={"cpu": "4", "pods": 9})
    inventory = Inventory([gpu, Node("n-2", taints=[], resources={"cpu": 500, "pods": 9})])
    tolerations = [{"key": "gpu", "operator": "Exists"}]
    container = {"name": "a", "resources": {"requests": {"cpu": 2}}}
    pod = Placement.from_pod_spec({"tolerations": tolerations, "containers": [container]})
    assert pod == Placement(
        AnyOf([Selector.everything()]).selectors[0], pod.tolerations, pod.requests
    )
    toleration: Toleration = pod.tolerations[0]
    assert toleration.tolerates(Taint("gpu", "NoExecute"))
    usage: Usage = inventory.usage
    placed: list[str] = []
    while found := inventory.match(pod).top(1, "cpu"):
        assert pod.matches(found[0], usage)
        usage.add(found[0].id, Pod(f"shop/web-{len(placed)}", placement=pod, ports=[HostPort(80)]))
        placed.append(found[0].id)
    assert inventory.explain(pod).matched == 0
    moment: BaseUsage = inventory.snapshot().usage
    assert isinstance(moment, UsageSnapshot)
    found_pod = assert_type(moment.find("shop/web-0"), tuple[str, Pod] | None)
    assert found_pod is not None
    assert assert_type(usage.remove("shop/web-0"), tuple[str, Pod]) == found_pod
    inventory.apply([], pods=[(found_pod[0], found_pod[1]), "shop/x"], missing_ok=True)
    return placed


def spread_pods() -> PodRules:
    web, hosts = Selector.parse("app=web"), ["kubernetes.io/hostname"]
    away = [PodTerm(key, web, ("default",)) for key in hosts]
    even = [SpreadConstraint(key, 1, web) for key in hosts]
    rules = PodRules("default", {"app": "web"}, anti_affinity=away, spread=even)
    pod = Placement(Selector.everything(), pod_rules=rules)
    inventory = Inventory([Node(name, {hosts[0]: name}) for name in ("n-1", "n-2")])
    inventory.usage.set_namespaces({"default": {}})
    inventory.usage.add("n-1", Pod("default/web-1", labels={"app": "web"}))
    assert inventory.match(pod).ids() == ["n-2"]
    assert inventory.usage.namespaces is not None
    placed: Replicas = inventory.place_replicas(pod, 2)
    assert (placed.nodes, placed.are_placed) == (("n-2",), False)
    room: Room | None = inventory.room(Placement(requests={"cpu": 1}))
    assert room == Room({}, 2)
    return rules


def use_selectors() -> Selector:
    limits: Limits = LIMITS
    assert limits.requirements == 256
    selector = Selector.parse("region in (eu,us), !debug")
    requirement: Requirement = selector.requirements[0]
    operator: Operator = requirement.operator
    assert (requirement.key, operator, requirement.values) == ("region", Operator.IN, ("eu", "us"))
    try:
        Selector.parse("region not in (eu)")
    except SelectorError as error:
        assert (error.code, error.span) == ("not-in", (7, 13))
        fix: Fix | None = error.fix
        assert fix is not None
        assert fix.is_certain
        failure: NodeselectError = error
        assert isinstance(failure, ValueError)
    return selector & Selector.of(match_labels={"region": "eu"})


def compare(one: Selector, other: Selector) -> list[bool]:
    constraints: dict[str, KeyConstraint] = constraints_by_key(one.requirements)
    needless: tuple[Requirement, ...] = redundant(one)
    contradiction: tuple[Requirement, ...] | None = conflict(one)
    same = equivalent(one, one) and not needless and contradiction is None
    return [implies(one, other), disjoint(one, other), same, "eu" in constraints["region"]]


def look_at(inventory: Inventory) -> list[int]:
    stats: InventoryStats = inventory.stats()
    audit: Audit = audit_labels(inventory)
    findings: tuple[LabelFinding, ...] = audit.findings
    found = sum(finding.nodes for finding in findings)
    selector = Selector.parse("region=eu")
    counts: FailureCounts = inventory.failure_counts(selector)
    changed = compare_selectors(inventory, selector, Selector.everything())
    same = compare_inventories(inventory, inventory.snapshot(), selector)
    keys = count_labels(inventory).keys
    return [stats.nodes, found, counts.matched, len(changed.added), len(same.added), len(keys)]


def use_kubernetes(event: dict[str, Any]) -> list[Node]:
    labels: dict[str, Any] | None = Selector.parse("app=x").to_kubernetes()
    assert Selector.from_kubernetes(labels).matches({"app": "x"})
    assert Operator("NotIn") is Operator.NOT_IN
    node: Node = Node.from_kubernetes(event["object"])
    inventory = Inventory([node])
    spec: dict[str, Any] = pod_spec_from_selectors([Selector.parse("pool=a")])
    selectors: tuple[Selector, ...] = selectors_from_pod_spec(spec)
    return [node for selector in selectors for node in inventory.match(selector)]


def use_inventory(selector: Selector) -> list[str]:
    nodes = (Node(f"n-{number}", {"region": "eu"}, state="ready") for number in range(3))
    inventory = Inventory(nodes)
    snapshot: Snapshot = inventory.snapshot()
    assert len(snapshot.match(selector)) == len(inventory)
    inventory.upsert(Node("n-3", {"region": "ue"}))
    changes: list[NodeChange] = inventory.apply([Node("n-4"), "n-0"])
    assert [change.kind for change in changes] == ["added", "removed"]
    plan: DrainPlan = plan_drain(inventory, ["n-4"])
    pods: tuple[DrainedPod, ...] = plan.pods
    assert not pods
    inventory.update("n-4", lambda node: node.replace(state="ready"))
    answer: NodeSet = inventory.match(selector)
    try:
        inventory.upsert(Node("", {}))
    except InventoryError as error:
        place: Place = error.place
        assert not place.file
        assert error.code == "empty-id"
    chosen: list[Node] = answer.connected().sample(2) + answer[:1]
    assert len(chosen) == 3
    first: Node = answer[0]
    assert first.id in answer
    either: AnyOf = selector | Selector.parse("gpu")
    compare_selectors(inventory, either, selector)
    assert inventory.explain(either).not_considered == ()
    assert inventory.explain_node(either, Node("other")).requirements
    explanation: Explanation = inventory.explain(Selector.parse("region=ue,gpu"))
    assert_type(explanation.requirements, tuple[RequirementResult, ...])
    assert_type(explanation.reasons, tuple[Reason, ...])
    assert_type(explanation.nearest, tuple[NearMiss, ...])
    assert_type(explanation.hints, tuple[Hint, ...])
    assert_type(explanation.correction, Correction | None)
    return answer.ids()


def use_database(fleet: Inventory) -> list[str]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE nodes (id TEXT, state TEXT, labels TEXT, taints TEXT)")
    rows = [(node.id, node.state, json.dumps(dict(node.labels))) for node in fleet]
    database.executemany("INSERT INTO nodes VALUES (?, ?, ?, NULL)", rows)
    nodes = SqlNodes(
        database.execute, "sqlite", ("nodes",), columns={}, state="state", taints="taints"
    )
    selector = Selector.parse("region=eu-west,gpu")
    explanation: Explanation = nodes.explain(selector, examples=1)
    matching = nodes.match(selector, states={"connected"}) | nodes.match(Selector.nothing())
    states: dict[str | None, int] = matching.state_counts()
    first: list[Node] = matching.first(1)
    unknown: tuple[str, ...] = nodes.match(Placement(selector)).not_considered
    assert unknown == nodes.explain(Placement(selector)).not_considered
    texts: list[str] = [
        where(selector, "duckdb", labels=LongTable("labels"), columns={"gpu": ("n", "gpu")})
    ]
    found: list[str] = [*matching.ids(), *texts, explanation.headline, str(states), first[0].id]
    database.close()
    return found


def use_saved(nodes: list[Node], file: Path) -> list[int]:
    inventory = Inventory(nodes)
    inventory.save(file)
    reader = Inventory.open(str(file), verify=True, copy=False)
    assert reader.refresh(file) is False
    inventory.upsert(Node("n-9", {"region": "eu"}, state="ready"))
    inventory.snapshot().save(file)
    is_new: bool = reader.refresh(file, discard_changes=True)
    assert is_new
    answer = reader.match(Selector.everything())
    states: dict[str | None, int] = answer.state_counts()
    labels: dict[str, dict[str, int]] = answer.label_counts()
    failing: tuple[int, ...] = reader.failure_counts(Selector.parse("gpu")).failing
    with file.open("rb") as stream:
        return [*states.values(), labels["region"]["eu"], *failing, len(Inventory.open(stream))]


def use_change_log(nodes: list[Node]) -> int:
    with ChangeLog("fleet.log", sync=0.5) as log:
        inventory = Inventory(nodes, log=log)
        inventory.save("fleet.nsx")
        log.flush()
        assert_type(log.size, int)
        reader = Inventory.open("fleet.nsx")
        return reader.follow(log.path)


def explain_one(inventory: BaseInventory) -> NodeExplanation:
    inventory.explain_node(Selector.everything(), Node("other"))
    assert explain_node(Selector.parse("gpu"), Node("n-1", {"gpu": "l4"})).matches
    return inventory.explain_node(Selector.everything(), "n-1")


def use_standing(selector: Selector) -> list[str]:
    standing = StandingSelectors({"job-1": selector, "job-2": Selector.parse("gpu")})
    standing.upsert("job-3", Selector.everything())
    standing.apply({"job-2": None, "job-4": selector})
    node = Node("n-1", {"region": "eu"})
    gained, lost = standing.changes(None, node)
    assert (len(gained), lost.names()) == (3, [])
    assert "job-1" in standing.matching(node.labels, node.id)
    explanation: StandingExplanation[str] = standing.explain({})
    reason: StandingReason[str] = explanation.reasons[0]
    assert_type(reason.names, tuple[str, ...])
    failed: FailedRequirement = explanation.requirements[0]
    assert failed.failing == len(reason.names)
    numbered = StandingSelectors((number, selector) for number in range(3))
    assert_type(numbered.matching(node).names(), list[int])
    snapshot: StandingSnapshot[str] = standing.snapshot()
    matching: NameSet[str] = snapshot.matching(node)
    return matching.names()


def use_jobs() -> JobSpec:
    report: CheckReport = check_job(JOB, "job.yaml", rules=select_rules())
    problems: tuple[Problem, ...] = report.problems
    assert_type(fix_job(JOB, "job.yaml"), bytes)
    assert_type(check_jobs([("job.yaml", JOB)], rules=select_rules()), Iterator[CheckReport])
    counted = check_jobs([("job.yaml", JOB)], count_nodes=lambda asked: NodeCount(0, 1))
    assert [problem.code for problem in next(counted).problems][-1:] == ["no-node"]
    rules: dict[str, Rule] = dict(all_rules())
    assert {problem.code for problem in problems} <= rules.keys()
    try:
        read_job_selector(b"selectors: {}", "job.yaml")
    except JobError as error:
        assert error.problems[0].line == 1
    assert_type(read_job(JOB, "job.yaml"), JobSpec)
    rollout = RolloutSpec(strategy="rolling", health_check=HealthCheck(deadline=1_000_000_000))
    nodes = [Node("n-1", state="ready"), Node("n-2", state="ready")]
    plan: RolloutPlan = plan_rollout(nodes, rollout)
    waves: tuple[Wave, ...] = plan.waves
    assert [wave.ids for wave in waves] == [("n-1",), ("n-2",)]
    assert plan_rollout(Inventory().match(Selector.everything()), rollout).waves == ()
    assert plan.assumptions
    return JobSpec(
        name="demo",
        selector=NodeSelector(match_labels={"region": "eu"}),
        rollout=rollout,
        timeouts=Timeouts(total_timeout=300),
    )


if TYPE_CHECKING:
    # Mistakes that type checkers report.
    StandingSelectors({"job": "gpu"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    JobSpec(nmae="demo")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    JobSpec(name=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    JobSpec().selektor  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] # noqa: B018
    RolloutSpec(strategy="rollin")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    JobSpec().name = "demo"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    RolloutSpec().health_check = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    ChangeLog("fleet.log", sync="always")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
