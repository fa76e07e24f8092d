"""A file is written whole, or what was there before stays."""

import os
import stat
import subprocess
from pathlib import Path

import click
import pytest

from nodeselect.cli.output_file import write_file
from tests.cli.running import COMMAND


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("no/x", "No such file or directory"),
        ("loop", "Too many levels of symbolic links"),
        ("a\0b", "not a valid file name"),
    ],
)
def test_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str) -> None:
    """The reason for which a file cannot be written is reported."""
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises(click.ClickException, match=f"^cannot write '.*': ({reason})$"):
        write_file(name, "<p>")
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]


def test_overwrite(tmp_path: Path) -> None:
    """A file keeps its mode and its owner, and a link to it stays a link."""
    file = tmp_path / f"{'長' * 80}.html"
    write_file(str(file), "a longer one before")
    file.chmod(0o640)
    if os.getuid() == 0:
        os.chown(file, 12, 34)
    (tmp_path / "link.html").symlink_to(file)
    before = file.stat()
    write_file(str(tmp_path / "link.html"), "after \u00e9")
    assert (tmp_path / "link.html").is_symlink()
    assert file.read_text("utf-8") == "after \u00e9"
    after = file.stat()
    assert after.st_ino != before.st_ino  # another file: it was not written to
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip


def test_a_new_file(tmp_path: Path) -> None:
    """A new file has the permissions of the umask, also if its name is that of a broken link."""
    (tmp_path / "link.html").symlink_to("page.html")
    before = os.umask(0o027)
    try:
        write_file(str(tmp_path / "link.html"), "<p>")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o640


def test_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of a file that only its owner may read is at no moment in a file that others may."""
    file = tmp_path / "page.html"
    file.touch(0o600)
    modes: list[int] = []

    def sync(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", sync)
    write_file(str(file), "<p>")
    assert modes[0] == 0o600


def test_what_is_not_replaced(tmp_path: Path) -> None:
    """A pipe, and a file that was opened for the command, are written to."""
    read, write = os.pipe()
    write_file(f"/dev/fd/{write}", "<p>")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "<p>"
    file = tmp_path / "page.html"
    with file.open("wb") as output:
        write_file(f"/dev/fd/{output.fileno()}", "<p>")
        assert os.path.samestat(os.fstat(output.fileno()), file.stat())
    assert file.read_text() == "<p>"


def test_a_full_device(tmp_path: Path) -> None:
    """A page that cannot be written is an error, and no report is printed."""
    (tmp_path / "nodes.json").write_text('[{"id": "n-1"}]')
    done = subprocess.run(
        [*COMMAND, "explain", "-n", "nodes.json", "-l", "gpu", "--html", "/dev/full"],
        cwd=tmp_path, timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: cannot write '/dev/full': No space left on device\n"
