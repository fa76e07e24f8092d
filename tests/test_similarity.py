"""Which words count as misspelt."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect.similarity import WordCounts, is_number, similar_name

CLOSE = [
    pytest.param("region", "regoin", True, id="exchanged"),
    pytest.param("production", "prod", True, id="an-abbreviation"),
    pytest.param("env-production", "env-prod", True, id="an-abbreviation-in-several-words"),
    pytest.param("europe", "eu", False, id="a-short-abbreviation"),
    pytest.param("gpu", "gpux", False, id="one-letter-more"),
    pytest.param("abcdef", "abc", False, id="the-beginning-of-a-hash"),
    pytest.param("prod", "prod-east", False, id="one-word-of-two"),
    pytest.param("ap-south", "ap-southeast", False, id="the-beginning-of-a-compound"),
    pytest.param("node-12", "node-13", False, id="a-digit"),
    pytest.param("10.0.0.1", "100.0.1", False, id="a-point-between-digits"),
    pytest.param("node1", "nodee1", True, id="a-letter-before-a-digit"),
    pytest.param("eu-west-1a", "eu-west-1d", False, id="a-letter-behind-a-digit"),
    pytest.param("eu-west-1-a", "eu-west-1a", True, id="a-separator-behind-a-digit"),
    pytest.param("us-east-1a", "us-west-1a", False, id="another-word"),
    pytest.param("mem-total", "mem-local", False, id="the-first-letter-of-a-word"),
    pytest.param("m5.xlarge", "m5.large", False, id="the-first-letter-missing"),
    pytest.param("nvidia-a100", "nvidia-h100", False, id="one-letter-and-digits"),
    pytest.param("eu-wset-1a", "eu-west-1a", True, id="one-word-of-several"),
    pytest.param("kubernetse.io/zone", "kubernetes.io/zone", True, id="in-a-prefix"),
    pytest.param("eu-west", "ew-west", False, id="a-short-word-of-several"),
    pytest.param("Platfrm", "platform", True, id="another-case-and-a-slip"),
    pytest.param("lxarge", "xlarge", False, id="the-first-two-exchanged"),
    pytest.param("m5.lxarge", "m5.xlarge", True, id="the-first-two-of-a-word-exchanged"),
    pytest.param("deadbeef", "deadbeff", False, id="hexadecimal"),
    pytest.param("", "", False, id="nothing"),
]


def is_close(one: str, other: str) -> bool:
    return WordCounts({other: 1}).closest(one) == other


@pytest.mark.parametrize(("one", "other", "close"), CLOSE)
def test_close(one: str, other: str, close: bool) -> None:
    """It is in both directions."""
    assert is_close(one, other) is is_close(other, one) is close


@st.composite
def edited_words(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the same word after up to three edits behind its first letter."""
    word = edited = draw(st.text("xyz", min_size=4, max_size=12))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, len(edited) - 1))
        letter = draw(st.sampled_from("xyzw"))
        match draw(st.sampled_from(["insert", "delete", "replace", "exchange"])):
            case "insert":
                edited = edited[:at] + letter + edited[at:]
            case "delete" if len(edited) > 4:
                edited = edited[:at] + edited[at + 1 :]
            case "replace":
                edited = edited[:at] + letter + edited[at + 1 :]
            case _:
                edited = edited[:at] + edited[at : at + 2][::-1] + edited[at + 2 :]
    return word, edited


@given(edited_words())
@example(("production", "prdoucton"))
@example(("platform", "plattfrrm"))
@example(("platform", "platrm"))  # six letters: one typo only
@example(("premium", "premimu"))
@example(("premium", "prmeimu"))  # seven letters: one typo only
@example(("regional", "rgeionla"))  # eight letters: two
def test_typos(words: tuple[str, str]) -> None:
    """A word is suggested for another if one edit separates them, or two from eight letters on.

    Or if one abbreviates the other.
    """
    word, edited = words
    edits = distance(word, edited)
    allowed = 2 if min(len(word), len(edited)) >= 8 else 1
    shorter, longer = sorted((word, edited), key=len)
    is_abbreviation = len(shorter) == 4 and longer.startswith(shorter) and len(longer) > 5
    expected = 0 < edits <= allowed or is_abbreviation
    assert is_close(word, edited) is is_close(edited, word) is expected


def distance(one: str, other: str) -> int:
    """Count the insertions, deletions, replacements and exchanges of adjacent letters."""
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
    """A number, with a unit or without, an address and a date are no words.

    What has letters before it, or a word behind it, is not a number.
    """
    assert is_number(text)
    assert WordCounts({"-5": 1, "1e5": 1, "16Mi": 1, "15": 2, "100": 1}).closest(text) is None
    for word in ("", "-", "r-17", "t4", "node-1", "5 nodes", "4xlarge", "v1.2"):
        assert not is_number(word)


def test_the_most_frequent_word_is_suggested() -> None:
    """The same letters come first, then the word of the most nodes, then the first word."""
    words = WordCounts({"eu-west": 2, "EU_west": 3, "eu-weste": 9, "eu-wesst": 9})
    assert words.closest("euwest") == "EU_west"
    assert words.closest("eu-wesr") == "EU_west"
    assert WordCounts({"eu-weste": 9, "eu-wesst": 9, "eu-wess": 1}).closest("eu-wesse") == (
        "eu-wesst"
    )
    assert words.closest("") is None
    assert WordCounts({"-": 1, " ": 2, "": 0}).closest("") is None


def test_at_most_500_words_are_compared() -> None:
    """Of more words that begin alike and have the same numbers, the rest is not searched."""
    letters = ["".join(each) for each in product("abcdefgh", repeat=4)]
    words = WordCounts({f"x{each}-1": 1 for each in letters})
    assert words.closest("xaabcz-1") == "xaabc-1"
    assert words.closest("xhabcz-1") is None


def test_an_ambiguous_abbreviation() -> None:
    """The beginning of several words is similar to none of them."""
    assert WordCounts({"production": 9, "products": 1}).closest("prod") is None
    assert WordCounts({"production": 9, "gold": 1}).closest("prod") == "production"


@pytest.mark.parametrize(
    ("text", "word", "is_suggested"),
    [
        pytest.param("gpuu", "gpu", True, id="a-letter-twice"),
        pytest.param("prd", "prod", True, id="a-letter-missing"),
        pytest.param("cpus", "cpu", True, id="a-plural"),
        pytest.param("gup", "gpu", True, id="exchanged"),
        pytest.param("eu-wst-1", "eu-west-1", True, id="one-word-of-several"),
        pytest.param("gce", "gke", False, id="a-letter-that-differs"),
        pytest.param("cpu", "gpu", False, id="the-first-letter-differs"),
        pytest.param("pgu", "gpu", False, id="the-first-two-exchanged"),
        pytest.param("gpu", "gnpuu", False, id="two-letters-more"),
        pytest.param("eu", "eur", False, id="two-letters"),
        pytest.param("gpu", "gpu1", False, id="a-digit-more"),
        pytest.param("abc", "abbc", False, id="hexadecimal"),
        pytest.param("us-est", "eu-est", False, id="two-words"),
    ],
)
def test_a_word_of_three_letters(text: str, word: str, is_suggested: bool) -> None:
    """For a text that no node has, it is suggested if a letter is too many, missing or exchanged.

    An audit, which compares words that nodes have, does not take such words for misspelt.
    """
    words = WordCounts({word: 3, "other": 9})
    assert words.suggest(text) == (word if is_suggested else None)
    assert words.closest(text) is None


def test_a_rare_or_ambiguous_word_of_three_letters() -> None:
    """A word that few nodes have is not suggested, and none if there are two."""
    assert WordCounts({"gpu": 2}).suggest("gpuu") is None
    assert WordCounts({"prod": 3, "pred": 3}).suggest("prd") is None
    assert WordCounts({"prod": 300, "pred": 1}).suggest("prd") is None
    assert WordCounts({"5": 9}).suggest("5") is None


@pytest.mark.parametrize(
    ("text", "names", "name"),
    [
        pytest.param("match", ["matching", "match"], "match", id="the-name-itself"),
        pytest.param("explian", ["explain", "index"], "explain", id="a-typo"),
        pytest.param("matchIds", ["match_ids", "match_labels"], "match_ids", id="another-case"),
        pytest.param("nodes.jsn", ["nodes.json", "notes.txt"], "nodes.json", id="a-file"),
        pytest.param("job-1.yaml", ["job-2.yaml"], None, id="another-number"),
        pytest.param("--no-write", ["--write"], None, id="the-opposite"),
        pytest.param("--select", ["--selector", "--quiet"], "--selector", id="a-beginning"),
        pytest.param("--select", ["--selector", "--selected"], None, id="of-two"),
        pytest.param("id", ["ids", "identity"], None, id="too-short"),
        pytest.param("match", [], None, id="no-names"),
    ],
)
def test_a_similar_name(text: str, names: list[str], name: str | None) -> None:
    """Of a few names, the same one is meant, a similar one, or the only one that begins so."""
    assert similar_name(text, names) == name
