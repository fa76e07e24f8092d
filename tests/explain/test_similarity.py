"""What is taken for a slip of what."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.explain import similarity as closeness
from nodeselect.explain.similarity import Known, is_close, is_number

CLOSE = [
    pytest.param("region", "regoin", True, id="exchanged"),
    pytest.param("region", "regon", True, id="missing"),
    pytest.param("region", "reggion", True, id="doubled"),
    pytest.param("region", "rexion", True, id="wrong"),
    pytest.param("region", "rexoin", False, id="two-in-a-short-word"),
    pytest.param("maintenance", "maintainence", False, id="three-in-a-long-word"),
    pytest.param("maintenance", "mainteinence", True, id="two-in-a-long-word"),
    pytest.param("production", "prod", False, id="an-abbreviation"),
    pytest.param("gpu", "gpx", False, id="too-short"),
    pytest.param("node-12", "node-13", False, id="a-digit"),
    pytest.param("node-1", "node-12", False, id="a-digit-more"),
    pytest.param("10.0.0.1", "100.0.1", False, id="a-point-between-digits"),
    pytest.param("node1", "nodee1", True, id="a-letter-before-a-digit"),
    pytest.param("eu-west-1a", "eu-west-1d", False, id="a-letter-behind-a-digit"),
    pytest.param("us-east-1", "us-east-1b", False, id="a-letter-more-behind-a-digit"),
    pytest.param("us-east-1a", "us-west-1a", False, id="another-word"),
    pytest.param("ap-northeast-1", "ap-southeast-1", False, id="another-long-word"),
    pytest.param("mem-total", "mem-local", False, id="the-first-letter-of-a-word"),
    pytest.param("m5.xlarge", "m5.large", False, id="the-first-letter-missing"),
    pytest.param("nvidia-a100", "nvidia-h100", False, id="one-letter-and-digits"),
    pytest.param("f00dbabe", "f00dbabf", False, id="letters-and-digits-mixed"),
    pytest.param("eu-wset-1a", "eu-west-1a", True, id="one-word-of-several"),
    pytest.param("kubernetse.io/zone", "kubernetes.io/zone", True, id="in-a-prefix"),
    pytest.param("us-eest-prod", "us-east-prud", False, id="two-words-of-several"),
    pytest.param("eu-west", "ew-west", False, id="a-short-word-of-several"),
    pytest.param("euwset", "eu-west", False, id="a-slip-and-no-hyphen"),
    pytest.param("Platfrm", "platform", True, id="another-case-and-a-slip"),
    pytest.param("lxarge", "xlarge", False, id="the-first-two-exchanged"),
    pytest.param("m5.lxarge", "m5.xlarge", True, id="the-first-two-of-a-word-exchanged"),
    pytest.param("deadbeef", "deadbeff", False, id="hexadecimal"),
    pytest.param("", "", False, id="nothing"),
]


@pytest.mark.parametrize(("one", "other", "close"), CLOSE)
def test_close(one: str, other: str, close: bool) -> None:
    """What is a slip, both ways."""
    assert is_close(one, other) is is_close(other, one) is close


words = st.text("xyz", min_size=4, max_size=12)


@given(words, words)
def test_slips(one: str, other: str) -> None:
    """A word is close where as few slips as it may have make it the other, by the plain rule."""
    fewest = distance(one, other)
    most = 2 if min(len(one), len(other)) >= 8 else 1
    assert is_close(one, other) is (0 < fewest <= most and one[0] == other[0])


def distance(one: str, other: str) -> int:
    """Count letters to put in, take out, replace or exchange, each at most once."""
    table = {(at, 0): at for at in range(len(one) + 1)}
    table |= {(0, to): to for to in range(len(other) + 1)}
    for at in range(1, len(one) + 1):
        for to in range(1, len(other) + 1):
            table[at, to] = min(
                table[at - 1, to] + 1,
                table[at, to - 1] + 1,
                table[at - 1, to - 1] + (one[at - 1] != other[to - 1]),
            )
            if one[at - 2 : at] == other[to - 2 : to][::-1] and at > 1 < to:
                table[at, to] = min(table[at, to], table[at - 2, to - 2] + 1)
    return table[len(one), len(other)]


@pytest.mark.parametrize(
    "text",
    ["5", "-5", ".5", "1.5", "1e5", "1e-5", "+12", "16Gi", "100m", "99%", "10.0.0.1", "10.0.0.0/8",
     "2026-01-31", "12:30", "8 GB", "1_000"],
)  # fmt: skip
def test_numbers(text: str) -> None:
    """A number, with a unit or without, an address and a date are no words."""
    assert is_number(text)
    assert Known({"-5": 1, "1e5": 1, "16Mi": 1, "15": 2, "100": 1, "5": 1}).closest(text) is None


@pytest.mark.parametrize("text", ["", "-", "r-17", "t4", "node-1", "5 nodes", "4xlarge", "v1.2"])
def test_no_numbers(text: str) -> None:
    """What has letters before, or a word behind, is none."""
    assert not is_number(text)


def test_the_most_frequent_of_those_that_are_close() -> None:
    """Of several the one that most nodes have, of equals the first; the same letters before all."""
    known = Known({"eu-west": 2, "EU_west": 3, "eu-weste": 9, "eu-wesst": 9})
    assert known.closest("euwest") == known.same_letters("euwest") == "EU_west"
    assert known.closest("eu-wesr") == "EU_west"
    assert Known({"eu-weste": 9, "eu-wesst": 9, "eu-wess": 1}).closest("eu-wesse") == "eu-wesst"
    assert known.same_letters("eu-wset") is None
    assert known.closest("") is None
    assert Known({"-": 1, " ": 2, "": 0}).closest("") is None


def test_how_many_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 500 texts are compared, of those that begin alike and have the same numbers."""
    compared: list[str] = []

    def watched(one: object, other: closeness._Apart) -> bool:
        compared.append(other.text)
        return False

    monkeypatch.setattr(closeness, "_are_close", watched)
    letters = ["".join(each) for each in product("abcdefgh", repeat=4)]
    known = Known({f"x{each}-1": 1 for each in letters} | {f"y{each}": 1 for each in letters})
    assert known.closest("xabcz-1") is None
    assert compared == sorted(f"x{each}-1" for each in letters)[:500]
    compared.clear()
    assert known.closest("xabcz-2") is known.closest("zabcz-1") is None
    assert compared == []


def test_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again is not answered by comparing again; what is kept is bounded."""
    monkeypatch.setattr(closeness, "_KEPT", 2)
    known = Known({"premium": 2, "standard": 1})
    asked = ["premuim", "standrad", "nothing"]
    expected = ["premium", "standard", None]
    assert [known.closest(text) for text in asked] == expected
    assert len(known._found) == 1
    assert [known.closest(text) for text in asked] == expected
    with monkeypatch.context() as patched:
        patched.setattr(closeness, "_are_close", None)  # would raise where it was called
        assert known.closest("nothing") is None
