"""boto3: real work through RunStatement. Every answer is compared with what this
file works out by itself."""

import ast
import base64
import collections
import pathlib
import re

import pytest

import steps

TEXT = pathlib.Path(__file__).with_name("data") / "hearth.txt"


def value(glue, session, code):
    """Runs code whose last value is a literal, and returns that value."""
    return ast.literal_eval(steps.text(glue, session, code))


def test_words_of_a_text_are_counted(glue, session):
    code = f"""
import re
lines = sc.textFile({str(TEXT)!r})
words = lines.flatMap(lambda line: re.findall(r"[a-z]+", line.lower()))
words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).collect()
"""
    expected = collections.Counter(re.findall(r"[a-z]+", TEXT.read_text().lower()))
    assert dict(value(glue, session, code)) == dict(expected)
    assert expected["fire"] > 10


def test_words_of_a_text_are_counted_by_data_frames(glue, session):
    code = f"""
from pyspark.sql import functions as F
words = spark.read.text({str(TEXT)!r}).select(F.explode(F.split(F.lower("value"), "[^a-z]+")).alias("word"))
[tuple(row) for row in words.where("word <> ''").groupBy("word").count().orderBy(F.desc("count"), "word").limit(5).collect()]
"""
    counted = collections.Counter(re.findall(r"[a-z]+", TEXT.read_text().lower()))
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:5]
    assert value(glue, session, code) == expected


def test_data_frames_are_joined(glue, session):
    code = """
towns = spark.createDataFrame([(1, "Ulm"), (2, "Bonn"), (3, "Kiel")], "id int, town string")
stays = spark.createDataFrame([(1, 4), (1, 6), (3, 5), (9, 1)], "id int, nights int")
joined = towns.join(stays, "id", "left").groupBy("town").sum("nights").orderBy("town")
[tuple(row) for row in joined.collect()]
"""
    assert value(glue, session, code) == [("Bonn", None), ("Kiel", 5), ("Ulm", 10)]


def test_sql_shows_its_table(glue, session):
    shown = steps.text(glue, session, 'spark.sql("""select 1 as one, \'x\' as letter""").show()')
    assert shown == "+---+------+\n|one|letter|\n+---+------+\n|  1|     x|\n+---+------+"


def test_python_functions_run_in_queries(glue, session):
    code = """
from pyspark.sql.functions import udf
turned = udf(lambda word: word[::-1], "string")
spark.udf.register("turned", lambda word: word[::-1])
frame = spark.createDataFrame([("abc",), ("xyz",)], ["word"])
frame.createOrReplaceTempView("words")
([r[0] for r in frame.select(turned("word")).collect()],
 [r[0] for r in spark.sql("select turned(word) from words where length(word) = 3").collect()])
"""
    assert value(glue, session, code) == (["cba", "zyx"], ["cba", "zyx"])


def test_pandas_functions_run_in_queries(glue, session):
    code = """
import pandas as pd
from pyspark.sql.functions import pandas_udf
@pandas_udf("long")
def plus_one(numbers: pd.Series) -> pd.Series:
    return numbers + 1
(spark.range(3).select(plus_one("id").alias("n")).toPandas()["n"].tolist(),
 spark.createDataFrame(pd.DataFrame({"a": [1, 2]})).count())
"""
    assert value(glue, session, code) == ([1, 2, 3], 2)


def test_parquet_is_written_and_read(glue, session, tmp_path):
    code = f"""
spark.range(1000).selectExpr("id", "id % 10 as digit").write.partitionBy("digit").parquet({str(tmp_path / "p")!r})
back = spark.read.parquet({str(tmp_path / "p")!r})
(back.count(), back.where("digit = 3").count(), sorted(back.columns))
"""
    assert value(glue, session, code) == (1000, 100, ["digit", "id"])
    assert list((tmp_path / "p").glob("digit=3/*.parquet"))


def test_tables_of_the_catalog_are_written_and_read(glue, session):
    code = """
spark.sql("create database if not exists house")
spark.range(5).write.mode("overwrite").saveAsTable("house.numbers")
(spark.sql("select sum(id) from house.numbers").collect()[0][0], 
 [t.name for t in spark.catalog.listTables("house") if not t.isTemporary])
"""
    assert value(glue, session, code) == (10, ["numbers"])


def test_an_error_in_a_python_function_reaches_the_client(glue, session):
    done = steps.run(glue, session, "sc.parallelize([1, 0]).map(lambda x: 1 / x).collect()")
    assert done["Output"]["Status"] == "error"
    assert "ZeroDivisionError" in done["Output"]["ErrorValue"] + "".join(done["Output"]["Traceback"])


def test_progress_of_a_query_grows_and_never_falls(glue, session, tmp_path):
    gates = [tmp_path / f"gate{i}" for i in range(4)]
    code = f"""
import os, time
gates = {[str(g) for g in gates]!r}
def wait(i):
    while not os.path.exists(gates[i]):
        time.sleep(0.02)
    return i
sc.parallelize(range(4), 4).map(wait).sum()
"""
    number = steps.submit(glue, session, code)
    seen = [0.0]
    for gate in gates[:-1]:
        gate.touch()
        found = steps.poll(
            lambda: steps.statement(glue, session, number), lambda s: s["Progress"] > seen[-1], "more progress"
        )
        seen.append(found["Progress"])
    assert seen == sorted(seen) and seen[-1] < 1.0
    gates[-1].touch()
    assert steps.finish(glue, session, number)["Progress"] == 1.0


def png(data):
    """Returns the bytes of a picture in the hidden members of the output, as the
    kernel's own model names them."""
    assert data["MimeType"].startswith("image/png"), data
    return base64.b64decode(data["Result"])


def test_matplot_answers_with_a_picture(server, session):
    glue = hidden_members_client(server)
    code = "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\n%matplot plt"
    done = steps.run(glue, session, code)
    assert done["Output"]["Status"] == "ok", done["Output"]
    assert png(done["Output"]["Data"]).startswith(b"\x89PNG\r\n")


def hidden_members_client(server):
    """A boto3 client with the model that the Glue kernel carries: it knows the
    output members that the public model leaves out."""
    import botocore.session
    import boto3

    kernel = pathlib.Path(__import__("aws_glue_interactive_sessions_kernel").__file__).parent
    models = [p.parents[2] for p in kernel.rglob("service-2.json*") if p.parent.parent.name == "glue"]
    assert models, "the kernel carries no model of Glue"
    core = botocore.session.Session()
    core.set_config_variable("data_path", str(models[0]))
    return boto3.Session(botocore_session=core).client(
        "glue",
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",
    )


@pytest.fixture(scope="module")
def lake(glue, tmp_path_factory):
    """A session with both table formats, configured as AWS documents it."""
    warehouse = tmp_path_factory.mktemp("lake")
    conf = {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension,"
        "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.ice.type": "hadoop",
        "spark.sql.catalog.ice.warehouse": f"file://{warehouse}/ice",
        # A log of three entries needs no fifty tasks to be read.
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.shuffle.partitions": "4",
    }
    session_id = steps.create(
        glue,
        DefaultArguments={
            "--datalake-formats": "delta,iceberg",
            "--conf": " --conf ".join(f"{k}={v}" for k, v in conf.items()),
        },
    )
    steps.wait_ready(glue, session_id)
    return session_id, warehouse


def test_delta_tables_are_written_changed_and_read_at_a_version(glue, lake):
    session_id, warehouse = lake
    code = f"""
from delta.tables import DeltaTable
place = {str(warehouse / "delta")!r}
spark.range(10).write.format("delta").save(place)
DeltaTable.forPath(spark, place).delete("id >= 6")
(spark.read.format("delta").load(place).count(),
 spark.read.format("delta").option("versionAsOf", 0).load(place).count())
"""
    assert value(glue, session_id, code) == (6, 10)
    assert (warehouse / "delta" / "_delta_log").is_dir()


def test_iceberg_tables_are_written_merged_and_read(glue, lake):
    session_id, warehouse = lake
    code = """
spark.sql("create table ice.db.items (id bigint, name string) using iceberg")
spark.sql("insert into ice.db.items values (1, 'one'), (2, 'two')")
spark.sql("merge into ice.db.items t using (select 2 as id, 'zwei' as name) s on t.id = s.id "
          "when matched then update set name = s.name")
([tuple(r) for r in spark.sql("select * from ice.db.items order by id").collect()],
 spark.sql("select * from ice.db.items.snapshots").count())
"""
    assert value(glue, session_id, code) == ([(1, "one"), (2, "zwei")], 2)
    assert (warehouse / "ice" / "db" / "items" / "metadata").is_dir()
