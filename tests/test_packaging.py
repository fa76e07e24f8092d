"""What is installed is whole: the files that are not Python, the script, the version."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import nodeselect

try:
    INSTALLED = importlib.metadata.distribution("nodeselect")
except importlib.metadata.PackageNotFoundError:
    pytest.skip("nodeselect is not installed here", allow_module_level=True)

DATA = {
    "py.typed",
    "grammar/selector.lark",
    "expanso/job.schema.json",
    "render/page.css",
    "render/page.jinja",
    "render/page.js",
}


def test_data_files() -> None:
    """The package has the files that are read at run time, or by type checkers, and no others."""
    package = Path(str(resources.files("nodeselect")))
    # In an editable install the folder of the grammar is a link.
    folders = os.walk(package, followlinks=True)
    files = {
        str(Path(folder, name).relative_to(package))
        for folder, _, names in folders
        for name in names
    }
    assert {file for file in files if not file.endswith((".py", ".pyc"))} == DATA


def test_the_manual_page_is_installed() -> None:
    """A wheel has the manual page where man looks for it; an editable install has none."""
    origin = json.loads(INSTALLED.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        pytest.skip("this is an editable install")
    [page] = [file for file in INSTALLED.files or () if file.name == "nodeselect-match.1"]
    assert page.parts[-4:] == ("share", "man", "man1", "nodeselect-match.1")
    assert "sort" in page.read_text()


def test_version() -> None:
    assert INSTALLED.version == nodeselect.__version__
    for name in ("nodeselect", "kubectl-nodeselect"):
        script = Path(sys.executable).with_name(name)
        done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.split()[-1] == nodeselect.__version__


def test_dependencies() -> None:
    """Each requirement has a lower bound, with which CI runs tests; before 1.0, an upper one too.

    Before 1.0, any minor version may change anything: the upper bound is the one after the newest.
    """
    root = Path(__file__).parents[1]
    lowest = root.joinpath("requirements-lowest.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)", lowest, re.MULTILINE))
    project = tomllib.loads(root.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        bounds = {each.operator: Version(each.version) for each in requirement.specifier}
        assert Version(pinned[requirement.name.lower()]) == bounds[">="], text
        assert set(bounds) == ({">="} if bounds[">="].major else {">=", "<"}), text


def test_links_of_the_description() -> None:
    """In the metadata, which is read elsewhere, README has no link to a file beside it."""
    description = str(importlib.metadata.metadata("nodeselect")["Description"])
    assert "](https://" in description
    assert not re.search(r"\]\((?!https://)", description)
