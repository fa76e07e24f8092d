"""Select the nodes of a table of Parquet files with Spark, and see why the others do not match.

    spark-submit select_nodes.py fleet.parquet 'region=eu,gpu>2' matching.parquet

The table has the columns ``id``, ``state``, ``labels`` (a map of strings) and ``region``: a label
with a column of its own is found faster. It needs ``nodeselect[spark]``.
"""

import argparse
import sys

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from nodeselect import Selector, SelectorError
from nodeselect.engines.spark import nodes, where


def main(arguments: list[str] | None = None) -> None:
    """Write the ids of the nodes that match, and print an explanation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", help="the table of nodes")
    parser.add_argument("selector", help="which nodes to select, such as 'region=eu,gpu>2'")
    parser.add_argument("target", help="the folder for the ids; it must not exist")
    options = parser.parse_args(arguments)
    try:
        selector = Selector.parse(options.selector)
        select(options.source, selector, options.target)
    except (SelectorError, AnalysisException) as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def select(source: str, selector: Selector, target: str) -> None:
    """Write the ids of the nodes of ``source`` that match, and explain why the others do not."""
    spark = SparkSession.builder.appName("select nodes").getOrCreate()
    fleet = spark.read.parquet(source)
    columns = {"region": "region"}

    # First, since Spark refuses a target that exists before it reads the table.
    fleet.filter(where(selector, columns=columns)).select("id").write.parquet(target)
    with nodes(fleet, columns=columns, state="state") as counted:
        explanation = counted.explain(selector)
    print(explanation)
    for reason in explanation.reasons:
        failed = ", ".join(explanation.requirements[each].text for each in reason.failed)
        print(f"{reason.nodes:,} fail {failed}, such as {', '.join(reason.ids)}", flush=True)


if __name__ == "__main__":
    main()
