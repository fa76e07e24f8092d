"""A program that uses every public name; type checkers accept it as it is."""

from nodeselect import (
    LIMITS,
    Correction,
    Explanation,
    Hint,
    Inventory,
    InventoryError,
    JobError,
    Limits,
    NearMiss,
    Node,
    NodeExplanation,
    NodeselectError,
    NodeSet,
    Operator,
    Plan,
    Problem,
    Reason,
    Requirement,
    RequirementResult,
    Selector,
    SelectorError,
    Snapshot,
)
from nodeselect.jobs import (
    CheckReport,
    Execution,
    ExecutionStatus,
    GetExecutionResponse,
    HealthCheck,
    Job,
    JobSpec,
    JobStatus,
    NodeSelector,
    RolloutSpec,
    RolloutStatus,
    Rule,
    RuleSelection,
    ServerJobSpec,
    ServerNodeSelector,
    State,
    Timeouts,
    Wave,
    all_rules,
    check_job,
    plan_waves,
    read_execution,
    read_job,
    read_job_selector,
    read_response,
    read_server_job,
    rollout_assumptions,
)


def place(text: str, nodes: list[Node]) -> list[str]:
    """Return the ids of the nodes that match, or why there are none."""
    limits: Limits = LIMITS
    try:
        selector = Selector.parse(text)
        inventory = Inventory(nodes)
    except (SelectorError, InventoryError) as error:
        reason: NodeselectError = error
        return [error.code, str(reason)][: limits.reported_errors]
    requirements: tuple[Requirement, ...] = selector.requirements
    operators: set[Operator] = {each.operator for each in requirements}
    snapshot: Snapshot = inventory.snapshot()
    answer: NodeSet = snapshot.match(selector)
    plan: Plan | None = snapshot.plan(selector)
    explanation: Explanation = snapshot.explain(selector)
    results: tuple[RequirementResult, ...] = explanation.requirements
    node: NodeExplanation = snapshot.explain_node(selector, nodes[0].id)
    return [*answer.ids(), *map(str, (operators, plan, results, node))]


def show(parts: tuple[NearMiss, Reason, Hint, Correction]) -> list[str]:
    """Return the text of parts of an explanation."""
    return [str(part) for part in parts]


def submit(data: bytes) -> JobSpec | None:
    """Return a job spec that has no problem."""
    rules: dict[str, Rule] = all_rules()
    report: CheckReport = check_job(data, "job.yaml", selection=RuleSelection(ignore=["no-name"]))
    for problem in report.problems:
        shown: Problem = problem
        print(shown.show(report.file), rules[shown.code].severity)
    try:
        selector: Selector = read_job_selector(data, "job.yaml")
        spec: JobSpec = read_job(data, "job.yaml")
    except JobError as error:
        print(error.problems, error.unreported)
        return None
    waves: tuple[Wave, ...] = plan_waves(["n-1"], spec.rollout)
    print(selector, waves, rollout_assumptions(spec.rollout))
    return JobSpec(
        name=spec.name,
        selector=NodeSelector(match_ids=("n-1",), match_labels={"region": "eu"}),
        rollout=RolloutSpec(
            strategy="rolling", max_parallel=25, health_check=HealthCheck(deadline=300_000_000_000)
        ),
        timeouts=Timeouts(total_timeout=60),
    )


def follow(answer: bytes) -> str | None:
    """Return the state of an execution."""
    response: GetExecutionResponse = read_response(answer, "answer.json")
    execution: Execution = read_execution(answer, "answer.json")
    status: ExecutionStatus = response.execution.status
    state: State | None = status.observed_state
    spec: ServerJobSpec | None = execution.job_spec
    fields: ServerNodeSelector | None = spec.selector if spec else None
    job: Job = read_server_job(answer, "answer.json")
    job_status: JobStatus | None = job.status
    rollout: RolloutStatus | None = job_status.rollout if job_status else None
    print(fields.to_selector() if fields else None, rollout.current_wave if rollout else 0)
    return state.state_type if state else None
