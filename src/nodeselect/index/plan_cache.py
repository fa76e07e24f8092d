"""Cache, for each selector, the plan that answers it."""

from nodeselect.index.planner import Plan
from nodeselect.selectors import Selector

__all__ = ["PlanCache"]

# Memory of an id in a selector: the string, and its entries in a tuple and in a set.
_ID_BYTES = 150


class PlanCache:
    """A cache of plans by selector, limited in number and in memory.

    A plan is how to answer a selector over an index.

    :param max_bytes: the limit for the sets built for the plans, and the ids in the selectors.
    """

    __slots__ = ("_max_bytes", "_max_plans", "_plans", "get", "memory_bytes")

    def __init__(self, max_bytes: int, max_plans: int = 4_096) -> None:
        self._plans: dict[Selector, Plan] = {}
        self._max_bytes = max_bytes
        self._max_plans = max_plans
        self.get = self._plans.get
        self.memory_bytes = 0

    def __len__(self) -> int:
        return len(self._plans)

    def put(self, selector: Selector, plan: Plan) -> None:
        """Add or replace a plan; drop all others if a limit would be exceeded otherwise."""
        ids = _ID_BYTES * len(selector.ids or ())
        added = plan.memory_bytes + ids
        previous = self._plans.get(selector)
        self.memory_bytes += added - (0 if previous is None else previous.memory_bytes + ids)
        if self.memory_bytes > self._max_bytes or len(self._plans) >= self._max_plans:
            self._plans.clear()
            self.memory_bytes = added
        self._plans[selector] = plan
