"""``nodeselect match -o name`` over a large file of nodes, against jq, DuckDB and Polars.

Whole processes, in rounds: each round runs every tool once, and the next begins with another tool,
so that a slow moment of the machine falls on all of them. Prints Markdown tables and writes
``results/match_file.json``.

    python -m benchmarks.match_file [ROUNDS]
"""

import sys
from pathlib import Path
from statistics import median

from benchmarks import record
from benchmarks.fleet import fleet_file, shuffle_lines
from benchmarks.peers import PEERS, Peer
from benchmarks.process import Run, run

_ROUNDS = 5


def main() -> None:
    """Measure, print and write the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    small, large = fleet_file(100_000), fleet_file(1_000_000)
    peers = {str(n): against_peers(fleet_file(n), rounds) for n in (400_000, 1_000_000)}
    memory = memory_of_nodeselect(
        {
            "100,000 nodes, ids ascending": small,
            "100,000 nodes, ids shuffled": _shuffled(small),
            "1,000,000 nodes, ids ascending": large,
            "1,000,000 nodes, ids shuffled": _shuffled(large),
        },
        rounds,
    )
    result = {
        "machine": {
            **record.machine("duckdb", "polars"),
            "jq": run(["jq", "--version"]).output.strip(),
        },
        "rounds": rounds,
        "peers": peers,
        "memory": memory,
    }
    record.write("match_file", result)


def against_peers(file: Path, rounds: int) -> list[dict[str, object]]:
    """Run every tool in every round; all must find the same number of nodes."""
    runs: dict[str, list[Run]] = {peer.name: [] for peer in PEERS}
    counts: dict[str, int] = {}
    for peer in PEERS:  # once unmeasured: the file comes into memory, bytecode onto the disk
        counts[peer.name] = _ask(peer, file)[1]
    assert len(set(counts.values())) == 1, counts
    for number in range(rounds):
        first = number % len(PEERS)
        for peer in (*PEERS[first:], *PEERS[:first]):
            taken, count = _ask(peer, file)
            assert count == counts[peer.name]
            runs[peer.name].append(taken)
    ours = median(taken.wall for taken in runs[PEERS[0].name])
    megabytes = file.stat().st_size / 1e6
    print(f"\n{file.stem}, NDJSON, {megabytes:.0f} MB; {counts[PEERS[0].name]:,} match\n")
    print("| | wall s | to nodeselect | CPU s | peak MB |\n|---|---:|---:|---:|---:|")
    rows: list[dict[str, object]] = []
    for peer in PEERS:
        row = _medians(runs[peer.name])
        print(
            f"| {peer.name} | {row['wall_s']:.2f} | x{row['wall_s'] / ours:.1f}"
            f" | {row['cpu_s']:.2f} | {row['peak_mb']:.0f} |"
        )
        rows.append({"tool": peer.name, "count": counts[peer.name], **row})
    return rows


def memory_of_nodeselect(files: dict[str, Path], rounds: int) -> list[dict[str, object]]:
    """Measure memory for more nodes, and for ids in random order."""
    print("\n| nodeselect | wall s | CPU s | peak MB |\n|---|---:|---:|---:|")
    rows: list[dict[str, object]] = []
    for name, file in files.items():
        _ask(PEERS[0], file)
        row = _medians([_ask(PEERS[0], file)[0] for _ in range(rounds)])
        print(f"| {name} | {row['wall_s']:.2f} | {row['cpu_s']:.2f} | {row['peak_mb']:.0f} |")
        rows.append({"nodes": name, **row})
    return rows


def _ask(peer: Peer, file: Path) -> tuple[Run, int]:
    taken = run(peer.command(str(file)))
    return taken, peer.count(taken.output)


def _medians(runs: list[Run]) -> dict[str, float]:
    walls = sorted(taken.wall for taken in runs)
    return {
        "wall_s": round(median(walls), 3),
        "wall_s_least": round(walls[0], 3),
        "wall_s_most": round(walls[-1], 3),
        "cpu_s": round(median(taken.cpu for taken in runs), 3),
        "peak_mb": round(median(taken.peak for taken in runs), 1),
    }


def _shuffled(path: Path) -> Path:
    target = path.with_name(f"{path.stem}-shuffled.ndjson")
    if not target.exists():
        shuffle_lines(path, target)
    return target


if __name__ == "__main__":
    main()
