"""Random cases from a seed: a plain generator, for numbers that hypothesis cannot reach."""

import re
from collections.abc import Iterator
from random import Random

from tests.conformance.vectors import VECTORS
from tests.differential.kubernetes import Case
from tests.property.strategies import BOUNDS, KEYS, LABEL_VALUES, STRANGE, VALUES

_WORD = re.compile(r"[^ \t\r\n(),!=><]+")
_ALPHABET = "aZ09-_./ \t\r\n(),!=><"
_SPACES = (*[""] * 12, " ", "\t", "\r\n", "  ")
_VECTORS = [vector.selector for vector in VECTORS]
# Lengths around the limits of a name and of a prefix.
_LENGTHS = (1, 2, 3, 62, 63, 64, 252, 253, 254)
# Above 12 requirements Kubernetes sorts in another way, and long texts are around our limits.
_SIZES = (0, *[1] * 8, *[2] * 6, *[3] * 4, 5, 8, 12, 13, 20)
_LONG_SIZES = (100, 255, 256, 257, 300)
_LONG_LISTS = (500, 1_023, 1_024, 1_025)
_ONE_IN_LONG = 2_000


def random_cases(seed: int) -> Iterator[Case]:
    """Yield cases without end, the same ones for the same seed."""
    random = Random(seed)
    while True:
        text = _text(random)
        yield Case(text, [_labels(random, text) for _ in range(3)])


def _text(random: Random) -> str:
    kind = random.random()
    if kind < 0.4:
        return _written(random)
    if kind < 0.75:
        return _mutated(random, _written(random) if kind < 0.6 else random.choice(_VECTORS))
    if kind < 0.9:
        return "".join(random.choices(STRANGE, k=random.randrange(13)))
    return "".join(random.choices(_ALPHABET, k=random.randrange(16)))


def _written(random: Random) -> str:
    """Return the text of a selector. It is valid if the random words in it are."""
    is_long = random.randrange(_ONE_IN_LONG) == 0
    size = random.choice(_LONG_SIZES if is_long else _SIZES)
    return ",".join([_requirement(random, is_long) for _ in range(size)])


def _requirement(random: Random, is_long: bool) -> str:
    key = random.choice(KEYS) if random.random() < 0.9 else _key(random)
    operator = random.choice(("", "!", "=", "==", "!=", ">", "<", "in", "notin"))
    match operator:
        case "":
            tokens = [key]
        case "!":
            tokens = ["!", key]
        case ">" | "<":
            tokens = [key, operator, random.choice(BOUNDS)]
        case "in" | "notin":
            tokens = [key, " ", operator, "(", _values(random, is_long), ")"]
        case _:
            tokens = [key, operator, _value(random)]
    spaces = random.choices(_SPACES, k=len(tokens))
    return "".join(map("".join, zip(tokens, spaces, strict=True)))


def _values(random: Random, is_long: bool) -> str:
    comma = random.choice((",", ",", " ,", ",,", "\t,\r\n"))
    if is_long and random.random() < 0.02:
        return comma.join(map(str, range(random.choice(_LONG_LISTS))))
    return comma.join([_value(random) for _ in range(random.randrange(4))])


def _key(random: Random) -> str:
    name = _word(random, "aZ09-_.")
    return name if random.random() < 0.5 else f"{_word(random, 'a0-.')}/{name}"


def _value(random: Random) -> str:
    return random.choice(VALUES) if random.random() < 0.9 else _word(random, "aZ09-_.")


def _word(random: Random, alphabet: str) -> str:
    word = "".join(random.choices(alphabet, k=random.choice(_LENGTHS)))
    return word if random.random() < 0.5 else f"a{word[1:-1]}0"


def _mutated(random: Random, text: str) -> str:
    """Return the text with up to three pieces replaced, removed or inserted."""
    for _ in range(random.randrange(1, 4)):
        start = random.randrange(len(text) + 1)
        piece = random.choice(STRANGE) if random.random() < 0.7 else random.choice(_ALPHABET)
        text = text[:start] + piece + text[start + random.randrange(4) :]
    return text


def _labels(random: Random, text: str) -> dict[str, str]:
    """Return labels, many of them with words of the text as key and value."""
    words = [*KEYS, *_WORD.findall(text, 0, 200)]
    values = [*LABEL_VALUES, *words]
    return {random.choice(words): random.choice(values) for _ in range(random.randrange(6))}
