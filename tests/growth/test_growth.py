"""The cost of everything grows no faster than its input, counted in steps."""

import importlib
import inspect
from collections.abc import Iterator
from types import CodeType

import pytest

from tests.growth import (
    arrow_cases,
    command_cases,
    engine_cases,
    inventory_cases,
    job_cases,
    kubernetes_cases,
    log_cases,
    reader_cases,
    saved_cases,
    selector_cases,
    standing_cases,
)
from tests.growth.cases import CASES, Case
from tests.growth.steps import count_steps, functions_called
from tests.test_public_face import MODULES

__all__ = ["AREAS", "CASES"]

AREAS = (
    selector_cases,
    reader_cases,
    arrow_cases,
    job_cases,
    kubernetes_cases,
    inventory_cases,
    log_cases,
    saved_cases,
    standing_cases,
    engine_cases,
    command_cases,
)
"""The modules that fill the table."""

# The second doubling of an input may add this many times the steps that the first one added: twice
# as many are linear, four times as many quadratic.
MAX_RATIO = 2.3

# Blocks, windows and caches grow in leaps.
SLACK = 300

EXEMPT = {
    "nodeselect.errors.NodeselectError.draw": "subclasses implement it",
    "nodeselect.index.node_rows.NodeRows.to_table": "subclasses implement it",
    **{
        f"nodeselect.engines.dialect.Dialect.{name}": "subclasses implement it"
        for name in ("each_label", "hexadecimal", "may_be_integer", "value")
    },
    "nodeselect.engines.spark.where": "it needs Spark",
    **dict.fromkeys(
        [
            "nodeselect.engines.conditions.Conditions",
            *("nodeselect.explain.countable.Countable", "nodeselect.explain.countable.Failures"),
            "nodeselect.inventory.facets.CountedSet",
            *("nodeselect.index.segment.StringIndex", "nodeselect.index.segment.SegmentParts"),
            *(
                "nodeselect.index.strings.Strings",
                "nodeselect.jobs.rollout.RolloutNode",
                "nodeselect.problem.Canvas",
                "nodeselect.readers.arrow_import.ArrowData",
                "nodeselect.selectors.predicate.Predicate",
                "nodeselect.selectors.predicate.FailureMask",
            ),
        ],
        "a protocol has no code",
    ),
    **dict.fromkeys(
        [
            "nodeselect.frozen.Frozen.__setattr__",
            "nodeselect.frozen.Frozen.__delattr__",
            "nodeselect.inventory.change_log.ChangeLog.__reduce__",
            "nodeselect.inventory.follower.Follower.settle",
            "nodeselect.inventory.inventory.Inventory.__reduce__",
            "nodeselect.inventory.node_set.NodeSet.__reduce__",
            "nodeselect.inventory.snapshot.Snapshot.__reduce__",
            "nodeselect.node.Node.__init_subclass__",
            "nodeselect.standing.name_set.NameSet.__reduce__",
            "nodeselect.standing.snapshot.StandingSnapshot.__reduce__",
            "nodeselect.standing.standing_selectors.StandingSelectors.__reduce__",
            "nodeselect.selectors.key_constraint.KeyConstraint.__init__",
            "nodeselect.selectors.selector.Selector.__init__",
        ],
        "it always raises",
    ),
    **dict.fromkeys(
        [
            "nodeselect.cli.options.job_option",
            "nodeselect.index.lazy.lazy",
            "nodeselect.cli.node_files.nodes_option",
            "nodeselect.cli.options.selector_option",
            "nodeselect.cli.options.single_option",
            "nodeselect.jobs.check.rule.define",
            "nodeselect.selectors.operator.Operator.__init__",
        ],
        "it runs while a module is imported",
    ),
    "nodeselect.index.cache_memory.CacheMemory.empty": "it empties what others have filled",
    "nodeselect.index.node_table.NodeTable.__repr__": "nobody sees it",
    "nodeselect.readers.chunks.document_too_large_error": "it needs 4 GiB",
    "nodeselect.readers.chunks.shorter_file_error": "it needs a file that changes",
    **dict.fromkeys(
        [
            "nodeselect.blocking.use_blocking_output",
            "nodeselect.cli.app.main",
            "nodeselect.cli.streams.write_bug",
            "nodeselect.readers.duplicate_ids.DuplicateIdCheck.order",
            "nodeselect.readers.parallel_read.EndReader.next_part",
        ],
        "it needs a process of its own, or one that fails",
    ),
}
"""Public functions, methods and classes that no case calls, and why."""


def steps(case: Case) -> tuple[int, int, int]:
    """Return the steps of a case at three sizes."""
    case.prepare(case.size // 4)()  # what the first call imports and caches
    first, second, third = (count_steps(case.prepare(times * case.size)) for times in (1, 2, 4))
    return first, second, third


def grows_too_fast(first: int, second: int, third: int) -> bool:
    """Return whether twice the input costs more than about twice the steps."""
    return third - second > MAX_RATIO * max(second - first, 0) + SLACK


GROUPS: dict[str, list[Case]] = {}
for _case in CASES.values():
    GROUPS.setdefault(_case.name.partition("/")[0], []).append(_case)


@pytest.mark.parametrize("cases", GROUPS.values(), ids=list(GROUPS))
def test_steps(cases: list[Case]) -> None:
    """Twice the input costs at most about twice the steps."""
    counted = {case.name: steps(case) for case in cases}
    assert {name: counts for name, counts in counted.items() if grows_too_fast(*counts)} == {}


def test_what_grows_too_fast() -> None:
    """Quadratic growth is found beside a fixed cost; linear growth and a small leap are not."""
    assert not grows_too_fast(50_000 + 1_000, 50_000 + 2_000, 50_000 + 4_000)
    assert not grows_too_fast(50_000, 50_000, 50_000 + SLACK)
    assert grows_too_fast(50_000 + 1_000, 50_000 + 4_000, 50_000 + 16_000)


def public_functions() -> Iterator[tuple[str, CodeType]]:
    """Yield the names and the code of public functions and methods, operators included."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        things = {f"{module_name}.{name}": getattr(module, name) for name in module.__all__}
        for name, kind in [each for each in things.items() if inspect.isclass(each[1])]:
            for attribute, value in vars(kind).items():
                if not attribute.startswith("_") or attribute.endswith("__"):
                    value = getattr(value, "__func__", getattr(value, "fget", value))
                    things[f"{name}.{attribute}"] = value
        for name, function in things.items():
            if inspect.isfunction(function) and function.__module__ == module_name:
                yield name, function.__code__


def test_the_table_is_complete() -> None:
    """Every public function and method is called by a case, or is an exception with a reason."""
    called: set[CodeType] = set()
    for case in CASES.values():
        called |= functions_called(case.prepare(case.size // 2))
    functions = dict(public_functions())
    assert len(functions) > 400
    missing = {name for name, code in functions.items() if code not in called}
    exempt = {name for name in functions if {name, name.rpartition(".")[0]} & EXEMPT.keys()}
    assert missing - exempt == set()
    assert exempt - missing == set()
    assert {name for name in EXEMPT if not any(each.startswith(name) for each in exempt)} == set()
