"""Selectors need no package at all for valid texts, and only Lark for the first invalid one."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FIRST = "from nodeselect.selectors import Selector, implies, selectors_from_pod_spec\n"
INVALID = """
try:
    Selector.parse("a b")
except ValueError as error:
    assert "expected" in str(error)
else:
    raise AssertionError
"""


VALID = """
assert Selector.parse("a=b").matches({"a": "b"})
selector = Selector.of(match_labels={"a": "b"}, match_ids=["n-1"])
assert selector.matches({"a": "b"}, "n-1")
[selector] = selectors_from_pod_spec({"nodeSelector": {"a": "b"}})
assert implies(selector, Selector.from_kubernetes({"matchLabels": {"a": "b"}}))
"""


@pytest.mark.parametrize(("packages", "statements"), [((), VALID), (("lark",), VALID + INVALID)])
def test_packages(packages: tuple[str, ...], statements: str, tmp_path: Path) -> None:
    """Selectors work where only nodeselect and these packages are installed."""
    for name in ("nodeselect", *packages):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (tmp_path / name).symlink_to(Path(spec.origin).parent)
    # Without "site", no package that is installed here is found.
    path = f"import sys; sys.path.append({str(tmp_path)!r})\n"
    command = [sys.executable, "-I", "-S", "-c", path + FIRST + statements]
    subprocess.run(command, check=True)
