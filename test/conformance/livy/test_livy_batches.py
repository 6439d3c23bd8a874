"""Batches: what Livy's own integration tests expect of them (BatchIT of 0.9, for
a local master), and what real spark-submit makes of Python files and of jars."""

import os
import signal
import urllib.request

import livy as pylivy
import pytest
from livy.models import SessionState

import steps
from rest import Livy

FINAL = {"success", "dead", "killed"}

PROGRAMS = {
    "good.py": """
import sys
from pyspark import SparkFiles
from pyspark.sql import SparkSession
import beside
spark = SparkSession.builder.getOrCreate()
print("arguments", sys.argv[1:])
print("files", open(SparkFiles.get("data.txt")).read(), beside.word)
print("conf", spark.conf.get("spark.sql.shuffle.partitions"), spark.sparkContext.appName)
spark.range(100).write.parquet(sys.argv[1])
""",
    "failing.py": """
from pyspark.sql import SparkSession
print("rows", SparkSession.builder.getOrCreate().range(7).count())
raise ValueError("no such day")
""",
    "code.py": "import sys; sys.exit(3)",
    "syntax.py": "def (",
    "memory.py": """
from pyspark.sql import SparkSession
jvm = SparkSession.builder.getOrCreate()._jvm
kept = jvm.java.util.ArrayList()
while True:
    kept.add(jvm.java.nio.ByteBuffer.allocate(1 << 27))
""",
    "waiting.py": """
import os, subprocess, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("counted", spark.range(1000).count(), flush=True)
# What it leaves behind must not outlive it, in whatever way it leaves.
subprocess.Popen(["sleep", "3600"], start_new_session=True)
open(sys.argv[1], "w").write(str(os.getppid()))
time.sleep(3600)
""",
    "beside.py": "word = 'imported'",
    "data.txt": "shipped",
    "Count.scala": """
import org.apache.spark.sql.SparkSession
object Count {
  def main(args: Array[String]): Unit = {
    val spark = SparkSession.builder.getOrCreate()
    import spark.implicits._
    println("words " + args.toSeq.toDS.map(w => Word(w)).groupBy("text").count().orderBy("text").as[(String, Long)].collect().toList)
    println("property " + System.getProperty("day"))
  }
}
case class Word(text: String)
""",
}


@pytest.fixture(scope="module")
def folder(server):
    """The programs, below the directory that the server may read."""
    folder = server.data.parent / "programs"
    folder.mkdir()
    for name, text in PROGRAMS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def jar(folder):
    """Count.scala, compiled by the compiler that the runtime's Spark carries."""
    steps.compile_scala(folder / "Count.scala", folder / "count.jar")
    return folder / "count.jar"


@pytest.fixture(scope="module")
def submit(livy, folder):
    def submit(program, **more):
        status, made = livy.send("POST", "/batches", {"file": str(folder / program), **more})
        assert (status, made["state"]) == (201, "starting"), made
        return made["id"]

    return submit


def end(livy, number):
    return steps.poll(lambda: livy.get(f"/batches/{number}"), lambda b: b["state"] in FINAL, f"the end of batch {number}")


def log(livy, number):
    return "\n".join(livy.get(f"/batches/{number}/log?from=0&size=1000")["log"])


def test_a_python_file_runs_with_all_it_was_given(livy, submit, folder):
    number = submit(
        "good.py",
        name="nightly",
        args=[str(folder / "out"), "--day", 7, "a b"],
        pyFiles=[str(folder / "beside.py")],
        files=[str(folder / "data.txt")],
        conf={"spark.sql.shuffle.partitions": 5},
    )
    assert end(livy, number)["state"] == "success", log(livy, number)
    told = log(livy, number)
    assert f"arguments ['{folder}/out', '--day', '7', 'a b']" in told
    assert "files shipped imported" in told
    assert "conf 5 nightly" in told
    assert (folder / "out" / "_SUCCESS").exists()
    assert livy.get(f"/batches/{number}")["appId"].startswith("local-")


def test_a_jar_runs_its_class(livy, submit, jar):
    number = submit(jar.name, className="Count", args=["b", "a", "b"], conf={"spark.driver.extraJavaOptions": "-Dday=monday"})
    assert end(livy, number)["state"] == "success", log(livy, number)
    assert "words List((a,1), (b,2))" in log(livy, number)
    assert "property monday" in log(livy, number)
    missing = submit(jar.name, className="Nothing")
    assert end(livy, missing)["state"] == "dead"
    assert "Nothing" in log(livy, missing)


@pytest.mark.parametrize(
    "name, reason",
    [
        ("failing.py", "ValueError: no such day"),
        ("code.py", "exit code 3"),
        ("syntax.py", "SyntaxError"),
        ("memory.py", "ran out of memory"),
    ],
)
def test_a_program_that_fails_is_dead_and_the_log_says_why(livy, submit, name, reason):
    number = submit(name)
    assert end(livy, number)["state"] == "dead"
    assert reason in log(livy, number)


def test_what_runs_is_seen_and_deleted_with_all_it_started(livy, server, submit, tmp_path):
    number = submit("waiting.py", name="waiting", args=[str(tmp_path / "started")])
    steps.wait_file(tmp_path / "started")
    shown = steps.poll(lambda: livy.get("/batches/waiting"), lambda b: b["appInfo"]["sparkUiUrl"], "the address of the UI")
    assert (shown["id"], shown["state"]) == (number, "running")
    assert shown["appId"].startswith("local-")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(shown["appInfo"]["sparkUiUrl"]) as page:
        assert "Spark" in page.read().decode()
    assert number not in [s["id"] for s in livy.get("/sessions")["sessions"]]
    assert number in [b["id"] for b in livy.get("/batches")["sessions"]]
    assert livy.send("DELETE", f"/batches/{number}") == (200, {"msg": "deleted"})
    assert livy.send("GET", f"/batches/{number}")[0] == 404
    steps.poll(
        lambda: [one for one in steps.marked_processes(server.mark) if one[0] != server.process.pid],
        lambda left: not left,
        "that nothing of it runs",
    )


def test_what_is_killed_says_so(livy, submit, tmp_path):
    number = submit("waiting.py", args=[str(tmp_path / "started")])
    steps.wait_file(tmp_path / "started")
    pid = steps.poll((tmp_path / "started").read_text, bool, "the process of the driver")
    os.kill(int(pid), signal.SIGKILL)
    assert end(livy, number)["state"] == "killed"
    assert "killed" in log(livy, number)


def test_pylivy_follows_a_batch(server, folder):
    batch = pylivy.LivyBatch.create(server.url, str(folder / "failing.py"))
    batch.wait()
    assert batch.state == SessionState.DEAD
    assert any("ValueError: no such day" in line for line in batch.log())


def test_batches_outlive_a_crash_of_their_server(server, tmp_path):
    start = type(server)
    (tmp_path / "waiting.py").write_text(PROGRAMS["waiting.py"])
    (tmp_path / "brief.py").write_text("import time; time.sleep(3); print('came to its end')")
    running = start(tmp_path)
    try:
        livy = Livy(running.url)

        def submit(name, *args):
            return livy.send("POST", "/batches", {"file": str(tmp_path / name), "args": args})[1]["id"]

        gone, kept = submit("brief.py"), submit("waiting.py", str(tmp_path / "started"))
        assert livy.send("DELETE", f"/batches/{gone}")[0] == 200
        brief = submit("brief.py")
        steps.wait_file(tmp_path / "started")
        steps.poll(lambda: livy.get(f"/batches/{brief}/state")["state"], lambda s: s != "starting", "a batch that runs")
        running.process.kill()
        running.process.wait()
        steps.poll(
            lambda: [command for _, command in steps.marked_processes(running.mark) if "brief.py" in command],
            lambda left: not left,
            "the end of a program while there is no server",
        )

        running = start(tmp_path)
        livy = Livy(running.url)
        assert livy.get(f"/batches/{kept}/state")["state"] == "running"
        assert end(livy, brief)["state"] == "success"
        assert "came to its end" in log(livy, brief)
        assert livy.send("GET", f"/batches/{gone}")[0] == 404
        assert submit("brief.py") > brief
    finally:
        if running.process.poll() is None:
            running.stop()
