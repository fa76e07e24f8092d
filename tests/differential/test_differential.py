"""Random texts mean what they mean to Kubernetes' own parser.

With ``TEXTS=5000000`` in the environment so many are compared; ``SEED`` repeats a failure.
"""

import os
from pathlib import Path
from random import Random

import pytest

from tests.differential.compare import TextComparison, difference
from tests.differential.kubernetes import Case, Kubernetes, Verdict, build_or_skip
from tests.differential.texts import random_cases
from tests.thoroughness import IS_CI, at_desk

PARTS = 4  # they run in parallel
TEXTS = int(os.environ.get("TEXTS", at_desk(10_000, ci=100_000))) // PARTS
SEED = int(os.environ.get("SEED", 0 if IS_CI else Random().getrandbits(32)))


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build Kubernetes' parser, once for each process of pytest."""
    return build_or_skip(tmp_path_factory, "texts")


@pytest.mark.parametrize("part", range(PARTS))
def test_texts_mean_what_they_mean_to_kubernetes(program: Path, part: int) -> None:
    """Both accept the same texts, print them alike, and match the same labels."""
    seed = SEED + part
    done = TextComparison()
    with Kubernetes(program) as kubernetes:
        done.compare(kubernetes, random_cases(seed), TEXTS)
    assert done.differences == [], f"with seed {seed}"
    assert done.cases == TEXTS
    assert TEXTS / 5 < done.accepted < TEXTS * 4 / 5


@pytest.mark.parametrize("text", ["x in (a,,)", "x in (,,)", "x in (a, , , )", "x in ( ,,\t)y"])
def test_commas_are_read_as_by_new_versions(program: Path, text: str) -> None:
    """A list may end with any number of commas, also if the version of Debian refuses some."""
    with Kubernetes(program) as kubernetes:
        [verdict] = kubernetes.judge([Case(text, [])])
    assert difference(Case(text, []), verdict) is None


REJECTED = Verdict(accepted=False, canonical="", requirements=[], matches=[])


def accepted(canonical: str, *requirements: tuple[str, str, tuple[str, ...]]) -> Verdict:
    """Return the verdict of a text that Kubernetes accepts, and that does not match ``{}``."""
    return Verdict(
        accepted=True, canonical=canonical, requirements=list(requirements), matches=[False]
    )


X = ("x", "exists", ())
MANY = ",".join([*"abcdefghijkl", "x=a", "x=b"])
MANY_REQUIREMENTS = [(key, "exists", ()) for key in "abcdefghijkl"]
X_IS_A, X_IS_B = ("x", "=", ("a",)), ("x", "=", ("b",))
TOO_MANY = ",".join(["x"] * 257)


@pytest.mark.parametrize(
    ("text", "verdict", "found"),
    [
        pytest.param("x", accepted("x", X), None, id="same"),
        pytest.param("-", REJECTED, None, id="both-reject"),
        pytest.param("\0", accepted(""), "rejected", id="only-kubernetes-accepts"),
        pytest.param("x", REJECTED, "accepted", id="only-nodeselect-accepts"),
        pytest.param("x", accepted("X", X), "not ('X'", id="text"),
        pytest.param("x", accepted("x", ("x", "!", ())), "'!'", id="requirement"),
        pytest.param("!x", accepted("!x", ("x", "!", ())), "[True]", id="verdict"),
        pytest.param("x=b,x=a", accepted("x=a,x=b", X_IS_A, X_IS_B), "not", id="order"),
        pytest.param(
            MANY,
            accepted(MANY, *MANY_REQUIREMENTS, X_IS_B, X_IS_A),
            None,
            id="any-order-above-12-on-one-key",
        ),
        pytest.param(
            MANY,
            accepted(MANY, X_IS_B, *MANY_REQUIREMENTS, X_IS_A),
            "not",
            id="order-of-keys-above-12",
        ),
        pytest.param(
            MANY,
            accepted(MANY.replace("x=a", "x=b"), *MANY_REQUIREMENTS, X_IS_B, X_IS_B),
            "not",
            id="values-above-12",
        ),
        pytest.param(TOO_MANY, accepted(TOO_MANY, *[X] * 257), None, id="above-a-limit"),
        pytest.param("x", accepted("x", *[X] * 257), "limit", id="accepted-above-a-limit"),
    ],
)
def test_differences_are_found(text: str, verdict: Verdict, found: str | None) -> None:
    """A verdict that differs is reported, unless it is documented to differ."""
    shown = difference(Case(text, [{}]), verdict)
    assert shown == found if found is None else found in str(shown)
