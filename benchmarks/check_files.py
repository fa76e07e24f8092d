"""``nodeselect check`` over many job files and a large one, against check-jsonschema.

Both check by the same schema; nodeselect also reads selectors, keeps positions and applies its
rules. Whole processes, in interleaved rounds; then ``check_job`` alone, and how its time grows with
the size of hostile files. Prints Markdown tables and writes ``results/check_files.json``.

    python -m benchmarks.check_files [ROUNDS]
"""

import os
import platform
import random
import sys
import sysconfig
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from benchmarks import record
from benchmarks.fleet import fleet_file
from benchmarks.process import NODESELECT, Run, run
from nodeselect.jobs import check_job

_HERE = Path(__file__).parent
_DATA = _HERE / "data" / "jobs"
_SCHEMA = _HERE.parent / "src" / "nodeselect" / "jobs" / "models" / "job.schema.json"
_PEER = str(Path(sysconfig.get_path("scripts"), "check-jsonschema"))
_FILES = 1_000
_ROUNDS = 5

_JOB = """\
name: inspection-{number}
type: pipeline # runs on every node that matches the selector
namespace: production
description: Counts defects by line and sends a summary every minute
priority: {priority}
labels:
  app: line-inspection
  owner: team-{team}
selector:
  match_labels:
    environment: prod
    capability: inference
  match_expressions:
    - region in (eu-west,eu-central,zone-{team})
    - tier,tier!=free
    - "!maintenance"
rollout:
  strategy: rolling
  max_parallel: 25
  health_check:
    deadline: 5m
    interval: 10s
timeouts:
  execution_timeout: 3600
config:
  input:
    http_server:
      address: 127.0.0.1:{port}
      path: /detections
  pipeline:
    processors:
      - mapping: |
          root.line = this.line
          root.defects = this.boxes.filter(box -> box.score >= 0.8).length()
          root.node = env("EXPANSO_NODE_ID")
      - dedupe:
          cache: seen_frames
          key: ${{! json("frame_id") }}
  output:
    kafka:
      addresses: [kafka.factory.example.net:9092]
      topic: line-{number}
      batching: {{count: 500, period: 1m}}
"""


def main() -> None:
    """Measure, print and write the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    many, large = _make()
    names = sorted(map(str, many.iterdir()))
    result = {
        "machine": _machine(),
        "rounds": rounds,
        f"{_FILES} files": _against_peer(names, rounds),
        "one file of 1 MiB": _against_peer([str(large)], rounds),
        "check_job": _alone([Path(name).read_bytes() for name in names], large.read_bytes()),
        "manifests on 5,000 nodes": _gate(rounds),
        "growth": _growth(),
    }
    record.write("check_files", result)


def _make() -> tuple[Path, Path]:
    """Write the files, the same in each run: some 1.2 KB each, and one that just fits."""
    many, large = _DATA / "many", _DATA / "large.yaml"
    many.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    for number in range(_FILES):
        text = _job(number, chance)
        (many / f"job-{number:04}.yaml").write_text(text, encoding="utf-8")
    text = _job(0, chance)
    steps = "".join(
        f"      - mapping: root.field_{number} = this.field_{number}.string().uppercase()\n"
        for number in range(20_000)
    )
    head, _, tail = text.partition("      - dedupe:")
    room = 1024 * 1024 - len(text) - 100
    text = f"{head}{steps[: steps.rindex(chr(10), 0, room) + 1]}      - dedupe:{tail}"
    large.write_text(text, encoding="utf-8")
    return many, large


def _job(number: int, chance: random.Random) -> str:
    return _JOB.format(
        number=number,
        priority=chance.randrange(200),
        team=chance.randrange(20),
        port=4000 + chance.randrange(100),
    )


def _against_peer(names: list[str], rounds: int) -> list[dict[str, float | str]]:
    """Let both check the files in every round; to both they are clean."""
    commands = {
        "nodeselect check": [NODESELECT, "check", *names],
        "check-jsonschema": [_PEER, "--schemafile", str(_SCHEMA), *names],
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for command in commands.values():  # once unmeasured: bytecode is written, files are in memory
        run(command)
    for number in range(rounds):
        order = list(commands) if number % 2 else list(reversed(commands))
        for name in order:
            runs[name].append(run(commands[name]))
    ours = median(each.wall for each in runs["nodeselect check"])
    rows: list[dict[str, float | str]] = []
    print(f"\n{len(names):,} files\n\n| | s | us a file | ratio | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for name, taken in runs.items():
        wall = median(each.wall for each in taken)
        peak = max(each.peak for each in taken)
        each = wall / len(names) * 1e6
        print(f"| {name} | {wall:.2f} | {each:,.0f} | {wall / ours:.1f} | {peak:.0f} |")
        rows.append(
            {
                "tool": name,
                "median_s": wall,
                "us_a_file": each,
                "ratio": wall / ours,
                "peak_mb": peak,
            }
        )
    return rows


_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{number}, namespace: shop}}
spec:
  replicas: 3
  template:
    spec:
      nodeSelector: {{region: {region}}}
      tolerations: [{{key: dedicated, value: team-{team}, effect: NoSchedule}}]
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - {{key: tier, operator: In, values: [standard, premium]}}
                  - {{key: maintenance, operator: DoesNotExist}}
      containers:
        - name: web
          image: example/web:{number}
          ports: [{{containerPort: 8080}}]
          resources: {{requests: {{cpu: 500m, memory: 2Gi}}, limits: {{memory: 4Gi}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web-{number}}}
spec: {{selector: {{app: web-{number}}}, ports: [{{port: 80}}]}}
"""


def _gate(rounds: int) -> dict[str, float]:
    """Measure the CPU time of a process that matches 500 manifests against 5,000 nodes."""
    folder = _DATA / "manifests"
    folder.mkdir(parents=True, exist_ok=True)
    regions = ("eu-west", "us-east", "nowhere")
    for number in range(500):
        text = _MANIFEST.format(number=number, region=regions[number % 3], team=number % 20)
        (folder / f"{number:03}.yaml").write_text(text, encoding="utf-8")
    nodes = str(fleet_file(5_000))
    command = [NODESELECT, "check", "-n", nodes, "--ignore", "no-node", str(folder)]
    taken = [run(command).cpu for _ in range(rounds + 1)][1:]
    print(f"\n500 manifests on 5,000 nodes: {median(taken):.2f} s of CPU")
    return {"median_cpu_s": median(taken)}


def _alone(many: list[bytes], large: bytes) -> dict[str, float]:
    """Measure ``check_job`` in this process, files already read."""
    each = [_taken(partial(check_job, data, "x")) * 1e6 for data in many]
    q1, middle, q3 = quantiles(each, n=4)
    whole = min(_taken(partial(check_job, large, "x")) for _ in range(3)) * 1e3
    size = sum(map(len, many)) / len(many)
    print(f"\ncheck_job alone: {middle:,.0f} us ({q1:,.0f}-{q3:,.0f}) a file of {size:,.0f} bytes,")
    print(f"{whole:,.0f} ms for {len(large):,} bytes")
    return {"q1_us": q1, "median_us": middle, "q3_us": q3, "large_ms": whole}


# Hostile files, of a size that grows with n.
_HOSTILE: dict[str, Callable[[int], str]] = {
    "unknown keys": lambda n: "name: x\n" + "".join(f"{i:x}: 1\n" for i in range(n)),
    "near misses": lambda n: "name: x\n" + "".join(f"selector{i:x}: 1\n" for i in range(n)),
    "ids of the wrong type": lambda n: f"name: x\nselector: {{match_ids: [{'1,' * n}]}}",
    "brackets": lambda n: "[" * n,
    "aliases": lambda n: "a: &a [x]\nb: [" + "*a," * n + "]",
    "duplicate keys": lambda n: "name: x\n" + "a: 1\n" * n,
    "control characters": lambda n: "name: x\nmeta:\n" + "  - \x07\n" * n,
    "numbers": lambda n: "name: x\nconfig: {a: [" + "1e5," * n + "]}",
    "clashing requirements": lambda n: (
        "name: x\nselector: {match_expressions: ["
        + ", ".join(f'"a notin (v{i},w{i})"' for i in range(n // 200))
        + "]}"
    ),
}


def _growth() -> dict[str, list[float]]:
    """Measure hostile files of doubling sizes."""
    sizes = [6_000, 12_000, 24_000, 48_000]
    print(f"\n| ms for n = | {' | '.join(map(str, sizes))} | t(2n)/t(n) |")
    print("|---|---:|---:|---:|---:|---|")
    rows = {}
    for name, make in _HOSTILE.items():
        times = []
        for size in sizes:
            data = make(size).encode()
            times.append(min(_taken(partial(check_job, data, "x")) for _ in range(3)) * 1e3)
        ratios = ", ".join(f"{b / a:.1f}" for a, b in pairwise(times))
        print(f"| {name} | " + " | ".join(f"{each:.1f}" for each in times) + f" | {ratios} |")
        rows[name] = times
    return rows


def _taken(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "nodeselect": version("nodeselect"),
        "check-jsonschema": version("check-jsonschema"),
    }


if __name__ == "__main__":
    main()
