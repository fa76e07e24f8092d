"""Write the files of one version: ``python -m tests.formats.writing`` adds ``0.9/`` for 0.9.x.

Run it for a new version, and never again for one that was released: its files show that later
versions read them.
"""

from pathlib import Path

from nodeselect import ChangeLog, Inventory, Node, Taint, __version__
from tests.cli.running import run_process

PLAIN = [
    Node("n-1", {"region": "eu", "gpu": "4"}, "eins", "connected"),
    Node("n-2", {"region": "us", "a b": 'Größe, "1"'}),
    Node("n-3", {}, None, "not-ready,cordoned"),
    *(Node(f"m-{number}", {"region": "eu", "rack": str(number % 7)}) for number in range(40)),
]
WITH_FACTS = [
    Node("k-1", {"zone": "a"}, taints=[Taint("gpu", "NoSchedule")], resources={"cpu": "4"}),
    Node("k-2", {"zone": "b"}, taints=[], resources={"cpu": "500m", "memory": "1Gi"}),
    Node("k-3", {"zone": "\u2028 \ud800"}),
]
"""The nodes in the files; taints, amounts and surrogates are in no printed list."""

LISTS = ("json", "ndjson", "csv")
REPORTS = {
    "explain": ("-l", "region=e_u,gpu"),
    "labels": (),
    "audit": (),
    "diff": ("-l", "gpu", "-l", "region=eu"),
    "rollout": ("docs/example/job.yaml",),
}


def write(folder: Path) -> None:
    """Write a file of each format."""
    folder.mkdir()
    for name, nodes in {"plain": PLAIN, "facts": WITH_FACTS}.items():
        Inventory(nodes).save(folder / f"{name}.nsx")
        with ChangeLog(folder / f"{name}.log") as log:
            inventory = Inventory(log=log)
            inventory.upsert(Node("gone", {"region": "us"}))
            inventory.apply([*nodes, "gone"])
    saved = ("-n", str(folder / "plain.nsx"))
    for form in LISTS:
        printed = run_process("match", "--all", *saved, "-o", form).out
        (folder / f"nodes.{form}").write_text(printed, "utf-8")
    for command, options in REPORTS.items():
        printed = run_process(command, *options, *saved, "-o", "json").out
        (folder / f"{command}.json").write_text(printed, "utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent / ".".join(__version__.split(".")[:2]))
