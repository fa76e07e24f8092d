"""What no command does, whatever it is given."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import nodeselect

ROOT = Path(__file__).parents[1]

# Runs the command line, and prints what it should not do. A hook cannot be removed, so it needs a
# process of its own.
WATCHED = """
import _thread, os, sys, threading
from nodeselect.__main__ import main

def watch(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event.startswith(DEEDS):
        print("audit:", event, arguments, file=sys.stderr)

DEEDS = ("socket.", "subprocess.", "pickle.", "os.exec", "os.fork", "os.posix_spawn", "os.system",
         "os.rename", "os.remove", "os.mkdir", "ctypes.dlopen")

def watch_thread(*arguments):
    print("audit: thread", file=sys.stderr)

_thread.start_new_thread = threading.Thread.start = watch_thread  # older Pythons do not audit this
sys.addaudithook(watch)
main()
"""


def watched(code: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run code in place of the command line."""
    return subprocess.run(
        [sys.executable, "-B", "-c", WATCHED.replace("main()", code), *arguments],
        cwd=ROOT,
        env=environment or None,
        capture_output=True,
        text=True,
    )


FILES = ("-n", "docs/example/fleet.json")


@pytest.mark.parametrize(
    "arguments",
    [
        ("match", "-l", "gpu,region!=eu", *FILES),
        ("match", "--job", "docs/example/job.yaml", "-o", "json", *FILES),
        ("explain", "--job", "docs/example/first-try.yaml", *FILES),
        ("explain", "-l", "region=eu_west", "-o", "markdown", *FILES),
        ("labels", "region", *FILES),
        ("check", "docs/example", "-o", "sarif"),
        ("diff", "docs/example/job.yaml", "docs/example/first-try.yaml", *FILES),
        ("rollout", "docs/example/job.yaml", *FILES),
        ("sql", "-l", "gpu", "--dialect", "postgresql"),
        ("rules",),
        ("schema",),
    ],
    ids=" ".join,
)
def test_commands_only_read_files(arguments: tuple[str, ...]) -> None:
    """A command uses no network, starts no program or thread, and changes no file."""
    done = watched("main()", *arguments)
    assert done.returncode in (0, 1), done.stderr
    assert "audit:" not in done.stderr


def test_the_plugin_runs_only_kubectl(tmp_path: Path) -> None:
    """As ``kubectl nodeselect``, the program runs kubectl, without a shell, and nothing else."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("""#!/bin/sh\necho '{"kind":"NodeList","metadata":{},"items":[]}'\n""")
    kubectl.chmod(0o755)
    code = "sys.argv[0] = 'kubectl-nodeselect'; main()"
    done = watched(code, "match", "--all", "--context", "$(touch a)", PATH=f"{tmp_path}:/bin")
    assert done.returncode == 1, done.stderr
    deeds = [line for line in done.stderr.splitlines() if line.startswith("audit: ")]
    deeds = [line for line in deeds if not line.startswith("audit: open ('/dev/null'")]
    raw = "['kubectl', '--context=$(touch a)', 'get', '--raw', '/api/v1/nodes?limit=500']"
    assert deeds == [f"audit: subprocess.Popen ('kubectl', {raw}, None, None)"]


def test_one_module_can_run_a_program() -> None:
    home = Path(nodeselect.__file__).parent
    runs = re.compile(
        r"^ *(?:import|from) (?:subprocess|multiprocessing|pty|ctypes|socket|ssl|http|asyncio)\b"
        r"|\bos\.(?:system|popen|exec|fork|spawn|posix_spawn)",
        re.MULTILINE,
    )
    found = {path.relative_to(home) for path in home.rglob("*.py") if runs.search(path.read_text())}
    assert found == {Path("cli/inputs/cluster.py")}


MANY_NODES = """
from nodeselect import Inventory, Node, Selector
inventory = Inventory(Node(f"n-{at}", {"rack": f"r{at % 7}"}) for at in range(3_000))
inventory.apply([Node(f"m-{at}") for at in range(3_000)])
inventory.explain(Selector.parse("rack=r1"))
assert len(inventory.match(Selector.parse("rack=r1")).ids()) == 429
assert "numpy" in sys.modules
"""


def test_no_thread_is_started() -> None:
    """An inventory of many nodes, for which numpy is imported, needs no thread."""
    done = watched(MANY_NODES)
    assert done.returncode == 0, done.stderr
    assert "audit: thread" not in done.stderr


def test_the_watch_works() -> None:
    """What a command should not do would be seen."""
    deeds = "import socket; socket.socket(); open('/dev/null', 'w'); threading.Thread().start()"
    done = watched(deeds)
    for deed in ("socket.__new__", "thread", "open"):
        assert f"audit: {deed}" in done.stderr
