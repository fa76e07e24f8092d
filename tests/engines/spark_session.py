"""A session of Spark that tests and benchmarks start."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MISSING = "pyspark is not installed (pip install -r tests/engines/requirements.txt; it needs Java)"

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@contextmanager
def session(master: str = "local[2]", partitions: int = 1) -> Iterator[Any]:
    """Start Spark, by default with two threads of one process, and stop it."""
    from pyspark.sql import SparkSession  # not a development package

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # not any python3
    builder = SparkSession.builder.master(master).config("spark.sql.shuffle.partitions", partitions)
    with tempfile.TemporaryDirectory() as folder:
        for name, value in {**_SETTINGS, "spark.sql.warehouse.dir": folder}.items():
            builder = builder.config(name, value)
        started = builder.getOrCreate()
        started.sparkContext.setLogLevel("OFF")
        try:
            yield started
        finally:
            started.stop()
