"""TAB is pressed in bash, zsh and fish, in a terminal of tmux, whose screen is read."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nodeselect import Inventory
from tests.cli.running import COMMAND

EXAMPLE = Path(__file__).parents[2] / "docs/example"

# How each shell is started without the files of the user, and told what stands in theirs.
SHELLS = {
    "bash": ("bash --norc --noprofile", 'PS1="> "; eval "$(nodeselect completion bash)"'),
    "zsh": ("zsh -f", 'PS1="> "; eval "$(nodeselect completion zsh)"'),
    "fish": (
        "fish --no-config --init-command 'set -g fish_autosuggestion_enabled 0'",
        "function fish_prompt; echo '> '; end; nodeselect completion fish | source",
    ),
}

TIMEOUT = 60.0


class Terminal:
    """A shell in a terminal of its own server of tmux."""

    def __init__(self, shell: str, folder: Path) -> None:
        start, setup = SHELLS[shell]
        self._server = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        self._environment.pop("NODESELECT_NODES", None)
        self._tmux("new-session", "-d", "-x", "100", "-y", "40", "-c", str(folder), start)
        self.press("Enter")
        self.wait(lambda screen: bool(screen.strip()))
        self.type(setup)
        self.press("Enter")
        self.wait(lambda screen: line_of(screen) == ">")

    def type(self, text: str) -> None:
        """Type text, as it is."""
        self._tmux("send-keys", "-l", "--", text)

    def tab(self, line: str) -> None:
        """Type a line, wait until it is shown, and press TAB."""
        self.type(line)
        self.wait(lambda screen: line_of(screen) == f"> {line}")
        self.press("Tab")

    def clear(self) -> None:
        """Delete the line, and what is above and below it."""
        self.press("C-u", "C-l")
        self.wait(lambda screen: screen.strip() == ">")

    def wait(self, is_there: Callable[[str], bool]) -> str:
        """Return the screen when it shows something; fail if it does not."""
        end = time.monotonic() + TIMEOUT
        while not is_there(screen := self._tmux("capture-pane", "-p")):
            assert time.monotonic() < end, screen
            time.sleep(0.05)
        return screen

    def close(self) -> None:
        """Stop the server, and the shell in it."""
        self._tmux("kill-server")

    def press(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._server, *arguments],
            env=self._environment, capture_output=True, text=True, check=False, timeout=TIMEOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def line_of(screen: str) -> str:
    """Return the last line of a screen with a prompt."""
    prompts = [line.rstrip() for line in screen.splitlines() if line.startswith(">")]
    return prompts[-1] if prompts else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with node files, a job, and the command."""
    folder = tmp_path_factory.mktemp("tab")
    (folder / "bin").mkdir()
    command = folder / "bin" / "nodeselect"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    command.chmod(0o755)
    shutil.copy(EXAMPLE / "fleet.json", folder / "my fleet.json")
    shutil.copy(EXAMPLE / "fleet.json", folder / "nodes.json")
    shutil.copy(EXAMPLE / "job.yaml", folder)
    Inventory.read(EXAMPLE / "fleet.json").save(folder / "saved.nsx")
    return folder


@pytest.fixture(params=SHELLS, scope="module")
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, Terminal]]:
    """Yield the name of a shell, and a terminal in which it runs."""
    shell = request.param
    if missing := [name for name in ("tmux", shell) if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    home = folder / shell
    shutil.copytree(folder, home, ignore=shutil.ignore_patterns(*SHELLS))
    opened = Terminal(shell, home)
    yield shell, opened
    opened.close()


# What is typed before TAB, and what stands there after it.
PRESSES = {
    "command": ("roll", "rollout"),
    "option": ("match --no-h", "match --no-headers"),
    "file": ("match -n no", "match -n nodes.json"),
    "file-with-a-blank": ("match -n my", r"match -n my\ fleet.json"),
    "file-in-an-option": ("match --nodes=no", "match --nodes=nodes.json"),
    "job": ("explain --job jo", "explain --job job.yaml"),
    "files-of-check": ("check jo", "check job.yaml"),
    "key": ("match -n nodes.json -l reg", "match -n nodes.json -l region="),
    "key-of-a-saved-file": (
        "match -n saved.nsx -l 'tier=free,reg", "match -n saved.nsx -l 'tier=free,region=",
    ),
    "key-with-a-prefix": (
        "match -n nodes.json -L rack,app", "match -n nodes.json -L rack,app.kubernetes.io/part-of",
    ),
    "value": ("match -n nodes.json -l region=eu-w", "match -n nodes.json -l region=eu-west"),
    "value-after-a-comma": (
        "match -n nodes.json -l gpu,region=eu-w", "match -n nodes.json -l gpu,region=eu-west",
    ),
    "value-in-quotes": (
        "match -n nodes.json -l 'gpu,region=eu-w", "match -n nodes.json -l 'gpu,region=eu-west'",
    ),
    "value-in-double-quotes": (
        'match -n nodes.json -l "gpu,region=eu-w', 'match -n nodes.json -l "gpu,region=eu-west"',
    ),
    "value-in-a-set": (
        "match -n nodes.json -l 'region in (us-west, eu-w",
        "match -n nodes.json -l 'region in (us-west, eu-west",
    ),
    "value-in-an-option": (
        "match -n nodes.json --selector=region=eu-w",
        "match -n nodes.json --selector=region=eu-west",
    ),
    "absent-key": ("match -n nodes.json -l !gpu-", r"match -n nodes.json -l \!gpu-memory"),
    "state": ("match -n nodes.json --state dis", "match -n nodes.json --state disconnected"),
    "id": (
        "explain -n nodes.json --node node-174", "explain -n nodes.json --node node-174fc70c",
    ),
    "code": ("rules empty-s", "rules empty-selector"),
}  # fmt: skip


def as_shown(shell: str, line: str) -> str:
    """Return the line as a shell leaves it: zsh closes no quotes, and "!" is nothing in fish."""
    if shell == "zsh" and line[-1] in "'\"":
        return line[:-1]
    return line.replace("\\!", "!") if shell == "fish" else line


@pytest.mark.parametrize("name", PRESSES)
def test_line(terminal: tuple[str, Terminal], name: str) -> None:
    """TAB completes the line."""
    shell, opened = terminal
    typed, completed = PRESSES[name]
    opened.clear()
    opened.tab(f"nodeselect {typed}")
    expected = f"> nodeselect {as_shown(shell, completed)}"
    opened.wait(lambda screen: line_of(screen) == expected)


def test_list(terminal: tuple[str, Terminal]) -> None:
    """If there are several candidates, they are listed; in zsh and fish with what they mean."""
    shell, opened = terminal
    opened.clear()
    opened.tab("nodeselect match -n nodes.json -l tier=")
    if shell == "bash":
        opened.press("Tab")
    screen = opened.wait(lambda screen: screen.count("premium") == 1)
    assert [word for word in ("standard", "premium", "free") if word in screen] == [
        "standard", "premium", "free"
    ]  # fmt: skip
    assert ("75 nodes" in screen) is (shell != "bash")


def test_list_in_a_set(terminal: tuple[str, Terminal]) -> None:
    """In a set, only the candidates for its last value are listed, not all that is before them."""
    shell, opened = terminal
    opened.clear()
    opened.tab("nodeselect match -n nodes.json -l 'region in (eu-west,us-")
    if shell == "bash":
        opened.press("Tab")
    screen = opened.wait(lambda screen: "us-west" in screen)
    assert "us-east" in screen
    assert all(line.startswith(">") for line in screen.splitlines() if "eu-west" in line)


def test_nodes_after_the_cursor(terminal: tuple[str, Terminal]) -> None:
    """The node file may be behind the cursor."""
    _, opened = terminal
    opened.clear()
    before, after = "nodeselect match -l region=eu-w", " -n nodes.json"
    opened.type(before + after)
    opened.wait(lambda screen: line_of(screen) == f"> {before}{after}")
    opened.press(*["Left"] * len(after), "Tab")
    opened.wait(lambda screen: line_of(screen) == f"> nodeselect match -l region=eu-west{after}")
