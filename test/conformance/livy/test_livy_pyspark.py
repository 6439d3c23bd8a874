"""What Livy's own integration tests expect of Python sessions (InteractiveIT of
0.9), and what they do not dare to."""

import zipfile

import pytest

import steps

MIME_TABLE = "application/vnd.livy.table.v1+json"


@pytest.fixture(scope="module")
def session(livy, server):
    folder = server.data.parent
    (folder / "beside.py").write_text("word = 'imported'")
    (folder / "data.txt").write_text("shipped")
    for name in ("archive.zip", "resources.jar"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("mark.txt", name)
    return livy.create(
        kind="pyspark",
        name="conformance",
        pyFiles=[f"{folder}/beside.py"],
        files=[f"file://{folder}/data.txt"],
        archives=[f"{folder}/archive.zip#unpacked"],
        jars=[f"{folder}/resources.jar"],
        driverMemory="1g",
        numExecutors="2",
        executorCores=1,
        queue="blue",
        conf={"spark.sql.shuffle.partitions": 3, "livy.uri": "http://nowhere"},
    )


OUTPUTS = {
    "1+1": "2",
    "sum(range(100)) * 2": "9900",
    "sc.parallelize(range(100)).map(lambda x: x * 2).reduce(lambda x, y: x + y)": "9900",
    "from pyspark.sql import Row\nspark.createDataFrame([Row(name='a', n=1)]).collect()": "[Row(name='a', n=1)]",
    "print(1)\r\nprint(1)": "1\n1",
    "x = 1": "",
    "spark.conf.get('spark.sql.shuffle.partitions')": "'3'",
    "spark.conf.get('spark.executor.instances')": "'2'",
    "spark.conf.get('spark.executor.cores')": "'1'",
    "spark.conf.get('spark.yarn.queue')": "'blue'",
    "import beside\nbeside.word": "'imported'",
    "from pyspark import SparkFiles\nopen(SparkFiles.get('data.txt')).read()": "'shipped'",
    "open(SparkFiles.get('unpacked') + '/mark.txt').read()": "'archive.zip'",
    "sc._jvm.scala.io.Source.fromURL(sc._jvm.Thread.currentThread().getContextClassLoader().getResource('mark.txt'), 'UTF-8').mkString()": "'resources.jar'",
    "spark.conf.get('spark.app.name')": "'conformance'",
    "spark.conf.get('livy.uri', 'not there')": "'not there'",
    "[k for k, _ in sc.getConf().getAll() if 'livy' in k]": "[]",
}


@pytest.mark.parametrize("code", OUTPUTS)
def test_code_shows_what_a_prompt_would(livy, session, code):
    assert livy.text(session, code) == OUTPUTS[code]


def test_a_table_is_a_table(livy, session):
    data = livy.run(session, "t = [[1, 'a'], [3, 'b']]\n%table t")["data"]
    assert data == {
        MIME_TABLE: {
            "headers": [{"name": "0", "type": "INT_TYPE"}, {"name": "1", "type": "STRING_TYPE"}],
            "data": [[1, "a"], [3, "b"]],
        }
    }


def test_json_is_json(livy, session):
    data = livy.run(session, "j = {'a': [1, None]}\n%json j")["data"]
    assert data["application/json"] == {"a": [1, None]}


def test_json_of_what_has_none_kills_nothing(livy, session):
    # In Livy 0.9 this ends the interpreter.
    assert livy.run(session, "o = object()\n%json o")["status"] == "error"
    assert livy.text(session, "1+1") == "2"


def test_errors_have_their_name_and_text(livy, session):
    output = livy.run(session, "no_such_name")
    assert (output["ename"], output["evalue"]) == ("NameError", "name 'no_such_name' is not defined")
    assert output["traceback"][0] == "Traceback (most recent call last):\n"
    assert livy.run(session, "{}['foo']")["evalue"] == "'foo'"


def test_output_of_a_failed_cell_stays_with_it(livy, session):
    # Livy 0.9 shows "one" with the next statement: fake_shell empties its buffers on success alone.
    livy.run(session, "print('one'); raise ValueError(1)")
    assert livy.text(session, "2") == "2"


def test_a_loop_is_stopped_by_a_cancel(livy, session, tmp_path):
    started = tmp_path / "started"
    number = livy.submit(session, f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    steps.wait_file(started)
    assert livy.send("POST", f"/sessions/{session}/statements/{number}/cancel", {}) == (200, {"msg": "canceled"})
    assert livy.finish(session, number)["state"] == "cancelled"
    livy.wait_state(session, "idle")
    assert livy.text(session, "1+1") == "2"


def test_the_size_that_was_asked_for_takes_effect(livy, session):
    given = int(livy.text(session, "spark.conf.get('spark.driver.memory')").strip("'m"))
    heap = int(livy.text(session, "sc._jvm.java.lang.Runtime.getRuntime().maxMemory()")) >> 20
    assert given >= 1024 and 0.9 * given < heap <= given  # a collector keeps some of it
    cores = int(livy.text(session, "sc.defaultParallelism"))
    assert livy.text(session, "sc.master") == f"'local[{cores}]'"


def test_the_application_can_be_found(livy, server, session):
    found = livy.get("/sessions/conformance")
    assert found["id"] == session
    assert found["appId"].startswith("local-")
    assert found["appInfo"]["sparkUiUrl"].startswith(server.url)
    assert found["appInfo"]["executorLogUrls"] is None


def test_the_log_says_what_the_session_got(livy, session):
    log = livy.get(f"/sessions/{session}/log?from=0")
    assert log["log"][:2] == ["stdout: ", "\nstderr: "]
    assert any("spark-" in line for line in log["log"])
    assert log["total"] == len(livy.get(f"/sessions/{session}/log?size=-1")["log"])


def test_r_is_refused_in_a_statement(livy, session):
    output = livy.run(session, "1+1", kind="sparkr")
    assert (output["status"], output["ename"]) == ("error", "InterpreterError")
    assert livy.text(session, "1+1") == "2"


def test_code_that_ends_its_process_ends_the_session(livy):
    session = livy.create(kind="pyspark")
    number = livy.submit(session, "import os\nos._exit(0)")
    assert livy.wait_state(session, "dead", "error")
    assert livy.statement(session, number)["output"]["status"] == "error"
    assert livy.send("DELETE", f"/sessions/{session}") == (200, {"msg": "deleted"})
    assert livy.send("GET", f"/sessions/{session}")[0] == 404


@pytest.mark.parametrize("kind", ["pyspark", "spark"])
def test_a_session_whose_spark_does_not_start_says_why(livy, kind):
    conf = {"spark.driver.maxResultSize": "abc"}
    status, made = livy.send("POST", "/sessions", {"kind": kind, "conf": conf})
    assert status == 201, made
    livy.wait_state(made["id"], "dead")
    log = livy.get(f"/sessions/{made['id']}/log?size=-1")["log"]
    why = log[log.index("\nHearth Diagnostics: ") + 1]
    # The words of Spark 3.5, and of 4.1.
    assert why.startswith(("Size must be specified as bytes", "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value 'abc'")), log
    assert livy.send("DELETE", f"/sessions/{made['id']}")[0] == 200


def test_a_session_that_rests_too_long_ends(livy):
    session = livy.create(kind="pyspark", idleTimeout="3s")
    livy.wait_state(session, "dead")
    assert "idle" in livy.get(f"/sessions/{session}")["log"][-1]
