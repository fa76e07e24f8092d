"""How long a shell waits when TAB is pressed, beside a command that reads a small file.

Interleaved rounds, printed as a Markdown table: a list of 1,890 nodes of Expanso (2 MB), and saved
inventories of 1,000 and of a million nodes. It should take at most 150 ms on a quiet machine.

    python -m benchmarks.tab [ROUNDS]
"""

import json
import sys
from pathlib import Path
from statistics import median

from benchmarks.fleet import fleet_file
from benchmarks.process import NODESELECT, Run, run
from nodeselect import Inventory

_DATA = Path(__file__).parent / "data"
_ROUNDS = 20
_EXAMPLE = "docs/example/fleet.json"
_COPIES = 9  # 2 MB


def main() -> None:
    """Measure, and print the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    files = {"2 MB of JSON": _list(), **{f"{n:,} nodes, saved": _saved(n) for n in (1_000, 10**6)}}
    commands = {
        "nodeselect match": [NODESELECT, "match", "-l", "gpu", "-n", _EXAMPLE],
        "TAB: commands": _pressed(),
        "TAB: options": _pressed("match", current="--"),
    }
    for name, file in files.items():
        for what, text in (("keys", ""), ("values", "gpu,region=")):
            commands[f"TAB: {what}, {name}"] = _pressed("match", "-n", file, "-l", current=text)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            runs[name].append(run(command))
    print("| median | from start to end, ms | CPU, ms |\n|---|---:|---:|")
    for name, measured in runs.items():
        wall = median(each.wall for each in measured[1:]) * 1e3
        cpu = median(each.cpu for each in measured[1:]) * 1e3
        print(f"| {name} | {wall:.0f} | {cpu:.0f} |")


def _pressed(*before: str, current: str = "") -> list[str]:
    """Return the command that the script of zsh runs."""
    words = " ".join(["nodeselect", *before, current])
    variables = [f"COMP_WORDS={words}", f"COMP_CWORD={len(before) + 1}"]
    return ["env", *variables, "_NODESELECT_COMPLETE=zsh_complete", NODESELECT]


def _list() -> str:
    items = json.loads(Path(_EXAMPLE).read_text("utf-8"))["items"]
    copies = [{**item, "id": f"{item['id']}-{copy}"} for copy in range(_COPIES) for item in items]
    path = _DATA / "tab.json"
    path.write_text(json.dumps({"items": copies}), "utf-8")
    return str(path)


def _saved(n: int) -> str:
    path = _DATA / f"fleet-{n}.nsx"
    Inventory.read(fleet_file(n)).save(path)
    return str(path)


if __name__ == "__main__":
    main()
