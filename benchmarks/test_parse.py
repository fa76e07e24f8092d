"""From a text to a selector that tests nodes."""

import gc
import timeit
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE
from nodeselect import Selector
from nodeselect.selectors import predicate
from nodeselect.selectors.selector import _parse

ONE = "region={n}"
ALL_NEW = "region=r{n},tier in (p{n},s{n}),environment!=e{n},gpu{n},!debug{n}"
ONE_NEW = FIVE.replace("prod", "e{n}")
NEW = pytest.mark.parametrize("text", [ONE, ALL_NEW, ONE_NEW], ids=["one", "five", "one of five"])
NODE = {"region": "us-east", "tier": "premium", "environment": "dev", "gpu": "a100", "os": "linux"}
ROUNDS: dict[str, Any] = {"rounds": 5_000, "warmup_rounds": 100}


def new_texts(text: str) -> Callable[[], tuple[tuple[str], dict[str, object]]]:
    """Return a function that returns the arguments with a text never parsed before."""
    numbers = count()
    return lambda: ((text.replace("{n}", str(next(numbers))),), {})


@NEW
@pytest.mark.benchmark(group="parse")
def test_new_text(benchmark: BenchmarkFixture, text: str) -> None:
    """Parse a text whose requirements are new, or one of them."""
    benchmark.pedantic(_parse, setup=new_texts(text), **ROUNDS)


@NEW
@pytest.mark.benchmark(group="parse and match once")
def test_new_text_and_match(benchmark: BenchmarkFixture, text: str) -> None:
    """The same, then compile the predicate, whose shape is known, and test one node."""
    benchmark.pedantic(lambda text: _parse(text).matches(NODE), setup=new_texts(text), **ROUNDS)


@pytest.mark.benchmark(group="parse")
def test_known_text(benchmark: BenchmarkFixture) -> None:
    """Parse a text again, which is one look-up."""
    assert benchmark(Selector.parse, FIVE) is Selector.parse(FIVE)


@pytest.mark.benchmark(group="parse")
def test_selector_of(benchmark: BenchmarkFixture) -> None:
    """Build a selector of three labels and two expressions, one of which is new."""
    labels = {"region": "eu", "tier": "gold", "os": "linux"}
    benchmark.pedantic(
        lambda text: Selector.of(match_labels=labels, match_expressions=["gpu", text]),
        setup=new_texts("rack!=r{n}"),
        **ROUNDS,
    )


@pytest.mark.benchmark(group="parse")
def test_kept_selectors(benchmark: BenchmarkFixture) -> None:
    """Parse 8,000 new texts and keep the selectors; the garbage collector runs as it likes."""
    numbers = count()

    def texts() -> tuple[tuple[list[str]], dict[str, object]]:
        return ([ALL_NEW.replace("{n}", str(next(numbers))) for _ in range(8_000)],), {}

    gc.collect()
    gc.freeze()  # what pytest has loaded is not looked at
    benchmark.pedantic(lambda texts: list(map(_parse, texts)), setup=texts, rounds=20)
    gc.unfreeze()


@pytest.mark.benchmark(group="compile")
def test_compile_known_shape(benchmark: BenchmarkFixture) -> None:
    """Compile a predicate of five requirements; only the values are new."""
    requirements = Selector.parse(FIVE).requirements
    benchmark(predicate.compile_predicate, requirements, None, checked=True)


@pytest.mark.benchmark(group="compile")
def test_compile_new_shape(benchmark: BenchmarkFixture) -> None:
    """The same where Python has to compile the shape first."""
    requirements = Selector.parse(FIVE).requirements
    benchmark.pedantic(
        predicate.compile_predicate,
        args=(requirements, None),
        kwargs={"checked": True},
        setup=predicate._factory.cache_clear,
        rounds=2_000,
        warmup_rounds=20,
    )


def _requirements(n: int) -> str:
    return ",".join(f"key-{number}=value-{number}" for number in range(n))


def _values(n: int) -> str:
    return f"key in ({','.join(f'value-{number}' for number in range(n))})"


@pytest.mark.parametrize(
    ("what", "text_of", "most"),
    [("requirements", _requirements, 256), ("values of one set", _values, 1_024)],
    ids=["requirements", "values"],
)
def test_growth(
    capsys: pytest.CaptureFixture[str], what: str, text_of: Callable[[int], str], most: int
) -> None:
    """Print how the time of a new text grows with its size, up to the limit: twice is linear."""
    sizes = [2**power for power in range(most.bit_length())]
    microseconds = {size: _best_microseconds(text_of(size)) for size in sizes}
    with capsys.disabled():
        print(f"\n\nt(n) of a new text with n {what}, and t(2n)/t(n)")
        for size, twice in pairwise(sizes):
            ratio = microseconds[twice] / microseconds[size]
            print(f"  {size:5,} {microseconds[size]:10,.1f} µs   x{ratio:.2f}")
        print(f"  {most:5,} {microseconds[most]:10,.1f} µs")


def _best_microseconds(text: str) -> float:
    timer = timeit.Timer(lambda: _parse(text))
    loops = max(1, timer.autorange()[0] // 10)
    return min(timer.repeat(repeat=7, number=loops)) / loops * 1e6
