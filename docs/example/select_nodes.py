"""Select the nodes of a table of Parquet files with Spark, and see why the others do not match.

    spark-submit select_nodes.py fleet.parquet 'region=eu,gpu>2' matching.parquet

The table has the columns ``id``, ``state``, ``labels`` (a map of strings) and ``region``: a label
with a column of its own is found faster. It needs ``nodeselect[spark]``.
"""

import sys

from pyspark.sql import SparkSession

from nodeselect import Selector
from nodeselect.engines.spark import nodes, where


def main(source: str, text: str, target: str) -> None:
    """Write the ids of the nodes that match to ``target``, and print an explanation."""
    selector = Selector.parse(text)
    spark = SparkSession.builder.appName("select nodes").getOrCreate()
    fleet = spark.read.parquet(source)
    columns = {"region": "region"}

    fleet.filter(where(selector, columns=columns)).select("id").write.parquet(target)
    with nodes(fleet, columns=columns, state="state") as counted:
        print(counted.explain(selector))


if __name__ == "__main__":
    main(*sys.argv[1:])
