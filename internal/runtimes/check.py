"""Run by the installer in a new runtime: one query, one Python worker, one way through Arrow, and the imports of a kernel."""
import sys
import time

import boto3, IPython, matplotlib, numpy, pandas, plotly, pyarrow  # noqa: E401,F401
from pyspark.sql import SparkSession

tmp = sys.argv[1]
began = time.time()
spark = (
    SparkSession.builder.master("local[1]")
    .appName("check")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.local.dir", tmp)
    .config("spark.driver.extraJavaOptions", "-Djava.io.tmpdir=" + tmp)  # where libraries are unpacked
    .config("spark.sql.warehouse.dir", tmp)
    .config("spark.sql.execution.arrow.pyspark.enabled", "true")
    .getOrCreate()
)
count = spark.range(10).count()
assert count == 10, count
squares = spark.sparkContext.parallelize(range(4), 1).map(lambda x: x * x).sum()
assert squares == 14, squares
frame = spark.sql("select id, 'x' as s from range(3)").toPandas()
assert list(frame["id"]) == [0, 1, 2], frame
version = spark.version
spark.stop()
print("Spark %s on Python %d.%d counted to %d in %.1f s" % ((version,) + sys.version_info[:2] + (count, time.time() - began)), flush=True)
