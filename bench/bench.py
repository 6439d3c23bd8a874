"""How much faster, how much slower: Hearth beside what people have today, in the
same run on the same machine. It prints medians and ratios and judges nothing.

start-up       create → READY → first spark.range(10).count(), beside a plain
               PySpark script of the same runtime that does the same; create → first
               Scala cell, beside spark-shell.
per statement  from "accepted" to "the result can be read": Python's `1+1`, beside the
               same cell in an IPython shell of the same runtime; Scala's `1 + 1` and SQL's
               `select 1`, beside the same call on the session's own interpreter, made by a
               cell of that session.

Plain and ours take turns, so that a busy minute hurts both.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

import languages
from languages import until

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SCALA_ROUNDS = max(1, ROUNDS // 2)
STATEMENTS = 200
WARM = 100  # statements before: a session that has just started still gets ready for other languages

PLAIN = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[*]").getOrCreate()
assert spark.range(10).count() == 10
print("counted", flush=True)
"""

SHELL = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
took = []
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    shell.run_cell("1+1", store_history=False)
    took.append(time.perf_counter() - began)
print(json.dumps(took))
"""


def main(binary):
    runtime = default_runtime(binary)
    with tempfile.TemporaryDirectory(prefix="hearth-bench.") as home, served(binary, home) as url:
        glue = boto3.client(
            "glue", endpoint_url=url, region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="thing"
        )
        ours, plain = [], []
        for round_number in range(ROUNDS):
            plain.append(plain_start(runtime, home))
            ours.append(our_start(glue, f"bench-{round_number}"))
        report("start-up to the first count", "plain PySpark", plain, "hearth", ours, "s", 1)
        glue.create_session(**request("statements"))
        ready(glue, "statements")
        statement(glue, "statements", "1+1")
        bare = shell_cells(runtime, home)
        through = statement_costs(url, "statements")
        report("a statement, 1+1", "IPython itself", bare, "hearth", through, "ms", 1000)
        glue.delete_session(Id="statements")
        shells, cells = [], []
        for _ in range(SCALA_ROUNDS):
            shells.append(languages.shell_start(runtime, environment(runtime, home), home))
            cells.append(languages.our_start(url))
        report("start-up to the first Scala cell", "spark-shell", shells, "hearth", cells, "s", 1)
        measured = languages.statement_costs(url)
        for name, (direct, through) in measured.items():
            report(f"a statement, {name}", "the interpreter", direct, "hearth", through, "ms", 1000)


def report(what, left_name, left, right_name, right, unit, scale):
    a, b = statistics.median(left), statistics.median(right)
    print(f"\n{what} (median of {len(left)} and {len(right)})")
    for name, all_of_it in ((left_name, left), (right_name, right)):
        ordered = sorted(all_of_it)
        print(
            f"  {name:15} {statistics.median(ordered) * scale:9.2f} {unit}"
            f"   from {ordered[0] * scale:.2f} to {ordered[-1] * scale:.2f}"
        )
    print(f"  ratio           {b / a:9.2f}    difference {(b - a) * scale:+.2f} {unit}")


def default_runtime(binary):
    """Returns the installed default runtime as `hearth runtime list` tells it."""
    listed = json.loads(subprocess.check_output([binary, "runtime", "list", "-json"]))
    for row in listed["runtimes"]:
        if row["default"] and row.get("installed"):
            print(f"runtime {row['name']}: Spark {row['spark']}, {os.cpu_count()} cores, {ROUNDS} rounds")
            return row["installed"]
    sys.exit("the default runtime is not installed. Type: bin/hearth runtime install")


@contextlib.contextmanager
def served(binary, home, *more):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(os.path.join(home, "server.log"), "wb") as log:
        server = subprocess.Popen(
            [binary, "serve", "-listen", f"127.0.0.1:{port}", "-data", os.path.join(home, "data"), *more],
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: healthy(url), 60)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def healthy(url):
    try:
        return urllib.request.urlopen(url + "/healthz", timeout=5).status == 200
    except OSError:
        return False


def environment(runtime, home):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    if runtime.get("java_home"):
        own["JAVA_HOME"] = runtime["java_home"]
    # Java reads no variable for the place of temporary files, and a killed process would leave
    # them in the system's.
    place = {"SPARK_LOCAL_DIRS": home, "JAVA_TOOL_OPTIONS": "-Djava.io.tmpdir=" + home}
    return {**own, **place, "PYSPARK_PYTHON": runtime["python"]}


def plain_start(runtime, home):
    """Seconds from the start of a plain PySpark script to its first count."""
    began = time.perf_counter()
    script = subprocess.Popen(
        [runtime["python"], "-c", PLAIN],
        env=environment(runtime, home),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = script.stdout.readline()
    took = time.perf_counter() - began
    assert line.strip() == "counted", "plain PySpark failed"
    script.stdout.close()
    script.wait(timeout=60)
    return took


def request(session_id):
    return {
        "Id": session_id,
        "Role": "arn:aws:iam::000000000000:role/Bench",
        "Command": {"Name": "glueetl", "PythonVersion": "3"},
    }


def ready(glue, session_id):
    until(lambda: glue.get_session(Id=session_id)["Session"]["Status"] == "READY", 120)


def statement(glue, session_id, code):
    number = glue.run_statement(SessionId=session_id, Code=code)["Id"]
    until(lambda: glue.get_statement(SessionId=session_id, Id=number)["Statement"]["State"] == "AVAILABLE", 120)


def our_start(glue, session_id):
    began = time.perf_counter()
    glue.create_session(**request(session_id))
    ready(glue, session_id)
    statement(glue, session_id, "spark.range(10).count()")
    took = time.perf_counter() - began
    glue.delete_session(Id=session_id)
    return took


def shell_cells(runtime, home):
    out = subprocess.check_output(
        [runtime["python"], "-c", SHELL, str(STATEMENTS)], cwd=home, text=True, env={**os.environ, "IPYTHONDIR": home}
    )
    return json.loads(out.splitlines()[-1])


def statement_costs(url, session_id):
    """Seconds from an accepted RunStatement to the read of its result, without the
    time that boto3 itself takes."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def call(operation, body):
        connection.request(
            "POST",
            "/",
            json.dumps(body),
            {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AWSGlue." + operation,
                "Authorization": "AWS4-HMAC-SHA256 Credential=any/20260101/eu-central-1/glue/aws4_request, "
                "SignedHeaders=host, Signature=" + "0" * 64,
            },
        )
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)

    took = []
    for _ in range(WARM + STATEMENTS):
        number = call("RunStatement", {"SessionId": session_id, "Code": "1+1"})["Id"]
        began = time.perf_counter()
        while True:
            found = call("GetStatement", {"SessionId": session_id, "Id": number})["Statement"]
            if found["State"] == "AVAILABLE":
                break
        took.append(time.perf_counter() - began)
    connection.close()
    return took[WARM:]


if __name__ == "__main__":
    main(sys.argv[1])
