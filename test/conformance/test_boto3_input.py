"""boto3: what is refused, by name, at both edges of every limit.

A request that is right but for its id, which is taken, must fail because of the
id alone: so an allowed value is told from a refused one without starting
anything."""

import re

import botocore.exceptions
import pytest

import steps

INVALID = ("InvalidInputException", "ValidationException")


def code_of(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def taken(glue):
    session_id = steps.create(glue, "taken")
    glue.stop_session(Id=session_id)
    return session_id


ROLE_START = "arn:aws:iam::000000000000:role/"

ALLOWED = {
    "Description longest": {"Description": "d" * 2048},
    "Description with lines": {"Description": "one\ntwo\ttabs"},
    "Role longest": {"Role": ROLE_START + "r" * (2048 - len(ROLE_START))},
    "Role in China": {"Role": "arn:aws-cn:iam::123456789012:role/path/name"},
    "IdleTimeout least": {"IdleTimeout": 1},
    "Timeout least": {"Timeout": 1},
    "a streaming command": {"Command": {"Name": "gluestreaming", "PythonVersion": "3"}},
    "DefaultArguments most": {"DefaultArguments": {f"--key{i}": "v" for i in range(75)}},
    "DefaultArguments longest": {"DefaultArguments": {"-" * 128: "v" * 4096}},
    "DefaultArguments empty value": {"DefaultArguments": {"--flag": ""}},
    "Tags most": {"Tags": {f"tag{i}": "v" for i in range(50)}},
    "Tags longest": {"Tags": {"t" * 128: "v" * 256}},
    "RequestOrigin longest": {"RequestOrigin": "o" * 128},
    "Connections": {"Connections": {"Connections": ["c" * 255]}},
    "capacity alone": {"MaxCapacity": 2.0},
    "workers": {"WorkerType": "G.1X", "NumberOfWorkers": 1},
    "GlueVersion auto": {"GlueVersion": "auto"},
    "GlueVersion old": {"GlueVersion": "4.0"},
}

REFUSED = {
    "Description too long": {"Description": "d" * 2049},
    "Role too short": {"Role": "arn:aws:iam::1:role"},
    "Role too long": {"Role": ROLE_START + "r" * (2049 - len(ROLE_START))},
    "Role of a user": {"Role": "arn:aws:iam::000000000000:user/someone"},
    "Role without a name": {"Role": ROLE_START},
    "IdleTimeout zero": {"IdleTimeout": 0},
    "IdleTimeout negative": {"IdleTimeout": -1},
    "Timeout zero": {"Timeout": 0},
    "PythonVersion 4": {"Command": {"Name": "glueetl", "PythonVersion": "4"}},
    "PythonVersion with a tail": {"Command": {"Name": "glueetl", "PythonVersion": "3\n"}},
    "Command unknown": {"Command": {"Name": "pythonshellx", "PythonVersion": "3"}},
    "DefaultArguments one too many": {"DefaultArguments": {f"--key{i}": "v" for i in range(76)}},
    "DefaultArguments key too long": {"DefaultArguments": {"-" * 129: "v"}},
    "DefaultArguments value too long": {"DefaultArguments": {"--key": "v" * 4097}},
    "DefaultArguments key with a space": {"DefaultArguments": {"--my key": "v"}},
    "Tags one too many": {"Tags": {f"tag{i}": "v" for i in range(51)}},
    "Tags key empty": {"Tags": {"": "v"}},
    "Tags key too long": {"Tags": {"t" * 129: "v"}},
    "Tags value too long": {"Tags": {"t": "v" * 257}},
    "RequestOrigin empty": {"RequestOrigin": ""},
    "RequestOrigin too long": {"RequestOrigin": "o" * 129},
    "RequestOrigin with a space": {"RequestOrigin": "my tool"},
    "Connections too long": {"Connections": {"Connections": ["c" * 256]}},
    "capacity and workers": {"MaxCapacity": 2.0, "WorkerType": "G.1X", "NumberOfWorkers": 2},
    "WorkerType unknown": {"WorkerType": "G.3X", "NumberOfWorkers": 2},
    "NumberOfWorkers zero": {"WorkerType": "G.1X", "NumberOfWorkers": 0},
    "MaxCapacity zero": {"MaxCapacity": 0.0},
    "GlueVersion empty": {"GlueVersion": ""},
    "GlueVersion one word": {"GlueVersion": "latest"},
    "GlueVersion 2.0": {"GlueVersion": "2.0"},
    "SessionType unknown": {"SessionType": "TELEGRAPH"},
    "Id empty": {"Id": ""},
    "Id too long": {"Id": "i" * 256},
    "Id of two lines": {"Id": "one\ntwo"},
    "Id with a zero": {"Id": "one\0two"},
}


@pytest.mark.parametrize("more", ALLOWED.values(), ids=ALLOWED.keys())
def test_create_session_allows(unchecked, taken, more):
    assert code_of(unchecked.create_session, **steps.request(taken, **more)) == "AlreadyExistsException"


@pytest.mark.parametrize("more", REFUSED.values(), ids=REFUSED.keys())
def test_create_session_refuses(unchecked, taken, more):
    body = steps.request(taken, **more)
    assert code_of(unchecked.create_session, **body) in INVALID
    if body["Id"] != taken:
        assert body["Id"] not in unchecked.list_sessions(MaxResults=1000)["Ids"]


@pytest.mark.parametrize("member", ["Id", "Role", "Command"])
def test_create_session_refuses_a_request_without(unchecked, taken, member):
    body = steps.request(taken)
    del body[member]
    assert code_of(unchecked.create_session, **body) in INVALID


MISSING = {
    "get_session": {},
    "stop_session": {},
    "delete_session": {},
    "run_statement": {"Code": "1"},
    "get_statement": {"SessionId": "taken"},
    "cancel_statement": {"Id": 1},
    "list_statements": {},
    "tag_resource": {"TagsToAdd": {"a": "b"}},
    "get_tags": {},
}


@pytest.mark.parametrize("call", MISSING)
def test_a_missing_required_member_is_refused(unchecked, taken, call):
    assert code_of(getattr(unchecked, call), **MISSING[call]) in INVALID


def test_a_list_page_holds_one_to_a_thousand(unchecked, taken):
    for size in (1, 1000):
        assert taken in unchecked.list_sessions(MaxResults=size)["Ids"] or size == 1
    for size in (0, -1, 1001):
        assert code_of(unchecked.list_sessions, MaxResults=size) in INVALID


def test_an_unknown_session_is_not_found_in_every_call_that_says_so(glue):
    for call, more in {
        "get_session": {"Id": "nobody"},
        "run_statement": {"SessionId": "nobody", "Code": "1"},
        "get_statement": {"SessionId": "nobody", "Id": 1},
        "list_statements": {"SessionId": "nobody"},
        "cancel_statement": {"SessionId": "nobody", "Id": 1},
    }.items():
        with pytest.raises(glue.exceptions.EntityNotFoundException) as caught:
            getattr(glue, call)(**more)
        assert "not found" in caught.value.response["Error"]["Message"], call


def test_a_session_that_is_not_ready_names_its_status(glue, taken):
    steps.wait_status(glue, taken, "STOPPED")
    with pytest.raises(glue.exceptions.InvalidInputException) as caught:
        glue.run_statement(SessionId=taken, Code="1")
    message = caught.value.response["Error"]["Message"]
    assert re.search(r"Session is not ready, session_id=taken, status=STOPPED", message), message


def test_cancel_in_a_stopped_session_is_an_illegal_state(glue, taken):
    assert code_of(glue.cancel_statement, SessionId=taken, Id=1) in (
        "IllegalSessionStateException",
        "EntityNotFoundException",
    )


def test_an_answer_carries_a_request_id(glue, taken):
    assert glue.get_session(Id=taken)["ResponseMetadata"]["RequestId"]


def test_a_spark_connect_endpoint_of_a_statement_session_is_refused(glue, taken):
    assert code_of(glue.get_session_endpoint, SessionId=taken) in (
        "OperationNotSupportedException",
        "IllegalSessionStateException",
    )


def test_an_operation_of_the_rest_of_glue_is_refused_as_unknown_not_as_broken(glue):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        glue.get_crawlers()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
