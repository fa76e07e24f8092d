"""From a text to a selector that tests nodes."""

import timeit
from collections.abc import Callable
from itertools import count, pairwise

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE
from nodeselect import Selector
from nodeselect.selectors import predicate
from nodeselect.selectors.selector import _parse

ONE = "region=us-east"
TEXTS = pytest.mark.parametrize("text", [ONE, FIVE], ids=["one", "five"])


@TEXTS
@pytest.mark.benchmark(group="parse")
def test_new_text(benchmark: BenchmarkFixture, text: str) -> None:
    """Parse and compile a text without the cache. The shape is known."""
    assert str(benchmark(_parse, text)) == str(Selector.parse(text))


@TEXTS
@pytest.mark.benchmark(group="parse")
def test_known_text(benchmark: BenchmarkFixture, text: str) -> None:
    """Parse a text again, which is one look-up."""
    assert benchmark(Selector.parse, text) is Selector.parse(text)


@pytest.mark.benchmark(group="parse")
def test_new_text_of_known_shape(benchmark: BenchmarkFixture) -> None:
    """Parse, compile and cache a new text of five requirements."""
    numbers = count()

    def new_text() -> tuple[tuple[str], dict[str, object]]:
        return (FIVE.replace("prod", f"e-{next(numbers)}"),), {}

    Selector.parse(FIVE)
    benchmark.pedantic(Selector.parse, setup=new_text, rounds=5_000, warmup_rounds=100)


@pytest.mark.benchmark(group="compile")
def test_compile_known_shape(benchmark: BenchmarkFixture) -> None:
    """Compile a predicate of five requirements; only the values are new."""
    requirements = Selector.parse(FIVE).requirements
    benchmark(predicate.compile_predicate, requirements, None)


@pytest.mark.benchmark(group="compile")
def test_compile_new_shape(benchmark: BenchmarkFixture) -> None:
    """The same where Python has to compile the shape first."""
    requirements = Selector.parse(FIVE).requirements
    benchmark.pedantic(
        predicate.compile_predicate,
        args=(requirements, None),
        setup=predicate._predicate_factory.cache_clear,
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
