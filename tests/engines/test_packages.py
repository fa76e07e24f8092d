"""An engine whose package is not installed says what to install."""

import sys
from importlib import import_module

import pytest

from nodeselect import Selector
from nodeselect.engines import spark


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [("polars", "polars", "polars"), ("sqlalchemy", "sqlalchemy", "sql")],
)
def test_a_missing_package(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, extra: str
) -> None:
    """The error of an import names the extra."""
    name = f"nodeselect.engines.{module}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError) as caught:
        import_module(name)
    assert str(caught.value).startswith(f"{name} needs ")
    assert str(caught.value).endswith(f": pip install 'nodeselect[{extra}]'")


def test_a_missing_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported without Spark; a column cannot be made."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'nodeselect\[spark\]'"):
        spark.where(Selector.parse("gpu"))
