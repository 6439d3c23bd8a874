"""boto3: sessions end by themselves. A minute is the least that can be asked, so
the three sessions of this module wait for it together."""

import pytest

import steps


@pytest.fixture(scope="module")
def ended(glue):
    """The ids of an idle session, one that is too old, and a busy one, after the
    first two have ended."""
    idle = steps.create(glue, "idle", IdleTimeout=1)
    old = steps.create(glue, "old", Timeout=1)
    busy = steps.create(glue, "busy", IdleTimeout=1)
    for session_id in (idle, old, busy):
        steps.wait_ready(glue, session_id)
    working = steps.submit(glue, busy, "import time\ntime.sleep(3600)")
    steps.submit(glue, old, "import time\ntime.sleep(3600)")
    steps.wait_status(glue, idle, "TIMEOUT", deadline=240)
    steps.wait_status(glue, old, "TIMEOUT", deadline=240)
    return idle, old, busy, working


def test_an_idle_session_times_out(glue, ended):
    assert steps.status(glue, ended[0]) == "TIMEOUT"


def test_a_session_that_is_too_old_times_out_even_when_busy(glue, ended):
    assert steps.status(glue, ended[1]) == "TIMEOUT"


def test_a_busy_session_is_not_idle(glue, ended):
    assert steps.status(glue, ended[2]) == "READY"
    assert steps.statement(glue, ended[2], ended[3])["State"] == "RUNNING"


def test_a_statement_for_a_timed_out_session_is_invalid_input(glue, ended):
    # The kernel's restart hangs on this name and on the status it then reads.
    with pytest.raises(glue.exceptions.InvalidInputException) as caught:
        glue.run_statement(SessionId=ended[0], Code="1")
    assert "status=TIMEOUT" in caught.value.response["Error"]["Message"]


def test_a_timed_out_id_is_free_after_its_deletion(glue, ended):
    glue.delete_session(Id=ended[0])
    steps.create(glue, ended[0])
    steps.wait_ready(glue, ended[0])
