"""A file is written whole, or what was there before stays."""

import os
import signal
import stat
from pathlib import Path

import pytest

from nodeselect.files.replace import replace_file
from tests.cli.running import Run


def test_overwrite() -> None:
    """A file keeps its mode and its owner, and a link to it stays a link."""
    file = Path() / f"{'長' * 80}.html"
    replace_file(str(file), lambda output: output.write(b"a longer one before"))
    file.chmod(0o640)
    if os.getuid() == 0:
        os.chown(file, 12, 34)
    Path("link.html").symlink_to(file)
    before = file.stat()
    replace_file("link.html", lambda output: output.write("after \u00e9".encode()))
    assert Path("link.html").is_symlink()
    assert file.read_text("utf-8") == "after \u00e9"
    after = file.stat()
    assert after.st_ino != before.st_ino  # another file: it was not written to
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip


def test_a_new_file() -> None:
    """A new file has the permissions of the umask, also if its name is that of a broken link."""
    Path("link.html").symlink_to("page.html")
    before = os.umask(0o027)
    try:
        replace_file("link.html", lambda output: output.write(b"<p>"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("page.html").stat().st_mode) == 0o640


def test_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of a file that only its owner may read is at no moment in a file that others may."""
    file = Path("page.html")
    file.touch(0o600)
    modes: list[int] = []

    def sync(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", sync)
    replace_file(str(file), lambda output: output.write(b"<p>"))
    assert modes[0] == 0o600


@pytest.mark.usefixtures("fleet")
def test_what_is_not_replaced(run: Run) -> None:
    """``index`` replaces what it wrote, or an empty file; no other file, link, pipe or device."""
    Path("empty").touch()
    Path("job.yaml").write_text("name: a\n")
    Path("page.html").write_text("<!DOCTYPE html>\n<html>\n")
    for name in ("own", "empty", "own"):
        assert run("index", name, "-n", "fleet.ndjson").status < 2
    own = Path("own").read_bytes()
    Path("link").symlink_to("own")
    Path("broken").symlink_to("nowhere")
    os.link("fleet.ndjson", "hard.ndjson")
    os.mkfifo("pipe")
    before = {path: path.stat().st_mtime_ns for path in Path().iterdir() if path.exists()}
    names = ("link", "broken", "job.yaml", "page.html", "hard.ndjson", "pipe", ".", "/dev/full")
    for name in names:
        assert "cannot write" in run("index", name, "-n", "fleet.ndjson").error
    assert Path("own").read_bytes() == own
    assert before == {path: path.stat().st_mtime_ns for path in Path().iterdir() if path.exists()}


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    "args", [["index", "-n", "fleet.ndjson", "written"], ["check", "--fix", "--write", "written"]]
)
def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    """A signal during a write leaves the old file, and no other one."""
    before = "name: a\nselector: {matchLabels: {v: 1}}\ntype: query\n" if args[0] == "check" else ""
    Path("written").write_text(before)
    monkeypatch.setattr(os, "fsync", lambda _: signal.raise_signal(signal.SIGINT))
    before_test = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    try:
        assert run(*args).status == 130
    finally:
        signal.signal(signal.SIGINT, before_test)
    assert Path("written").read_text() == before
    assert sorted(path.name for path in Path().iterdir()) == ["fleet.ndjson", "written"]
