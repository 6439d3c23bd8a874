"""apache-airflow-providers-apache-livy, unmodified: its operator, sensor, trigger
and hook run batches."""

import asyncio

import pytest
from airflow.providers.apache.livy.hooks.livy import BatchState, LivyAsyncHook, LivyHook
from airflow.providers.apache.livy.operators.livy import LivyOperator

import steps

COUNT = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
print("counted", spark.range(100).count(), sys.argv[1:], spark.conf.get("spark.sql.shuffle.partitions"))
"""
BROKEN = "import nothing_of_this_name"
WAIT = """
import pathlib, sys, time

print("waiting", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.05)
"""
FLAKY = """
import pathlib, sys

tried = pathlib.Path(sys.argv[1])
if not tried.exists():
    tried.touch()
    sys.exit("the first attempt fails")
"""
DAG = """
from datetime import timedelta

from airflow.sdk import DAG
from airflow.providers.apache.livy.operators.livy import LivyOperator
from airflow.providers.apache.livy.sensors.livy import LivySensor

with DAG("livy") as dag:
    LivyOperator(
        task_id="waits", file="{home}/count.py", args=["--day", 1, 2.5], conf={{"spark.sql.shuffle.partitions": 3}},
        driver_memory="1g", driver_cores="1", executor_cores="1", num_executors="1", name="nightly", polling_interval=1,
    )
    LivyOperator(task_id="defers", file="file://{home}/count.py", polling_interval=1, deferrable=True)
    LivyOperator(task_id="defers_and_fails", file="{home}/broken_too.py", polling_interval=1, deferrable=True)
    LivyOperator(
        task_id="takes_too_long", file="{home}/wait.py", args=["/nowhere/at/all"], name="endless",
        polling_interval=1, deferrable=True, execution_timeout=timedelta(seconds=5),
    )
    LivyOperator(
        task_id="tries_again", file="{home}/flaky.py", args=["{home}/tried"],
        polling_interval=1, retries=1, retry_delay=timedelta(0),
    )
    LivyOperator(task_id="fails", file="{home}/broken.py", polling_interval=1)
    begun = LivyOperator(task_id="begins", file="{home}/count.py")
    begun >> LivySensor(task_id="senses", batch_id=begun.output, poke_interval=1)
"""


def batch(home, name, code, *args):
    file = home / name
    file.write_text(code)
    return LivyHook().post_batch(str(file), args=args)


@pytest.fixture
def connected(airflow, server):
    airflow.connect(server.url)
    return server.data.parent


def test_a_dag_runs_batches_in_each_way_of_the_operator(airflow, connected):
    (connected / "count.py").write_text(COUNT)
    (connected / "broken.py").write_text(BROKEN)
    (connected / "broken_too.py").write_text("import neither_of_that_name")
    (connected / "wait.py").write_text(WAIT)
    (connected / "flaky.py").write_text(FLAKY)
    told, log = airflow.run(DAG.format(home=connected))
    assert {task: state for task, (state, _, _) in told.items()} == {
        "waits": "success",
        "defers": "success",
        "defers_and_fails": "failed",
        "takes_too_long": "failed",
        "tries_again": "success",
        "fails": "failed",
        "begins": "success",
        "senses": "success",
    }, log
    ids = [told[task][1] for task in ("waits", "defers", "begins", "tries_again")]
    assert len(set(ids)) == 4 and all(isinstance(id, int) for id in ids)
    assert told["waits"][2].startswith("local-")
    assert "counted 100 ['--day', '1', '2.5'] 3" in log
    assert "No module named 'nothing_of_this_name'" in log
    assert "No module named 'neither_of_that_name'" in log
    assert "the first attempt fails" in log
    batches = LivyHook().run_method("/batches").json()["sessions"]
    assert "endless" not in [batch["name"] for batch in batches]


def test_a_killed_task_takes_its_batch_along(connected):
    operator = LivyOperator(task_id="killed", file="unused")
    operator._batch_id = batch(connected, "wait.py", WAIT, "/nowhere/at/all")
    steps.poll(lambda: LivyHook().get_batch_state(operator._batch_id), lambda s: s == BatchState.RUNNING, "running")
    operator.on_kill()
    with pytest.raises(Exception, match=f"Session '{operator._batch_id}' not found"):
        LivyHook().get_batch(operator._batch_id)


def test_a_refused_batch_says_why_and_is_not_there(connected):
    before = LivyHook().run_method("/batches").json()["total"]
    with pytest.raises(Exception, match="Status code: 400.*-files"):
        LivyHook().post_batch("/etc/passwd")
    assert LivyHook().run_method("/batches").json()["total"] == before


def test_all_lines_of_a_long_log_are_fetched(connected):
    number = batch(connected, "chatty.py", "for i in range(250): print('line', i)")
    steps.poll(lambda: LivyHook().get_batch_state(number), lambda s: s == BatchState.SUCCESS, "success")
    told = []
    hook = LivyHook()
    hook.log.info = lambda line, *_: told.append(line)
    hook.dump_batch_logs(number)
    assert [line for line in told if line.startswith("line ")] == [f"line {i}" for i in range(250)]

    page = asyncio.run(LivyAsyncHook().get_batch_logs(number, 100, 100))["response"]
    assert (page["from"], len(page["log"])) == (100, 100)
    assert page == hook.get_batch_logs(number, 100, 100)


def test_a_batch_is_found_again_after_a_crash_of_the_server(airflow, server, tmp_path):
    start = type(server)
    running = start(tmp_path)
    try:
        airflow.connect(running.url)
        number = batch(tmp_path, "wait.py", WAIT, str(tmp_path / "go"))
        steps.poll(lambda: LivyHook().get_batch_state(number), lambda s: s == BatchState.RUNNING, "running")
        running.process.kill()
        running.process.wait()

        running = start(tmp_path)
        airflow.connect(running.url)
        assert LivyHook().get_batch_state(number) == BatchState.RUNNING
        (tmp_path / "go").touch()
        steps.poll(lambda: LivyHook().get_batch_state(number), lambda s: s == BatchState.SUCCESS, "success")
    finally:
        if running.process.poll() is None:
            running.stop()
