"""What is installed is whole: the files that are not Python, the script, the version."""

import importlib.metadata
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import nodeselect

try:
    INSTALLED = importlib.metadata.distribution("nodeselect")
except importlib.metadata.PackageNotFoundError:
    pytest.skip("nodeselect is not installed here", allow_module_level=True)

DATA = {
    "py.typed",
    "grammar/selector.lark",
    "jobs/models/job.schema.json",
    "render/html/page.css",
    "render/html/page.jinja",
    "render/html/page.js",
    "selectors/_parse_tables.json",
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


def test_version() -> None:
    """The version of the package is that of the distribution, and what the script prints."""
    assert INSTALLED.version == nodeselect.__version__
    script = Path(sys.executable).with_name("nodeselect")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == nodeselect.__version__


def test_dependencies() -> None:
    """Each requirement has a lower and an upper bound."""
    for requirement in INSTALLED.requires or ():
        assert re.search(r"[<>]=?.*[<>]", requirement), requirement
