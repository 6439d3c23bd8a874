"""What Livy's own integration tests expect of Scala and SQL (InteractiveIT of
0.9): the texts of the REPL, errors in evalue, rows as JSON, one SparkContext."""

import pytest


@pytest.fixture(scope="module")
def session(livy):
    return livy.create(kind="spark", conf={"spark.sql.ansi.enabled": "false"})


def test_values_look_as_in_the_repl(livy, session):
    assert livy.text(session, "1+1").endswith(": Int = 2\n")
    assert livy.text(session, "val x = 40").removeprefix("val ") == "x: Int = 40\n"
    assert livy.text(session, 'println("hi"); x + 2').endswith(": Int = 42\n")


def test_a_cell_is_run_as_a_whole(livy, session):
    # Livy 0.9 runs line by line, and the second line is an error there.
    assert "List(2, 3)" in livy.text(session, "List(1, 2)\n  .map(_ + 1)")


def test_a_compile_error_is_in_evalue(livy, session):
    output = livy.run(session, "val broken: Int = nothing")
    assert (output["status"], output["ename"]) == ("error", "Error")
    assert "not found" in output["evalue"] + "".join(output["traceback"])


def test_an_exception_is_in_evalue(livy, session):
    output = livy.run(session, 'throw new IllegalStateException("boom")')
    assert output["ename"] == "Error"
    assert output["evalue"].startswith("java.lang.IllegalStateException: boom")


def test_sql_gives_schema_and_rows(livy, session):
    data = livy.run(session, "select 1 as n, 'a' as s, cast(null as int) as e", kind="sql")["data"]
    assert list(data) == ["application/json"]
    found = data["application/json"]
    assert [(f["name"], f["type"]) for f in found["schema"]["fields"]] == [("n", "integer"), ("s", "string"), ("e", "integer")]
    assert found["data"] == [[1, "a", None]]


def test_ddl_gives_an_empty_table(livy, session):
    found = livy.run(session, "create or replace temporary view v as select 7 as n", kind="sql")["data"]["application/json"]
    assert found["schema"]["fields"] == [] and found["data"] == []


def test_every_language_sees_the_same_views(livy, session):
    livy.text(session, 'spark.range(5).createOrReplaceTempView("shared_view")')
    assert livy.text(session, "spark.table('shared_view').count()", kind="pyspark") == "5"
    found = livy.run(session, "select count(*) from shared_view", kind="sql")["data"]["application/json"]
    assert found["data"] == [[5]]


def test_sql_and_python_run_the_classes_of_scala_cells(livy, session):
    livy.text(
        session,
        'case class Trip(km: Int)\nSeq(Trip(5), Trip(7)).toDS.filter(_.km > 5).createOrReplaceTempView("trips")\n'
        'spark.udf.register("far", udf((km: Int) => Trip(km).km * 2))',
    )
    found = livy.run(session, "select far(km) from trips", kind="sql")["data"]["application/json"]
    assert found["data"] == [[14]]
    assert livy.text(session, "spark.sql('select far(km) as f from trips').collect()", kind="pyspark") == "[Row(f=14)]"


PAIR = [{"name": name, "dataType": {}, "nullable": False, "metadata": {"map": {}}} for name in ("a", "b")]

# What Livy 0.9 was measured to answer; it drops the scale of decimals and the
# fraction of timestamps, and fails on the last two.
CELLS = {
    "cast(1.50 as decimal(10,2))": 1.5,
    "cast('2020-01-01' as date)": "2020-01-01",
    "timestamp '2020-01-01 01:02:03.5 UTC'": "2020-01-01T01:02:03.500Z",
    "array(1, 2)": [1, 2],
    "map('k', 1)": {"k": 1},
    "named_struct('a', 1, 'b', 'x')": {"schema": PAIR, "values": [1, "x"]},
    "array(named_struct('a', 1, 'b', 'x'))": [{"schema": PAIR, "values": [1, "x"]}],
    "cast(X'00FF' as binary)": [0, -1],
    "double('NaN')": None,
    "double('Infinity')": "Infinity",
    "9007199254740993L": 9007199254740993,
    "cast(null as string)": None,
    "timestamp_ntz '2020-01-01 01:02:03'": "2020-01-01T01:02:03",
    "interval '1 02:03:04' day to second": "INTERVAL '1 02:03:04' DAY TO SECOND",
}


def test_sql_cells_look_as_livys(livy, session):
    found = livy.run(session, "select " + ", ".join(CELLS), kind="sql")
    assert found["status"] == "ok", found
    assert dict(zip(CELLS, found["data"]["application/json"]["data"][0])) == CELLS


def test_magics_show_scala_values(livy, session):
    # What sparklyr does for each of its calls: one form, and a text.
    found = livy.run(session, "// invoke\nvar fetched = \"AAAA\" * 2\n%json fetched")
    assert found["data"] == {"application/json": "AAAAAAAA"}
    table = livy.run(session, "%table Seq((1, \"a\"), (2, \"b\"))")["data"]["application/vnd.livy.table.v1+json"]
    assert [h["type"] for h in table["headers"]] == ["BIGINT_TYPE", "STRING_TYPE"]
    assert table["data"] == [[1, "a"], [2, "b"]]


def test_a_sql_error_is_named_error(livy, session):
    output = livy.run(session, "select * from no_such_table", kind="sql")
    assert output["ename"] == "Error"
    assert "no_such_table" in output["evalue"]


def test_what_runs_too_long_is_stopped(livy, session):
    number = livy.submit(session, "while (true) Thread.sleep(10)")
    livy.wait_state(session, "busy")
    livy.send("POST", f"/sessions/{session}/statements/{number}/cancel", {})
    assert livy.finish(session, number)["state"] == "cancelled"
    assert livy.text(session, "1+1").endswith(": Int = 2\n")
