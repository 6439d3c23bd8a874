"""pyspark on the SparkContext that the agent in the JVM has made.

Importing this module imports pyspark; connect() needs the agent's gateway. The agent's entry point,
hearth.agent.EntryPoint, has the JVM's context and session.
"""

from __future__ import annotations

import os
import sys
from typing import Callable

for _name in ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_API_MODE"):
    # Any of these variables turns pyspark into a Spark Connect client.
    os.environ.pop(_name, None)

from pyspark import SparkConf, SparkContext  # noqa: E402
from pyspark.java_gateway import launch_gateway  # noqa: E402
from pyspark.sql import SparkSession, SQLContext  # noqa: E402

from .jobtags import JobTags  # noqa: E402


def connect(gateway: dict, statement: Callable[[], int]) -> tuple[dict[str, object], JobTags]:
    """Wait until Spark is up; return the names of a session (spark, sc, sqlContext) and its
    JobTags.

    statement returns the running statement that the calling thread works for.
    """
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    java = _gateway(str(gateway["port"]), gateway["secret"])
    entry = java.entry_point
    jsc = entry.javaSparkContext()
    conf = SparkConf(_jvm=java.jvm, _jconf=jsc.getConf())
    sc = SparkContext(conf=conf, gateway=java, jsc=jsc)
    # The first session of a context becomes pyspark's active and default one.
    spark = SparkSession(sc, entry.sparkSession())
    tags = JobTags(entry, statement)
    tags.install()
    return {"spark": spark, "sc": sc, "sqlContext": SQLContext(sc, spark)}, tags


def add_py_file(path: str) -> None:
    """Add the file to the context in use, which user code may have replaced."""
    SparkContext.getOrCreate().addPyFile(path)


def _gateway(port: str, secret: str):
    os.environ["PYSPARK_GATEWAY_PORT"] = port
    os.environ["PYSPARK_GATEWAY_SECRET"] = secret
    try:
        return launch_gateway()
    finally:
        # Neither a subprocess nor a second launch_gateway of user code may have them.
        del os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]
