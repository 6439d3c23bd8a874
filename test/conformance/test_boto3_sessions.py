"""boto3: the life of sessions."""

import uuid

import botocore.exceptions
import pytest

import steps


def failure(call, **arguments):
    """Makes a call that must be refused and returns (code, message, HTTP status)."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_the_acceptance_walk_of_a_session(glue, tmp_path):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)

    done = steps.run(glue, session_id, "1+1")
    assert done["State"] == "AVAILABLE"
    assert done["Output"]["Status"] == "ok"
    assert done["Output"]["Data"] == {"TextPlain": "2"}

    failed = steps.run(glue, session_id, "1/0")
    assert failed["State"] == "AVAILABLE"
    assert failed["Output"]["Status"] == "error"
    assert failed["Output"]["ErrorName"] == "ZeroDivisionError"

    started = tmp_path / "started"
    number = steps.submit(glue, session_id, f"open({str(started)!r}, 'w').close()\nimport time\ntime.sleep(3600)")
    steps.wait_file(started)
    glue.cancel_statement(SessionId=session_id, Id=number)
    assert steps.finish(glue, session_id, number)["State"] == "CANCELLED"

    assert session_id in glue.list_sessions()["Ids"]
    assert glue.stop_session(Id=session_id)["Id"] == session_id
    steps.wait_status(glue, session_id, "STOPPED")
    assert glue.delete_session(Id=session_id)["Id"] == session_id
    assert failure(glue.get_session, Id=session_id)[0] == "EntityNotFoundException"

    steps.create(glue, session_id)
    steps.wait_ready(glue, session_id)
    assert steps.text(glue, session_id, "'x' in globals()") == "False"
    glue.delete_session(Id=session_id)


def test_create_answers_with_the_session_it_accepted(glue):
    asked = steps.request(
        Description="nightly figures",
        NumberOfWorkers=2,
        WorkerType="G.2X",
        IdleTimeout=30,
        Timeout=60,
        Tags={"team": "data"},
        RequestOrigin="conformance",
        DefaultArguments={"--enable-glue-datacatalog": "true", "--anything": "x"},
        Connections={"Connections": ["warehouse"]},
        SecurityConfiguration="strict",
    )
    made = glue.create_session(**asked)["Session"]
    for member in ("Id", "Description", "Role", "Command", "DefaultArguments", "Connections", "SecurityConfiguration",
                   "NumberOfWorkers", "WorkerType", "IdleTimeout"):
        assert made[member] == asked[member], member
    assert made["Status"] in ("PROVISIONING", "READY")
    assert made["MaxCapacity"] == 4.0
    assert glue.get_session(Id=asked["Id"])["Session"]["CreatedOn"] == made["CreatedOn"]
    glue.delete_session(Id=asked["Id"])


def test_get_session_always_has_what_clients_read_without_asking(glue, session):
    found = glue.get_session(Id=session)["Session"]
    for member in ("Id", "Status", "Role", "CreatedOn", "GlueVersion", "Command", "IdleTimeout", "WorkerType",
                   "NumberOfWorkers", "MaxCapacity", "Progress", "DefaultArguments"):
        assert member in found, member
    assert found["Command"]["Name"] == "glueetl"
    assert found["Progress"] == 1.0


def test_what_was_not_asked_for_gets_the_documented_defaults(glue, session):
    found = glue.get_session(Id=session)["Session"]
    assert (found["WorkerType"], found["NumberOfWorkers"], found["MaxCapacity"]) == ("G.1X", 5, 5.0)
    assert found["IdleTimeout"] == 2880


def test_a_command_without_a_python_version_is_accepted(glue):
    session_id = steps.create(glue, Command={"Name": "glueetl"})
    steps.wait_ready(glue, session_id)
    assert steps.text(glue, session_id, "6*7") == "42"
    glue.delete_session(Id=session_id)


def test_an_id_in_use_is_refused_alive_or_stopped(glue):
    session_id = steps.create(glue)
    assert failure(glue.create_session, **steps.request(session_id))[::2] == ("AlreadyExistsException", 400)
    glue.stop_session(Id=session_id)
    steps.wait_status(glue, session_id, "STOPPED")
    assert failure(glue.create_session, **steps.request(session_id))[0] == "AlreadyExistsException"
    glue.delete_session(Id=session_id)


def test_a_deleted_id_can_be_used_again_in_the_next_call(glue):
    session_id = f"again-{uuid.uuid4()}"
    for _ in range(3):
        steps.create(glue, session_id)
        glue.delete_session(Id=session_id)
    steps.create(glue, session_id)
    steps.wait_ready(glue, session_id)
    glue.stop_session(Id=session_id)
    glue.delete_session(Id=session_id)  # at once: dbt-glue does this
    assert failure(glue.get_session, Id=session_id)[0] == "EntityNotFoundException"


@pytest.mark.parametrize(
    "session_id",
    ["../../etc/passwd", "a b c", "%2e%2e%2f", "-rf", "ümlaut 日本語", "'; drop table session; --", "x" * 255],
    ids=["dots", "space", "escapes", "dash", "unicode", "quotes", "longest"],
)
def test_any_printable_id_is_only_a_name(glue, session_id):
    assert steps.create(glue, session_id) == session_id
    assert glue.get_session(Id=session_id)["Session"]["Id"] == session_id
    assert session_id in glue.list_sessions(MaxResults=1000)["Ids"]
    glue.delete_session(Id=session_id)
    assert session_id not in glue.list_sessions(MaxResults=1000)["Ids"]


def test_stopping_twice_and_stopping_the_stopped_changes_nothing(glue):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    glue.stop_session(Id=session_id)
    glue.stop_session(Id=session_id)
    steps.wait_status(glue, session_id, "STOPPED")
    assert glue.stop_session(Id=session_id)["Id"] == session_id
    stopped = glue.get_session(Id=session_id)["Session"]
    assert stopped["CompletedOn"] >= stopped["CreatedOn"]
    assert stopped["DPUSeconds"] == pytest.approx(stopped["ExecutionTime"] * stopped["MaxCapacity"])
    glue.delete_session(Id=session_id)


def test_a_session_can_be_stopped_while_it_starts(glue):
    session_id = steps.create(glue)
    glue.stop_session(Id=session_id)
    steps.wait_status(glue, session_id, "STOPPED")
    glue.delete_session(Id=session_id)


def test_stop_and_delete_of_an_unknown_id_succeed_quietly(glue):
    assert glue.stop_session(Id="never-was")["Id"] == "never-was"
    assert glue.delete_session(Id="never-was")["Id"] == "never-was"


def test_regions_do_not_see_each_other(glue, server, session):
    elsewhere = server.client(region_name="us-east-1")
    assert session not in elsewhere.list_sessions(MaxResults=1000)["Ids"]
    assert failure(elsewhere.get_session, Id=session)[0] == "EntityNotFoundException"


def test_statements_of_a_stopped_session_stay_readable(glue):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    number = steps.run(glue, session_id, "print('kept')")["Id"]
    glue.stop_session(Id=session_id)
    steps.wait_status(glue, session_id, "STOPPED")
    assert steps.statement(glue, session_id, number)["Output"]["Data"]["TextPlain"] == "kept"
    assert [s["Id"] for s in glue.list_statements(SessionId=session_id)["Statements"]] == [number]
    glue.delete_session(Id=session_id)
    assert failure(glue.get_statement, SessionId=session_id, Id=number)[0] == "EntityNotFoundException"
