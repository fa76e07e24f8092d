"""A PostgreSQL that the tests start: its data and its socket are in a temporary folder, no port."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MISSING = "PostgreSQL is not installed (Debian: apt-get install postgresql)"

# Debian has one folder for each version, and none of them in PATH.
_DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Return the folder of the programs of the latest version, or None."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = found[-1] if found else shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


@contextlib.contextmanager
def postgresql() -> Iterator[str | None]:
    """Start a server; yield how to connect to it, or None if it is not installed."""
    folder = programs()
    if folder is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="nodeselect-"))
    # The server refuses to run as root; Debian's package has made a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user, user)

    def run(program: str, *options: str) -> None:
        command = [str(folder / program), "-D", str(home / "data"), *options]
        groups: list[str] | None = [] if user else None
        done = subprocess.run(
            command, cwd=home, user=user, group=user, extra_groups=groups, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        if done.returncode:
            log = home / "log"
            raise RuntimeError(done.stderr + (log.read_text() if log.exists() else ""))

    settings = f"-k {home} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    try:
        run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", settings, "start")
        try:
            yield f"host={home} user=postgres dbname=postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
