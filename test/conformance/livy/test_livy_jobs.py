"""Livy's Python jobs as its own client sends them, on real Spark. Functions inside
of functions are pickled by value, as those of a script are."""

import base64

import pytest

import steps
from python_api import Cancelled, Client, JobError
from rest import Livy


@pytest.fixture(scope="module")
def client(server):
    made = Client(server.url)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def early(client, server):
    """Jobs and files that are sent while the session starts, and a cancelled job."""
    home = server.data.parent
    (home / "uploaded.py").write_text("def word():\n    return 'uploaded'\n")
    (home / "added.py").write_text("def word():\n    return 'added'\n")
    (home / "numbers.txt").write_text("6 7")

    def count(context):
        return context.sc.parallelize([10, 20, 30], 2).count()

    def never(context):
        raise SystemError("it ran")

    found = {"count": client.submit(count), "never": client.submit(never)}
    found["never"].cancel()
    client.upload("pyfile", home / "uploaded.py")
    client.add("pyfile", f"file:{home / 'added.py'}")
    client.add("file", str(home / "numbers.txt"))
    return found


def test_a_job_sent_before_its_session_is_ready_runs(early):
    assert early["count"].result() == 3


def test_a_job_cancelled_before_its_session_is_ready_never_runs(early):
    with pytest.raises(Cancelled):
        early["never"].result()


def test_jobs_use_files_that_were_sent_before_the_session_was_ready(client, early):
    def job(context):
        import added
        import uploaded
        from pyspark import SparkFiles

        def product(_):
            import uploaded as there

            a, b = open(SparkFiles.get("numbers.txt")).read().split()
            return there.word(), int(a) * int(b)

        return uploaded.word(), added.word(), context.sc.parallelize([0], 1).map(product).collect()

    assert client.submit(job).result() == ("uploaded", "added", [("uploaded", 42)])


def test_a_file_that_is_uploaded_later_is_there_too(client, server):
    path = server.data.parent / "later.txt"
    path.write_text("later")
    client.upload("file", path)

    def job(context):
        from pyspark import SparkFiles

        return open(SparkFiles.get("later.txt")).read()

    assert client.submit(job).result() == "later"


def test_the_context_has_what_livys_has(client):
    def job(context):
        import os

        rows = context.sql_ctx.sql("select 7 as n").collect() + context.hive_ctx.sql("select 8 as n").collect()
        return (
            [row.n for row in rows],
            context.spark_session.range(5).count(),
            context.spark_session.sparkContext is context.sc,
            os.path.isdir(context.local_tmp_dir_path),
        )

    assert client.submit(job).result() == ([7, 8], 5, True, True)


def test_streams_stop_without_their_spark(client):
    def job(context):
        context.create_streaming_ctx(1)
        found = type(context.streaming_ctx).__name__
        context.stop_streaming_ctx()
        return found, context.sc.parallelize([1]).count()

    assert client.submit(job).result() == ("StreamingContext", 1)


def test_values_come_back_whatever_they_are(client):
    class Point:
        def __init__(self, x):
            self.x = x

    for value in (None, {"a": [1, (2.5, b"\0")]}, "ä" * 300_000):
        assert client.submit(lambda context, value=value: value).result() == value
    assert client.submit(lambda context: Point(3)).result().x == 3


def test_shared_objects_are_there_for_who_connects_later(client):
    def keep(context):
        context.set_shared_object("kept", [1, 2])

    def find(context):
        return context.get_shared_object("kept"), context.get_shared_object("none")

    assert client.run(keep).result() is None
    assert Client(client.url.removesuffix("/sessions"), client.session).run(find).result() == ([1, 2], None)


def test_an_error_has_its_traceback_and_leaves_the_session(client):
    def wrong(context):
        return "hello" + 1

    with pytest.raises(JobError) as caught:
        client.submit(wrong).result()
    text = str(caught.value)
    assert text.startswith("Client job error:Traceback (most recent call last):\n"), text
    assert text.endswith('TypeError: can only concatenate str (not "int") to str\n'), text
    assert "in wrong" in text and "hearth_kernel" not in text, text

    def on_an_executor(context):
        return context.sc.parallelize([0], 1).map(lambda n: 1 // n).collect()

    with pytest.raises(JobError, match="ZeroDivisionError"):
        client.submit(on_an_executor).result()
    assert client.submit(lambda context: 1).result() == 1


def test_exit_fails_the_job_and_leaves_the_session(client):
    with pytest.raises(JobError, match="JobExit"):
        client.submit(lambda context: exit(3)).result()
    assert client.submit(lambda context: 1).result() == 1


def test_a_running_job_is_stopped_by_a_cancel(client, tmp_path):
    for name in ("loop", "spark"):
        started = tmp_path / name

        def job(context, started=str(started), name=name):
            import time

            open(started, "w").close()
            while name == "loop":
                pass
            context.sc.parallelize([0], 1).map(lambda n: time.sleep(3600)).collect()

        handle = client.submit(job)
        steps.wait_file(started)
        assert handle.status()["state"] == "STARTED"
        handle.cancel()
        with pytest.raises(Cancelled):
            handle.result()
        assert client.submit(lambda context: 1).result() == 1


def test_statements_and_jobs_share_spark_and_no_ids(client, livy):
    def job(context):
        context.spark_session.range(3).createOrReplaceTempView("of_a_job")

    client.submit(job).result()
    before = livy.get(f"/sessions/{client.session}/statements")["total_statements"]
    assert livy.text(client.session, "spark.table('of_a_job').count()") == "3"
    assert before == 0 and livy.get(f"/sessions/{client.session}/statements")["total_statements"] == 1


def test_jobs_of_java_are_refused_by_name(client, livy):
    body = {"job": base64.b64encode(b"kryo").decode(), "jobType": "spark"}
    status, answer = livy.send("POST", f"/sessions/{client.session}/submit-job", body)
    assert status == 400 and "Java and Scala" in answer["msg"]


def test_jobs_outlive_a_crash_of_their_server(server, tmp_path):
    running = type(server)(tmp_path)
    try:
        # Of a session of any kind, as in Livy.
        client = Client(running.url, kind="spark")
        started, go = tmp_path / "started", tmp_path / "go"

        def done_before(context):
            return "done before"

        def long(context, started=str(started), go=str(go)):
            import os
            import time

            with open(started, "a") as file:
                file.write("once ")
            while not os.path.exists(go):
                time.sleep(0.05)
            return "went on", context.sc.parallelize(range(4)).sum()

        def waited(context):
            return "waited"

        handles = [client.submit(job) for job in (done_before, long, waited)]
        steps.wait_file(started)
        running.process.kill()
        running.process.wait()

        running = type(server)(tmp_path)
        livy, url = Livy(running.url), running.url + "/sessions"
        client.url = url
        assert [handle.status()["state"] for handle in handles] == ["SUCCEEDED", "STARTED", "QUEUED"]
        livy.wait_state(client.session, "busy")
        go.touch()
        assert [handle.result() for handle in handles] == ["done before", ("went on", 6), "waited"]
        assert started.read_text() == "once "
        assert client.submit(lambda context: "new").number == 4
        client.stop()
    finally:
        if running.process.poll() is None:
            running.stop()
