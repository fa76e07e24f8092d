"""A file is written whole, or what was there before stays."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from nodeselect.cli.output_file import write_file


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("no/x", "No such file or directory"),
        ("a\0b", "not a valid file name"),
    ],
)
def test_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str) -> None:
    """The reason for which a file cannot be written is reported."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.ClickException, match=f"^cannot write '.*': ({reason})$"):
        write_file(name, "<p>")


def test_disk_full(tmp_path: Path) -> None:
    """If writing fails, the old content stays, and no other file is left behind."""
    script = (
        "import resource, signal, sys; from nodeselect.cli.output_file import write_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))\n"
        "write_file(sys.argv[1], 'x' * 100_000)"
    )
    old = tmp_path / "page.html"
    old.write_text("before")
    for file in (old, tmp_path / "new.html"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(file)], capture_output=True, check=False, timeout=60
        )
        assert b"cannot write" in done.stderr
        assert b"File too large" in done.stderr
    assert old.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_overwrite(tmp_path: Path) -> None:
    """A file keeps its mode, and a link to it stays a link."""
    file = tmp_path / f"{'長' * 80}.html"
    write_file(str(file), "a longer one before")
    file.chmod(0o640)
    (tmp_path / "link.html").symlink_to(file)
    write_file(str(tmp_path / "link.html"), "after \u00e9")
    assert (tmp_path / "link.html").is_symlink()
    assert file.read_text("utf-8") == "after \u00e9"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_pipe() -> None:
    """What is not a regular file, such as a pipe, is written to and not replaced."""
    read, write = os.pipe()
    write_file(f"/dev/fd/{write}", "<p>")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "<p>"
