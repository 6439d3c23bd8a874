"""The aws command line, unmodified, with nothing but --endpoint-url."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import steps

AWS = pathlib.Path(sys.executable).with_name("aws")


@pytest.fixture(scope="module")
def aws(server, tmp_path_factory):
    """Runs one `aws glue …` command and returns what it printed."""
    home = tmp_path_factory.mktemp("aws")
    environment = {
        **os.environ,
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "AKIDCLI",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_PAGER": "",
    }

    def run(*words, refused=False, service="glue"):
        done = subprocess.run(
            [AWS, "--endpoint-url", server.url, "--output", "json", service, *words],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if refused:
            assert done.returncode != 0, done.stdout
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


CREATE = ("create-session", "--role", steps.ROLE, "--command", "Name=glueetl,PythonVersion=3")


def read(aws, *words):
    return lambda: aws(*words)


def test_a_session_from_its_first_to_its_last_command(aws):
    version = os.environ.get("HEARTH_TEST_GLUE_VERSION", "5.1")
    made = aws(*CREATE, "--id", "cli", "--glue-version", version, "--tags", "team=cli", "--idle-timeout", "20")
    assert made["Session"]["Id"] == "cli"

    def get():
        return aws("get-session", "--id", "cli")["Session"]

    assert steps.poll(get, lambda s: s["Status"] != "PROVISIONING", "READY")["Status"] == "READY"

    number = str(aws("run-statement", "--session-id", "cli", "--code", "spark.range(4).count()")["Id"])
    one = ("get-statement", "--session-id", "cli", "--id", number)
    done = steps.poll(read(aws, *one), lambda a: a["Statement"]["State"] == "AVAILABLE", "a result")
    assert done["Statement"]["Output"]["Data"]["TextPlain"] == "4"

    endless = str(aws("run-statement", "--session-id", "cli", "--code", "while True: pass")["Id"])
    aws("cancel-statement", "--session-id", "cli", "--id", endless)
    one = ("get-statement", "--session-id", "cli", "--id", endless)
    steps.poll(read(aws, *one), lambda a: a["Statement"]["State"] == "CANCELLED", "CANCELLED")

    listed = aws("list-statements", "--session-id", "cli")["Statements"]
    assert [str(s["Id"]) for s in listed] == [number, endless]
    assert "cli" in aws("list-sessions")["Ids"]
    assert "cli" in aws("list-sessions", "--tags", "team=cli", "--max-results", "5")["Ids"]

    arn = "arn:aws:glue:eu-central-1:000000000000:session/cli"
    aws("tag-resource", "--resource-arn", arn, "--tags-to-add", "more=1")
    assert aws("get-tags", "--resource-arn", arn)["Tags"] == {"team": "cli", "more": "1"}
    aws("untag-resource", "--resource-arn", arn, "--tags-to-remove", "more")
    assert aws("get-tags", "--resource-arn", arn)["Tags"] == {"team": "cli"}

    assert aws("stop-session", "--id", "cli") == {"Id": "cli"}
    steps.poll(get, lambda s: s["Status"] == "STOPPED", "STOPPED")
    assert aws("delete-session", "--id", "cli") == {"Id": "cli"}
    assert "EntityNotFoundException" in aws("get-session", "--id", "cli", refused=True)


def test_input_in_the_shape_of_the_generated_skeleton(aws):
    skeleton = aws("create-session", "--generate-cli-skeleton")
    assert {"Id", "Role", "Command", "DefaultArguments", "Tags"} <= skeleton.keys()
    skeleton.update(
        Id="skeleton",
        Role=steps.ROLE,
        Description="",
        Command={"Name": "glueetl", "PythonVersion": "3"},
        Timeout=60,
        IdleTimeout=30,
        DefaultArguments={"KeyName": ""},
        Connections={"Connections": [""][:0]},
        NumberOfWorkers=2,
        WorkerType="G.1X",
        SecurityConfiguration="none",
        GlueVersion="5.1",
        Tags={"KeyName": ""},
        RequestOrigin="skeleton",
    )
    del skeleton["MaxCapacity"]
    if "SessionType" in skeleton:
        skeleton["SessionType"] = "LIVY"
    made = aws("create-session", "--cli-input-json", json.dumps(skeleton))["Session"]
    assert (made["Id"], made["NumberOfWorkers"], made["IdleTimeout"]) == ("skeleton", 2, 30)
    aws("delete-session", "--id", "skeleton")


def test_errors_reach_the_terminal_by_name(aws):
    assert "EntityNotFoundException" in aws("get-session", "--id", "nobody", refused=True)
    aws(*CREATE, "--id", "twice")
    assert "AlreadyExistsException" in aws(*CREATE, "--id", "twice", refused=True)
    message = aws("create-session", "--id", "x", "--role", "me-please-let-me-in-here", "--command", "Name=glueetl", refused=True)
    assert "InvalidInputException" in message or "ValidationException" in message
    aws("delete-session", "--id", "twice")


def test_who_am_i(aws):
    me = aws("get-caller-identity", service="sts")
    assert me["Account"] == "000000000000"
    assert me["Arn"].startswith("arn:aws:") and me["UserId"]


def test_a_role_can_be_assumed_and_its_credentials_used(aws, server):
    made = aws("assume-role", "--role-arn", steps.ROLE, "--role-session-name", "night", service="sts")["Credentials"]
    assumed = server.client(
        "sts",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    assert assumed.get_caller_identity()["Arn"] == "arn:aws:sts::000000000000:assumed-role/GlueRole/night"


def test_a_role_can_be_looked_up(aws):
    found = aws("get-role", "--role-name", "GlueRole", service="iam")["Role"]
    assert found["Arn"] == steps.ROLE
