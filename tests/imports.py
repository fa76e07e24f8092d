"""Run statements in a new process; see which modules it loads."""

import os
import subprocess
import sys
from pathlib import Path

import nodeselect

HEAVY = {
    *("click", "jinja2", "lark", "msgspec", "numpy", "pandas", "polars", "pyarrow", "pydantic"),
    *("pydantic_core", "pyroaring", "pyspark", "sqlalchemy", "yaml"),
}

# The directory with the package, whether it is installed or not.
_HOME = str(Path(nodeselect.__file__).resolve().parents[1])


def run_python(statements: str, *args: str, stdin: str = "", **environment: str) -> str:
    """Run ``statements`` in a new process, which must not fail; return what it writes to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", statements, *args],
        env={**os.environ, "PYTHONPATH": _HOME, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def loaded_after(statements: str, *args: str, stdin: str = "") -> set[str]:
    """Run ``statements`` in a new process; return the names of all modules that it has loaded."""
    code = f"{statements}\nimport sys\nprint('loaded', *sys.modules, file=sys.stderr)"
    return set(run_python(code, *args, stdin=stdin).rpartition("loaded ")[2].split())
