"""A fleet whose labels are right, and 25 mistakes that are planted in it, from a seed."""

import re
from collections.abc import Callable
from functools import partial
from random import Random
from typing import NamedTuple

Labels = dict[str, str]

_REGIONS = ("eu-west", "eu-central", "us-east", "us-west", "ap-southeast")
_CITIES = (
    "dublin", "london", "paris", "berlin", "munich", "warsaw", "ashburn", "atlanta", "boston",
    "phoenix", "portland", "denver", "jakarta", "singapore", "osaka",
)  # fmt: skip
_ROLES = {
    "gateway": "network", "collector": "observability", "inference": "vision",
    "camera": "facilities", "checkout": "payments",
}  # fmt: skip


class Fault(NamedTuple):
    """A mistake: the finding that reports it has this code, and this key and value."""

    code: str
    key: str
    value: str | None = None


def make_fleet(random: Random, nodes: int = 2_000) -> list[Labels]:
    """Return the labels of nodes without mistakes."""
    return [_make_labels(random, number) for number in range(nodes)]


def _make_labels(random: Random, number: int) -> Labels:
    city = random.randrange(len(_CITIES))
    role = random.choice(list(_ROLES))
    labels = {
        "hostname": f"edge-{number:04}.example.net",
        "region": _REGIONS[city // 3],
        "site": f"{_CITIES[city]}-{random.randint(1, 3):02}",
        "role": role,
        "environment": random.choices(("prod", "staging", "dev"), (8, 2, 1))[0],
        "tier": random.choice(("standard", "premium", "free")),
        "team": _ROLES[role],
        "rack": f"r{random.randint(1, 40):02}",
        "app.kubernetes.io/part-of": random.choice(("telemetry", "line-inspection", "storefront")),
        "kubernetes.io/arch": random.choice(("amd64", "arm64")),
        "instance-type": random.choice(("m5.large", "m5.xlarge", "c5.xlarge", "t4g.medium")),
        "firmware": random.choice(("1.9.4", "1.10.0", "1.10.2")),
        "owner": random.choice(("anna", "maria", "david", "thomas", "ayumi", "carlos", "priya")),
    }
    if role == "inference":
        labels["accelerator"] = random.choice(("nvidia-tesla-t4", "nvidia-l4", "jetson-orin"))
        labels["gpu-memory"] = random.choice(("16384", "24576", "8192"))
    if role in ("gateway", "checkout"):
        labels["pci-compliant"] = random.choice(("true", "false"))
    if random.random() < 0.05:
        labels["maintenance"] = "planned"
    return labels


def plant(random: Random, fleet: list[Labels]) -> list[Fault]:
    """Change the labels of a fleet so that it has 25 different mistakes; return these.

    No node has two.
    """
    free = list(range(len(fleet)))
    random.shuffle(free)
    faults: list[Fault] = []
    for count, make in _KINDS:
        expected = len(faults) + count
        while len(faults) < expected:
            at = free.pop()
            changed = fleet[at].copy()
            fault = make(random, changed)
            if fault is not None and fault not in faults:
                faults.append(fault)
                fleet[at] = changed
    return faults


def _misspell_key(change: "_Change", random: Random, labels: Labels) -> Fault | None:
    key = random.choice(list(labels))
    misspelt = change(random, key)
    return None if misspelt is None else _set_key(key, misspelt, random, labels)


def _misspell_value(change: "_Change", random: Random, labels: Labels) -> Fault | None:
    key = random.choice([key for key in labels if key not in ("hostname", "firmware")])
    misspelt = change(random, labels[key])
    return None if misspelt is None else _set_value(key, misspelt, random, labels)


def _set_key(key: str, misspelt: str, random: Random, labels: Labels) -> Fault | None:
    if misspelt in _KEYS:
        return None
    labels[misspelt] = labels.pop(key)
    return Fault("misspelt-key", misspelt)


def _set_value(key: str, misspelt: str, random: Random, labels: Labels) -> Fault:
    labels[key] = misspelt
    return Fault("misspelt-value", key, misspelt)


def _change_case(random: Random, text: str) -> str | None:
    changed = random.choice((text.upper(), text.title(), text.capitalize()))
    return changed if changed != text else None


def _change_separator(random: Random, text: str) -> str | None:
    separators = [at for at, letter in enumerate(text) if letter in "-./"]
    if not separators or ("." in text[:-1] and text.replace(".", "").isdigit()):
        return None
    at = random.choice(separators)
    return text[:at] + random.choice(("_", " ", "")) + text[at + 1 :]


def _change_letter(random: Random, text: str) -> str | None:
    """Insert, remove, replace or exchange letters behind the first one of a word."""
    words = [match.span() for match in re.finditer("[a-z]{5,}", text)]
    if not words:
        return None
    start, end = random.choice(words)
    at = random.randint(start + 1, end - 2)
    letter = random.choice("abcdefghijklmnopqrstuvwxyz")
    changed = random.choice(
        (
            text[:at] + letter + text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )
    return changed if changed != text else None


_Change = Callable[[Random, str], str | None]
_Kind = Callable[[Random, Labels], Fault | None]

_KEYS = frozenset(_make_labels(Random(0), 0)) | {"accelerator", "gpu-memory", "pci-compliant"}

_KINDS: list[tuple[int, _Kind]] = [
    (3, partial(_misspell_key, _change_case)),
    (3, partial(_misspell_key, _change_separator)),
    (5, partial(_misspell_key, _change_letter)),
    (3, partial(_misspell_value, _change_case)),
    (3, partial(_misspell_value, _change_separator)),
    (5, partial(_misspell_value, _change_letter)),
    (1, partial(_set_value, "environment", "production")),
    (1, partial(_set_value, "environment", "prd")),
    (1, partial(_set_key, "environment", "env")),
]
"""How many mistakes there are of each kind, and what makes one."""
