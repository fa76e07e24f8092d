"""Cache, for each selector, the plan that answers it."""

from nodeselect.index.cache_memory import CacheMemory
from nodeselect.index.planner import Plan
from nodeselect.selectors import Selector

# Memory of an id in a selector: the string, and its entries in a tuple and in a set.
_ID_BYTES = 150


class PlanCache:
    """A cache of plans by selector, limited in number and in memory.

    A plan is how to answer a selector over an index.

    :param memory: counts the sets built for the plans, and the ids in the selectors.
    """

    __slots__ = ("_max_plans", "_memory", "_plans", "get")

    def __init__(self, memory: CacheMemory, max_plans: int = 4_096) -> None:
        self._plans: dict[Selector, Plan] = memory.new_cache()
        self._memory = memory
        self._max_plans = max_plans
        self.get = self._plans.get

    def put(self, selector: Selector, plan: Plan) -> None:
        """Add or replace a plan; drop all others if a limit would be exceeded otherwise."""
        ids = _ID_BYTES * len(selector.ids or ())
        previous = self._plans.get(selector)
        if previous is not None:
            self._memory.add(-previous.memory_bytes - ids)
        if len(self._plans) >= self._max_plans:
            self._memory.empty()
        self._memory.add(plan.memory_bytes + ids)
        self._plans[selector] = plan
