"""TAB is pressed in bash, zsh and fish: words are completed, and nothing of a node list runs."""

import json
import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import COMMAND

# How each shell is started without the files of the user, and what a user would write there.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile"], 'eval "$(nodeselect completion bash)"'),
    "zsh": (
        ["zsh", "-f"],
        'autoload -Uz compinit; compinit -D; eval "$(nodeselect completion zsh)"',
    ),
    "fish": (["fish", "--no-config"], "nodeselect completion fish | source"),
}

# What a shell would run if it were inserted as it is, or behind a quote that is open.
PAYLOADS = [
    "a!#;touch pwn;#",
    "b$(touch pwn)",
    "c`touch pwn`",
    "d;touch pwn;",
    "e|touch pwn",
    "f&touch pwn&",
    "g{touch,pwn}\ntouch pwn\n",
    "h';touch pwn;'",
    'i";touch pwn;"',
    "j>pwn",
]

# Makes its standard input the terminal of its session, and becomes the shell.
START = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execvp(sys.argv[1], sys.argv[1:])"
)


class Shell:
    """A shell in a terminal, where ``nodeselect`` completes, and otherwise keeps its arguments."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._arguments = folder / "arguments"
        script = [
            '#!/bin/sh\n[ "$1" = completion ] || [ -n "$_NODESELECT_COMPLETE" ] ||',
            f'exec printf "%s\\n" "$*" > {shlex.quote(str(self._arguments))}\n',
            f'exec {shlex.join(COMMAND)} "$@"\n',
        ]
        (folder / "nodeselect").write_text(" ".join(script))
        (folder / "nodeselect").chmod(0o755)
        environment = {
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
            "HOME": str(folder),
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        }
        self._terminal, end = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *command],
            stdin=end, stdout=end, stderr=end, env=environment, cwd=folder, start_new_session=True,
        )  # fmt: skip
        os.close(end)
        self._count = 0

    def enter(self, line: str) -> str:
        """Type a line and ENTER; return the arguments with which ``nodeselect`` last ran."""
        self._count += 1
        # What is shown of this command itself does not have the text that it prints.
        os.write(self._terminal, f"{line}\rprintf 'the %s\\n' end-{self._count}\r".encode())
        shown = ""
        while f"the end-{self._count}" not in shown:
            assert select.select([self._terminal], [], [], 60)[0], shown
            shown += os.read(self._terminal, 65_536).decode(errors="replace")
        return self._arguments.read_text() if self._arguments.exists() else ""

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


@pytest.mark.parametrize("name", SHELLS)
def test_nothing_runs(name: str, tmp_path: Path) -> None:
    """TAB completes plain words; no text of a node list runs, whatever quotes are open."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    nodes = [
        {
            "id": text.replace("\n", ";"),
            "state": f"x{text}",
            "labels": {"key": text, f"k{text}": "v"},
        }
        for text in PAYLOADS
    ]
    nodes.append({"id": "n-1", "state": "ready", "labels": {"region": "eu-west"}})
    nodes += ({"id": f"m-{at}", "labels": {"zone": zone}} for at, zone in enumerate("abb"))
    (tmp_path / "n.json").write_text(json.dumps(nodes))
    command, setup = SHELLS[name]
    shell = Shell(command, tmp_path)
    try:
        shell.enter(setup)
        completed = {
            "--id n": "--id n-1",
            "-l reg": "-l region=eu-west",
            "-l gpu,region=e": "-l gpu,region=eu-west",
            "--state rea": "--state ready",
            "-l 'region=e": "-l region=eu-west",
            '-l "gpu,region in (us, e': "-l gpu,region in (us, eu-west)",
            "--selector='!reg": "--selector=!region",
        }
        for typed, expected in completed.items():
            assert f" n.json {expected}" in shell.enter(f"nodeselect match -n n.json {typed}\t")
        for quote in ("", '"'):
            for payload in PAYLOADS:
                shell.enter(f"nodeselect match -n n.json --id {quote}{payload[0]}\t{quote}")
        for typed in ("-l key=a", "-l 'key=h\t'", "-l k", "--state x", "--selector=key=b"):
            shell.enter(f"nodeselect match -n n.json {typed}\t")
        if name == "bash":  # the first value is the most frequent one, not the first by name
            shell.enter("bind TAB:menu-complete")
            assert "-l zone=b" in shell.enter("nodeselect match -n n.json -l zone=\t")
        assert not (tmp_path / "pwn").exists()
        shell.enter("touch pwn")  # the shell would have made it here
        assert (tmp_path / "pwn").exists()
    finally:
        shell.close()
