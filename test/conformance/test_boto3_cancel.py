"""boto3: a cancel stops what runs, and only that.

Each test proves that the code stopped by what it did not do afterwards: the
file that it would have written next is not there, and the session answers."""

import pytest

import steps

BUSY = {
    "a loop": "while True: pass",
    "a loop that catches everything but the interrupt": (
        # Not a bare pass: CPython before 3.11 looks for signals nowhere in such a loop.
        "while True:\n    try:\n        sum(range(100))\n    except Exception:\n        pass"
    ),
    "a sleep": "time.sleep(3600)",
    "a lock": "lock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "a child process": "subprocess.run(['sleep', '3600'])",
    "a Spark job": "spark.range(200).repartition(4).rdd.map(lambda x: time.sleep(60)).count()",
    "a Spark query": "spark.range(10**15).selectExpr('sum(id * id % 7)').collect()",
    "a sleep inside a function": "def f():\n    time.sleep(3600)\nf()",
}


@pytest.mark.parametrize("body", BUSY.values(), ids=BUSY.keys())
def test_cancel_stops(glue, session, tmp_path, body):
    started, after = tmp_path / "started", tmp_path / "after"
    head = f"import time, threading, subprocess\nopen({str(started)!r}, 'w').close()\n"
    number = steps.submit(glue, session, f"kept = 'kept'\n{head}{body}\nopen({str(after)!r}, 'w').close()")
    queued = steps.submit(glue, session, "'next'")
    steps.wait_file(started)

    glue.cancel_statement(SessionId=session, Id=number)

    stopped = steps.finish(glue, session, number, deadline=60)
    assert stopped["State"] == "CANCELLED"
    assert "Output" in stopped, "the kernel reads Output of every final state"
    assert steps.finish(glue, session, queued, deadline=60)["Output"]["Data"]["TextPlain"] == "'next'"
    assert not after.exists()
    assert steps.text(glue, session, "kept, spark.range(3).count()") == "('kept', 3)"


def test_a_cancelled_spark_job_leaves_no_job_behind(glue, session, tmp_path):
    started = tmp_path / "started"
    code = (
        f"import time\nopen({str(started)!r}, 'w').close()\n"
        "spark.range(200).repartition(4).rdd.map(lambda x: time.sleep(60)).count()"
    )
    number = steps.submit(glue, session, code)
    steps.wait_file(started)
    glue.cancel_statement(SessionId=session, Id=number)
    assert steps.finish(glue, session, number)["State"] == "CANCELLED"
    steps.poll(
        lambda: steps.text(glue, session, "len(sc.statusTracker().getActiveJobsIds())"),
        lambda count: count == "0",
        "no active job",
    )


def test_what_was_printed_before_the_cancel_stays_readable(glue, session, tmp_path):
    started = tmp_path / "started"
    code = f"print('so far')\nopen({str(started)!r}, 'w').close()\nimport time\ntime.sleep(3600)"
    number = steps.submit(glue, session, code)
    steps.wait_file(started)
    glue.cancel_statement(SessionId=session, Id=number)
    stopped = steps.finish(glue, session, number)
    assert "so far" in stopped["Output"].get("Data", {}).get("TextPlain", ""), stopped


def test_a_waiting_statement_that_is_cancelled_never_runs(glue, session, tmp_path):
    started, leave, ran = tmp_path / "started", tmp_path / "leave", tmp_path / "ran"
    code = (
        f"import os, time\nopen({str(started)!r}, 'w').close()\n"
        f"while not os.path.exists({str(leave)!r}): time.sleep(0.02)"
    )
    first = steps.submit(glue, session, code)
    second = steps.submit(glue, session, f"open({str(ran)!r}, 'w').close()")
    steps.wait_file(started)
    glue.cancel_statement(SessionId=session, Id=second)
    assert steps.finish(glue, session, second)["State"] == "CANCELLED"
    assert steps.statement(glue, session, first)["State"] == "RUNNING"
    leave.touch()
    assert steps.finish(glue, session, first)["State"] == "AVAILABLE"
    assert steps.text(glue, session, "'on'") == "'on'"
    assert not ran.exists()


def test_cancelling_what_has_ended_changes_nothing(glue, session):
    done = steps.run(glue, session, "'done'")
    glue.cancel_statement(SessionId=session, Id=done["Id"])
    assert steps.statement(glue, session, done["Id"]) == done


def test_cancelling_twice_is_cancelling_once(glue, session, tmp_path):
    started = tmp_path / "started"
    number = steps.submit(glue, session, f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    steps.wait_file(started)
    for _ in range(3):
        glue.cancel_statement(SessionId=session, Id=number)
    assert steps.finish(glue, session, number)["State"] == "CANCELLED"
    assert steps.text(glue, session, "'untouched'") == "'untouched'"


def test_a_stop_ends_the_statement_that_runs(glue, tmp_path):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    started = tmp_path / "started"
    number = steps.submit(glue, session_id, f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    waiting = steps.submit(glue, session_id, "1")
    steps.wait_file(started)
    glue.stop_session(Id=session_id)
    steps.wait_status(glue, session_id, "STOPPED")
    for each in (number, waiting):
        assert steps.finish(glue, session_id, each)["State"] in ("CANCELLED", "ERROR")
    glue.delete_session(Id=session_id)
