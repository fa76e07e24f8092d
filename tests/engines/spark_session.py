"""A session of Spark in this process, which tests start."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["MISSING", "session"]

MISSING = "pyspark is not installed (pip install -r requirements-engines.txt; it needs Java)"

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
}


@contextmanager
def session() -> Iterator[Any]:
    """Start Spark with two threads, and stop it."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    with tempfile.TemporaryDirectory() as folder:
        for name, value in {**_SETTINGS, "spark.sql.warehouse.dir": folder}.items():
            builder = builder.config(name, value)
        started = builder.getOrCreate()
        started.sparkContext.setLogLevel("OFF")
        try:
            yield started
        finally:
            started.stop()
