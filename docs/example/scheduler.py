"""The core of a scheduler: nodes, running pods and jobs that wait, as one moment.

``python docs/example/scheduler.py`` places some jobs. What is policy is in ``rank`` and ``pick``.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nodeselect import Inventory, Node, NodeSet, Placement, Pod, Selector, Usage


@dataclass(frozen=True)
class Job:
    """A job, each of whose pods needs a node; all of them run, or none."""

    name: str
    placement: Placement
    count: int = 1
    priority: int = 0

    def pods(self) -> list[Pod]:
        kind = Pod(f"{self.name}/0", placement=self.placement, owner=f"Job/{self.name}")
        return [kind.replace(id=f"{self.name}/{number}") for number in range(self.count)]


class Scheduler:
    """Places jobs on nodes. One thread writes; any thread may read ``fleet``, and never waits."""

    def __init__(self, nodes: Iterable[Node] = (), running: Usage | None = None) -> None:
        self.fleet = Inventory(nodes, usage=running)
        self.jobs: dict[str, Job] = {}
        self.waiting: deque[str] = deque()
        self.failed: dict[str, set[str]] = {}  # the nodes on which each job has failed

    def submit(self, job: Job) -> dict[str, str]:
        """Return the node of each pod of a job; if there is no room for all, it waits."""
        self.jobs[job.name] = job
        placed = self.place(job)
        if not placed:
            self.waiting.append(job.name)
        return placed

    def place(self, job: Job) -> dict[str, str]:
        """Run all pods of a job on nodes, or none; return the node of each."""
        trial, placed = self.fleet.usage.copy(), dict[str, str]()
        pods = job.pods()
        for pod in pods:
            node = self.pick(job, trial)
            if node is None:
                return {}
            trial.add(node.id, pod)
            placed[pod.id] = node.id
        self.fleet.usage.apply((placed[pod.id], pod) for pod in pods)
        return placed

    def pick(self, job: Job, running: Usage) -> Node | None:
        """Return the best node for a pod, not one on which the job has failed."""
        now = self.fleet.snapshot()
        answer = now.match(job.placement, states={"ready"}, usage=running)
        answer -= now.nodes(self.failed.get(job.name, ()))
        return next(iter(answer.top(1, rank)), None)

    def why(self, name: str) -> str:
        """Return why a job waits."""
        return str(self.fleet.explain(self.jobs[name].placement, states={"ready"}))

    def end(self, pod_id: str, *, has_failed: bool = False) -> list[str]:
        """A pod has ended; return the waiting jobs that run now."""
        node_id, pod = self.fleet.usage.remove(pod_id)
        if has_failed:
            self.failed.setdefault(pod.namespace, set()).add(node_id)
        return self.place_waiting()

    def apply(self, nodes: Iterable[Node | str]) -> tuple[list[str], list[str]]:
        """Apply events of nodes; return the jobs that lost a pod, and those that run now.

        An event is a node that joined or changed, or the id of one that left. A job that lost a pod
        ends, and waits at the head of the queue.
        """
        changes = self.fleet.apply(nodes, missing_ok=True)
        lost = dict[str, None]()
        for change in changes:
            for pod in self.fleet.usage.pods(change.id):
                placement = pod.placement
                taints = change.new.taints if change.new else ()
                is_evicted = placement is not None and placement.is_evicted_by(taints or ())
                if change.new is None or is_evicted:
                    lost[pod.namespace] = None
        self.fleet.usage.apply((pod for name in lost for pod in self._pods(name)), missing_ok=True)
        self.waiting.extendleft(reversed(lost))
        return list(lost), self.place_waiting()

    def place_waiting(self) -> list[str]:
        """Try all jobs that wait, those of the highest priority first."""
        queue = sorted(self.waiting, key=lambda name: -self.jobs[name].priority)
        placed = [name for name in queue if self.place(self.jobs[name])]
        self.waiting = deque(name for name in self.waiting if name not in placed)
        return placed

    def preempt(self, job: Job) -> list[str]:
        """Return the jobs of lower priority that end so that one that waits can run.

        They end on the first node where that is enough, those of the lowest priority first.
        """
        labels = self.fleet.snapshot().match(job.placement.selector).in_states({"ready"})
        for node in labels:
            trial, ended = self.fleet.usage.copy(), dict[str, None]()
            for pod in sorted(trial.pods(node.id), key=lambda each: self._priority(each)):
                if job.placement.matches(node, trial) or self._priority(pod) >= job.priority:
                    break
                ended[pod.namespace] = None
                trial.apply(self._pods(pod.namespace), missing_ok=True)
            if ended and job.placement.matches(node, trial):
                ids = (pod for name in ended for pod in self._pods(name))
                self.fleet.usage.apply(ids, missing_ok=True)
                self.waiting.extend(ended)
                return list(ended)
        return []

    def _pods(self, name: str) -> Iterator[str]:
        return (pod.id for pod in self.jobs[name].pods())

    def _priority(self, pod: Pod) -> int:
        return self.jobs[pod.namespace].priority


def rank(nodes: NodeSet) -> Any:
    """Rate each node: the fuller, the better, so that large jobs find room."""
    return -(nodes.free("cpu") / 1_000 + nodes.free("memory") / 2**32)


def main() -> None:
    """Place some jobs, and lose a node."""
    room: dict[str, int | str] = {"cpu": "8", "memory": "32Gi", "pods": 10}
    scheduler = Scheduler(
        Node(f"n-{n}", {"zone": "ab"[n % 2]}, state="ready", taints=[], resources=room)
        for n in range(4)
    )
    small = Placement(requests={"cpu": "2", "memory": "8Gi", "pods": 1})
    large = Placement(Selector.parse("zone=a"), requests={"cpu": "8", "pods": 1})
    print(scheduler.submit(Job("web", small, 3)))
    print(scheduler.submit(Job("train", large, 2)), scheduler.waiting)
    print(scheduler.why("train"))
    print(scheduler.end("web/0"), scheduler.apply(["n-0"]))
    print(scheduler.fleet.usage)


if __name__ == "__main__":
    main()
