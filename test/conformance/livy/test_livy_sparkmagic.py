"""sparkmagic 0.23.0, unmodified: its PySpark and Spark kernels, driven as a
notebook drives them."""

import json
import pathlib

import pytest
import sparkmagic

import notebook
import steps


def open_notebook(home, url, kernel):
    (home / ".sparkmagic").mkdir(parents=True)
    login = {"username": "", "password": "", "url": url, "auth": "None"}
    (home / ".sparkmagic" / "config.json").write_text(
        json.dumps(
            {
                "kernel_python_credentials": login,
                "kernel_scala_credentials": login,
                "livy_session_startup_timeout_seconds": 240,
                "wait_for_idle_timeout_seconds": 120,
                "use_auto_viz": False,
            }
        )
    )
    return notebook.Notebook(home, pathlib.Path(sparkmagic.__file__).parent / "kernels" / kernel)


@pytest.fixture(scope="module")
def pyspark(server, tmp_path_factory):
    opened = open_notebook(tmp_path_factory.mktemp("pyspark"), server.url, "pysparkkernel")
    shown = opened.run("1+1")
    assert "2" in shown.text and shown.error is None, shown.shown
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spark(server, tmp_path_factory):
    opened = open_notebook(tmp_path_factory.mktemp("spark"), server.url, "sparkkernel")
    shown = opened.run("1+1")
    assert "Int = 2" in shown.text and shown.error is None, shown.shown
    yield opened
    opened.close()


def test_cells_run_and_names_stay(pyspark):
    pyspark.run("kept = 40")
    assert "42" in pyspark.run("print(kept + 2)").text


def test_an_error_is_shown(pyspark):
    shown = pyspark.run("1/0").shown
    assert "ZeroDivisionError" in shown
    assert "LivyClient" not in shown


def test_sql_is_shown_as_a_table_and_kept(pyspark):
    pyspark.run("spark.range(3).createOrReplaceTempView('v')")
    shown = pyspark.run("%%sql -o kept_here\nselect * from v order by id")
    assert shown.error is None, shown.shown
    assert "3" in pyspark.run("%%local\nprint(len(kept_here))").text


def test_a_frame_is_brought_here(pyspark):
    pyspark.run("brought = spark.createDataFrame([(1, 'é'), (2, 'b')], ['n', 's'])")
    assert pyspark.run("%%spark -o brought\nNone").error is None
    assert "é" in pyspark.run("%%local\nprint(sorted(brought['s']))").text


def test_a_value_is_sent_there(pyspark):
    pyspark.run("%%local\nhere = 'carried over'")
    sent = pyspark.run("%%send_to_spark -i here -t str -n there")
    assert sent.error is None, sent.shown
    assert "carried over" in pyspark.run("print(there)").text


def test_info_and_logs_are_shown(pyspark):
    info = pyspark.run("%%info").shown
    assert "pyspark" in info and "idle" in info and "local-" in info
    assert "stdout" in pyspark.run("%%logs").shown


def test_an_interrupt_stops_the_cell(pyspark, livy, tmp_path):
    started = tmp_path / "started"
    message = pyspark.send(f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    steps.wait_file(started)
    pyspark.manager.interrupt_kernel()
    pyspark.wait(message)
    assert "42" in pyspark.run("print(kept + 2)").text


def test_configure_makes_another_session(pyspark, livy):
    before = {one["id"] for one in livy.get("/sessions")["sessions"]}
    shown = pyspark.run('%%configure -f\n{"driverMemory": "1g", "conf": {"spark.sql.shuffle.partitions": "5"}}')
    assert shown.error is None, shown.shown
    assert "5" in pyspark.run("print(spark.conf.get('spark.sql.shuffle.partitions'))").text
    assert {one["id"] for one in livy.get("/sessions")["sessions"]} != before


def test_the_scala_kernel_runs_scala(spark):
    spark.run("val kept = 40")
    assert "42" in spark.run("println(kept + 2)").text


def test_the_scala_kernel_shows_sql(spark):
    spark.run('spark.range(3).createOrReplaceTempView("v")')
    shown = spark.run("%%sql -o kept_here\nselect * from v order by id")
    assert shown.error is None, shown.shown
    assert "3" in spark.run("%%local\nprint(len(kept_here))").text


def test_cleanup_ends_all_sessions(pyspark, livy):
    shown = pyspark.run("%%cleanup -f")
    assert shown.error is None, shown.shown
    live = [one for one in livy.get("/sessions")["sessions"] if one["state"] not in ("dead", "killed")]
    assert live == []
