"""The selectors of many jobs over the fleet: generated from a seed, the same on every machine.

One to four requirements on different keys, 3.1 on average: 68 % equalities, 12 % lists, 15 %
negations. One selector in a hundred matches every node. A node of the fleet matches 4.9 % of them.
"""

import random
from collections.abc import Iterator, Sequence

from benchmarks.fleet import VALUES
from nodeselect import Selector


def selectors(n: int, seed: int = 1) -> Iterator[Selector]:
    """Yield ``n`` selectors. Fewer of the same seed are the first of more."""
    draw = random.Random(seed).random

    def one_of(values: Sequence[str]) -> str:
        return values[int(draw() * len(values))]

    def requirement(key: str) -> str:
        kind, values = draw(), VALUES[key]
        if kind < 0.68:
            return f"{key}={one_of(values)}"
        if kind < 0.80:
            return f"{key} in ({','.join(one_of(values) for _ in range(3))})"
        if kind < 0.85:
            return key
        if kind < 0.93:
            return f"{key}!={one_of(values)}"
        if kind < 0.97:
            return f"{key} notin ({one_of(values)},{one_of(values)})"
        return f"!{key}"

    for _ in range(n):
        keys: set[str] = set()
        number = 0 if draw() < 0.01 else 1 + int(4 * draw() ** 0.5)
        while len(keys) < number:
            keys.add(one_of(tuple(VALUES)))
        yield Selector.parse(",".join(map(requirement, sorted(keys))))
