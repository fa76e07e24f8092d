"""A real ``nodeselect watch`` beside a writer of watch events of Kubernetes."""

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.process import NODESELECT
from benchmarks.selectors import selectors

# The marker is a label that no other job asks for: a node that gets it, or loses it, is one line.
_MARKER = "marker.example.com/on"

_IMAGES = [
    {
        "names": [f"registry.example.com/team/app-{at}@sha256:{at:064x}", f"app-{at}:1.{at}"],
        "sizeBytes": 123_456 * at,
    }
    for at in range(12)
]
_CONDITIONS = [
    {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": "2026-05-04T10:11:12Z",
        "lastTransitionTime": "2026-05-01T08:00:00Z",
        "reason": f"Kubelet{kind}",
        "message": "kubelet is posting its status",
    }
    for kind, status in (
        ("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"),
        ("NetworkUnavailable", "False"), ("Ready", "True"),
    )
]  # fmt: skip
_STATUS = json.dumps(
    {
        "capacity": {"cpu": "8", "ephemeral-storage": "98868448Ki", "memory": "32878032Ki"},
        "allocatable": {"cpu": "7910m", "ephemeral-storage": "47093746742", "memory": "29033936Ki"},
        "conditions": _CONDITIONS,
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        "nodeInfo": {"machineID": "a" * 32, "kernelVersion": "6.1.0", "kubeletVersion": "v1.30.1"},
        "images": _IMAGES,
    },
    separators=(",", ":"),
)


def watch_event(kind: str, node_id: str, labels: dict[str, str], *, marked: bool = False) -> bytes:
    """Return an event of a watch, as the API server sends it: one line of 4 kB."""
    if marked:
        labels = {**labels, _MARKER: "true"}
    metadata: dict[str, Any] = {"name": node_id, "uid": f"c0ffee-{node_id}", "labels": labels}
    metadata["annotations"] = {"csi.volume.kubernetes.io/nodeid": '{"csi.example.com":"i-0abc"}'}
    return (
        f'{{"type":"{kind}","object":{{"kind":"Node","apiVersion":"v1","metadata":'
        f'{json.dumps(metadata)},"spec":{{"podCIDR":"10.0.0.0/24"}},"status":{_STATUS}}}}}\n'
    ).encode()


def write_jobs(folder: Path, number: int) -> None:
    """Write this many jobs to a folder, and one that requires the marker."""
    for at, selector in enumerate(selectors(number)):
        expressions = list(map(str, selector.requirements))
        job = {"name": f"job-{at}", "selector": {"match_expressions": expressions}}
        (folder / f"job-{at:04}.json").write_text(json.dumps(job))
    (folder / "marker.json").write_text(json.dumps({"selector": {"match_expressions": [_MARKER]}}))


class WatchProcess:
    """A running watch of jobs. A thread reads its lines: those of the marker are timed."""

    def __init__(self, jobs: Path) -> None:
        self.process = subprocess.Popen(
            [NODESELECT, "watch", "--job", str(jobs), "-n", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.lines = 0
        self._marked: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._end = f" {jobs / 'marker.json'}\n".encode()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines += 1
            if line.endswith(self._end):
                self._marked.put(time.perf_counter())

    def write(self, events: Iterable[bytes]) -> None:
        """Write events; block while the watch does not read them."""
        assert self.process.stdin
        for event in events:
            self.process.stdin.write(event)
        self.process.stdin.flush()

    def wait_for_marker(self) -> float:
        """Return when the next line of the marker was read."""
        return self._marked.get(timeout=600)

    def cpu(self) -> float:
        """Return the seconds of the processor that the watch has used. Linux only."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """Return its resident memory in MB. Linux only."""
        return int(self._proc("status").partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

    def close(self) -> int:
        """End the stream, and return the exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text("ascii")
