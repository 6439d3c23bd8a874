"""Steps that tests are made of: create, wait, run. Waiting is polling the API
up to a generous deadline; no test asserts how long something took."""

import json
import os
import pathlib
import subprocess
import time
import uuid

ROLE = "arn:aws:iam::000000000000:role/GlueRole"
MARK = "LC_HEARTH_TEST"
FINAL_SESSION = {"STOPPED", "FAILED", "TIMEOUT"}
FINAL_STATEMENT = {"AVAILABLE", "ERROR", "CANCELLED"}


def poll(read, done, what, deadline=180):
    """Reads until done(value) holds and returns that value."""
    end = time.monotonic() + deadline
    while True:
        value = read()
        if done(value):
            return value
        assert time.monotonic() < end, f"waited {deadline} s for {what}; last seen: {value!r}"
        time.sleep(0.05)


def request(session_id=None, **more):
    """The smallest CreateSession that real clients send."""
    body = {
        "Id": session_id or f"test-{uuid.uuid4()}",
        "Role": ROLE,
        "Command": {"Name": "glueetl", "PythonVersion": "3"},
    }
    if version := os.environ.get("HEARTH_TEST_GLUE_VERSION"):
        body["GlueVersion"] = version
    return {**body, **more}


def create(glue, session_id=None, **more):
    return glue.create_session(**request(session_id, **more))["Session"]["Id"]


def status(glue, session_id):
    return glue.get_session(Id=session_id)["Session"]["Status"]


def wait_ready(glue, session_id):
    def read():
        return glue.get_session(Id=session_id)["Session"]

    found = poll(read, lambda s: s["Status"] != "PROVISIONING", "READY")
    assert found["Status"] == "READY", found.get("ErrorMessage", found)
    return found


def wait_status(glue, session_id, wanted, deadline=180):
    return poll(lambda: status(glue, session_id), lambda s: s == wanted, wanted, deadline)


def submit(glue, session_id, code):
    return glue.run_statement(SessionId=session_id, Code=code)["Id"]


def statement(glue, session_id, number):
    return glue.get_statement(SessionId=session_id, Id=number)["Statement"]


def finish(glue, session_id, number, deadline=180):
    return poll(
        lambda: statement(glue, session_id, number),
        lambda s: s["State"] in FINAL_STATEMENT,
        f"the end of statement {number}",
        deadline,
    )


def run(glue, session_id, code, deadline=180):
    """Runs code to its end and returns the statement."""
    return finish(glue, session_id, submit(glue, session_id, code), deadline)


def text(glue, session_id, code, deadline=180):
    """Runs code that must succeed and returns its text."""
    done = run(glue, session_id, code, deadline)
    assert (done["State"], done["Output"]["Status"]) == ("AVAILABLE", "ok"), done["Output"]
    return done["Output"]["Data"]["TextPlain"]


def wait_file(path, deadline=120):
    """Waits until code in a session has written a marker file."""
    poll(path.exists, lambda there: there, f"{path.name}, written by the session", deadline)


def marked_processes(mark):
    """Lists (pid, command line) of live processes that carry a server's mark."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append((int(entry.name), command[:160]))
        except OSError:
            continue  # it ended while we looked, or is not ours to read
    return found


def runtime():
    """The installed runtime that the server gives to sessions which ask for none."""
    listed = subprocess.check_output([os.environ["HEARTH_BINARY"], "runtime", "list", "-json"])
    rows = json.loads(listed)["runtimes"]
    name = os.environ.get("HEARTH_TEST_RUNTIME") or next(row["name"] for row in rows if row.get("default"))
    return next(row["installed"] for row in rows if row["name"] == name)


def compile_scala(source, jar):
    """Makes a jar of a file of Scala, by the compiler that the runtime's Spark carries."""
    ours = runtime()
    compiler = [ours["java"], "-cp", os.pathsep.join(ours["class_path"]), "scala.tools.nsc.Main", "-usejavacp"]
    subprocess.run([*compiler, "-d", str(jar), str(source)], check=True)
