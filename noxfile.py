"""The tasks of a developer by name: ``nox -l`` lists them, ``nox -s lint`` runs one.

They run in the environment that the second command of README makes, or make one of their own.
"""

import os
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["test"]

# Also without activating the environment of the developer.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

_SITE = ".nox/site"


@nox.session
def test(session: nox.Session) -> None:
    """Run all tests, or those of a room: nox -s test -- tests/explain."""
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the import contract."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("pyright", "--pythonpath", sys.executable)
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site, and check its links, its reference and what its search finds."""
    session.run("python", "-m", "venv", _SITE)
    session.run(f"{_SITE}/bin/pip", "install", "-q", "-r", "docs/requirements.txt")
    session.run(f"{_SITE}/bin/sphinx-build", "-q", "-W", "docs", f"{_SITE}/html")
    session.run("python", "-m", "docs.check_site", f"{_SITE}/html")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Run each harness of the fuzzer for half a minute."""
    session.run("pip", "install", "-q", "-r", "fuzz/requirements.txt")
    session.run("python", "-m", "fuzz", "--seconds", "30", *session.posargs)


@nox.session(venv_backend="virtualenv", python="3.11")
def lowest(session: nox.Session) -> None:
    """Run all tests with the lowest versions that pyproject.toml allows."""
    session.install("-q", "-r", "requirements-dev.txt")
    lowest = "requirements-lowest.txt"
    session.install("-q", "--no-deps", "--only-binary", ":all:", "-r", lowest)
    session.install("-q", "--no-deps", "-e", ".")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(venv_backend="virtualenv")
def package(session: nox.Session) -> None:
    """Check the workflows, and build and check what ships."""
    session.install("-q", "-r", ".github/requirements.txt")
    session.run("actionlint")
    session.run("zizmor", "--offline", "--no-progress", "-q", ".github", "action.yml")
    schema = "vendor.github-actions"
    session.run("check-jsonschema", "-q", "--builtin-schema", schema, "action.yml")
    session.run(".ci/package", "python", external=True)


@nox.session(venv_backend="virtualenv", python="3.13", requires=["package"])
def light(session: nox.Session) -> None:
    """Check what is promised of nodeselect and Lark alone, with the wheel of ``package``."""
    session.install("-q", "--no-deps", "lark", *map(str, Path("dist").glob("*.whl")))
    session.run("python", "tests/light.py")


@nox.session(venv_backend="virtualenv", python="3.13", requires=["package"])
def newest(session: nox.Session) -> None:
    """Run all tests with the newest versions of everything, Spark among them, and the wheel."""
    wheels = map(str, Path("dist").glob("*.whl"))
    full = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "full")
    session.install("-q", *full, "-r", "tests/engines/requirements.in", *wheels)
    # Nothing that this environment has may be skipped.
    skips = os.environ.get("ALLOWED_SKIPS_OF_NEWEST", ".")
    env = {"ALLOWED_SKIPS": skips}
    session.run("python", "-m", "pytest", "tests", "--pyargs", "nodeselect", env=env)


@nox.session
def ci(session: nox.Session) -> None:
    """Do what .ci/run does after the commands of README."""
    for name in ("lint", "package", "fuzz", "docs", "lowest", "light", "newest"):
        session.notify(name)
