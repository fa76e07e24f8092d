"""The fleet of all benchmarks: generated from a seed, the same on every machine.

Twelve label keys, ten on every node; values are drawn uniformly and each on its own, but for the
zone, which is in the region. ``FIVE`` matches about one node in four hundred.

    python benchmarks/fleet.py 1000000 fleet.ndjson
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_DATA = Path(__file__).parent / "data"

FIVE = "region=us-east,tier in (premium,standard),environment!=prod,gpu,!debug"
"""The selector of most benchmarks: five requirements of five kinds."""

_REGIONS = (
    "us-east", "us-west", "us-central", "us-south", "ca-central", "sa-east", "eu-west",
    "eu-central", "eu-north", "eu-south", "uk-south", "me-central", "il-central", "af-south",
    "ap-south", "ap-east", "ap-southeast", "ap-northeast", "jp-west", "au-east",
)  # fmt: skip
_TIERS = ("premium", "standard", "free")
_ENVIRONMENTS = ("prod", "staging", "dev", "test")
_INSTANCE_TYPES = tuple(
    f"{family}.{size}"
    for family in ("c6i", "c7g", "g5", "i4i", "m6i", "m7g", "p4d", "r6i", "t3", "x2idn")
    for size in ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
)
_SYSTEMS = ("linux", "windows", "darwin")
_ARCHITECTURES = ("amd64", "arm64")
_RACKS = tuple(f"rack-{number:04d}" for number in range(2_000))
_TEAMS = tuple(f"team-{number:02d}" for number in range(40))
_VERSIONS = tuple(f"2.{minor}.{patch}" for minor in range(6) for patch in range(5))

VALUES = {
    "region": _REGIONS,
    "zone": tuple(region + letter for region in _REGIONS for letter in "abc"),
    "tier": _TIERS,
    "environment": _ENVIRONMENTS,
    "instance-type": _INSTANCE_TYPES,
    "os": _SYSTEMS,
    "arch": _ARCHITECTURES,
    "rack": _RACKS,
    "team": _TEAMS,
    "version": _VERSIONS,
    "gpu": ("true",),
    "debug": ("true",),
}
"""The values that each key can have."""


def nodes(
    n: int, seed: int = 1, unique_hostname: bool = False
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ``n`` nodes, each its id and its labels; ids ascend.

    A smaller fleet is the beginning of a larger one of the same seed.

    :param unique_hostname: whether each node has a label that no other one has.
    """
    draw = random.Random(seed).random  # Python promises to keep its sequence; not that of choice

    def one_of(values: Sequence[str]) -> str:
        return values[int(draw() * len(values))]

    for number in range(n):
        region = one_of(_REGIONS)
        labels = {
            "region": region,
            "zone": region + one_of("abc"),
            "tier": one_of(_TIERS),
            "environment": one_of(_ENVIRONMENTS),
            "instance-type": one_of(_INSTANCE_TYPES),
            "os": one_of(_SYSTEMS),
            "arch": one_of(_ARCHITECTURES),
            "rack": one_of(_RACKS),
            "team": one_of(_TEAMS),
            "version": one_of(_VERSIONS),
        }
        if draw() < 0.10:
            labels["gpu"] = "true"
        if draw() < 0.01:
            labels["debug"] = "true"
        if unique_hostname:
            labels["hostname"] = f"ip-{number:07d}.example.net"
        yield f"node-{number:07d}", labels


def write_ndjson(path: Path, n: int, seed: int = 1) -> None:
    """Write ``n`` nodes to ``path``, one a line. Holds one of them at a time."""
    write = json.JSONEncoder(separators=(",", ":")).encode
    partial = path.with_name(f"{path.name}.partial")  # never leave half a fleet under the name
    with partial.open("w", encoding="utf-8") as file:
        for node_id, labels in nodes(n, seed):
            file.write(write({"id": node_id, "labels": labels}) + "\n")
    partial.replace(path)


def fleet_file(n: int) -> Path:
    """Return the path of a fleet of ``n`` nodes as NDJSON, written when it is first needed."""
    path = _DATA / f"fleet-{n}.ndjson"
    if not path.exists():
        _DATA.mkdir(exist_ok=True)
        write_ndjson(path, n)
    return path


def shuffle_lines(source: Path, target: Path, seed: int = 1) -> None:
    """Write the lines of ``source`` to ``target`` in random order."""
    lines = source.read_bytes().splitlines(keepends=True)
    random.Random(seed).shuffle(lines)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_bytes(b"".join(lines))
    partial.replace(target)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit("usage: python benchmarks/fleet.py N FILE")
    write_ndjson(Path(sys.argv[2]), int(sys.argv[1]))
