"""The inputs in the corpora of the fuzzer: each is typical, or was a mistake once."""

from importlib import import_module
from pathlib import Path

import pytest
from fuzz import HARNESSES

CORPUS = Path(__file__).resolve().parents[1] / "fuzz" / "corpus"
INPUTS = sorted(CORPUS.glob("*/*"))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_input(path: Path) -> None:
    import_module(f"fuzz.{path.parent.name}").check(path.read_bytes())


def test_each_harness_has_inputs() -> None:
    assert {path.parent.name for path in INPUTS} == set(HARNESSES)
    assert max(path.stat().st_size for path in INPUTS) <= 1024
