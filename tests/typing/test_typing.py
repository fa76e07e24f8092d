"""Type checkers see all public names and their types, without a plugin."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nodeselect
import nodeselect.jobs

USER_CODE = Path(__file__).with_name("user_code.py")

MISTAKES = [
    "JobSpec(nmae='x')",
    "JobSpec(priority='high')",
    "RolloutSpec(strategy='blue-green')",
    "JobSpec(name='x').selektor",
]


def lines_with_errors(checker: str, *files: Path) -> dict[str, list[int]]:
    """Return the lines of files that a type checker rejects, by the names of the files."""
    if checker == "mypy":
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        errors = re.findall(r"(\w+\.py):(\d+): error: ", done.stdout)
    else:
        pytest.importorskip("pyright", reason="pyright is not installed")
        command = [sys.executable, "-m", "pyright", "--outputjson", *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout.startswith("{"):
            pytest.skip("pyright needs Node.js, and cannot get it")
        errors = [
            (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
            for each in json.loads(done.stdout)["generalDiagnostics"]
            if each["severity"] == "error"
        ]
    lines: dict[str, list[int]] = {file.name: [] for file in files}
    for name, line in errors:
        lines[name].append(int(line))
    return lines


def test_every_public_name_is_used() -> None:
    """The program below uses every public name."""
    names = {*nodeselect.__all__, *nodeselect.jobs.__all__}
    assert names <= set(re.findall(r"\w+", USER_CODE.read_text("utf-8")))


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers(checker: str, tmp_path: Path) -> None:
    """The program has no type error; each mistake in the use of a job model is one."""
    mistakes = tmp_path / "mistakes.py"
    lines = ["from nodeselect.jobs import JobSpec, RolloutSpec", *MISTAKES]
    lines.append("spec: JobSpec = JobSpec(name='x')")
    mistakes.write_text("\n".join(lines), "utf-8")
    assert lines_with_errors(checker, USER_CODE, mistakes) == {
        "user_code.py": [],
        "mistakes.py": [2, 3, 4, 5],
    }
