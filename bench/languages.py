"""The rows of Scala and SQL: through the Livy port, beside the same calls without it."""

import http.client
import json
import re
import subprocess
import sys
import time

ROUNDS = 6
WARM = 10  # rounds before, until the JVM has compiled what both run
CALLS = 25  # in each round, of each kind
POLL = 0.001  # seconds; a client that asks without a pause takes the processor from what it waits for

# The interpreter that runs this cell, found through the loader of its classes, and
# asked for the same cell as we are.
DIRECT_SCALA = """{
  def fields(c: Class[_]): Seq[java.lang.reflect.Field] = if (c == null) Nil else c.getDeclaredFields.toSeq ++ fields(c.getSuperclass)
  val loader = Thread.currentThread.getContextClassLoader
  val shell = fields(loader.getClass).filter(_.getName == "$outer").map { f => f.setAccessible(true); f.get(loader) }
    .collectFirst { case shell: scala.tools.nsc.interpreter.IMain => shell }.get
  val took = Seq.fill(CALLS) { val began = System.nanoTime; shell.interpret("1 + 1"); System.nanoTime - began }
  println(took.mkString("took [", ",", "]"))
}"""

DIRECT_SQL = """{
  val took = Seq.fill(CALLS) { val began = System.nanoTime; spark.sql("select 1").collect(); System.nanoTime - began }
  println(took.mkString("took [", ",", "]"))
}"""


def until(done, seconds):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s in vain")
        time.sleep(0.005)


class Livy:
    """One connection to the Livy port, and a session behind it."""

    def __init__(self, url):
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"))
        self._session = self._call("POST", "/sessions", {"kind": "spark"})["id"]
        until(lambda: self._call("GET", f"/sessions/{self._session}/state")["state"] == "idle", 120)

    def _call(self, method, path, body=None):
        self._connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return json.loads(text)

    def run(self, kind, code):
        """Runs a statement; gives its output and the seconds from accepted to readable."""
        path = f"/sessions/{self._session}/statements"
        number = self._call("POST", path, {"kind": kind, "code": code})["id"]
        began = time.perf_counter()
        while True:
            found = self._call("GET", f"{path}/{number}")
            if found["state"] == "available":
                took = time.perf_counter() - began
                assert found["output"]["status"] == "ok", found["output"]
                return found["output"]["data"], took
            time.sleep(POLL)

    def direct(self, code):
        """The seconds that a cell measured for the calls it made."""
        data, _ = self.run("spark", code.replace("CALLS", str(CALLS)))
        return [ns / 1e9 for ns in json.loads(re.search(r"took (\[.*\])", data["text/plain"])[1])]

    def close(self):
        self._call("DELETE", f"/sessions/{self._session}")
        self._connection.close()


def statement_costs(url):
    """Per row the seconds of the calls made directly, and through the Livy port."""
    livy = Livy(url)
    rows = {
        "Scala 1 + 1": (DIRECT_SCALA, "spark", "1 + 1"),
        "SQL select 1": (DIRECT_SQL, "sql", "select 1"),
    }
    took = {name: ([], []) for name in rows}
    for name, (direct, kind, code) in rows.items():
        for round_number in range(WARM + ROUNDS):
            plain = livy.direct(direct)
            ours = [livy.run(kind, code)[1] for _ in range(CALLS)]
            if round_number >= WARM:
                took[name][0].extend(plain)
                took[name][1].extend(ours)
    livy.close()
    return took


def our_start(url):
    """Seconds from the creation of a session to its first Scala result."""
    began = time.perf_counter()
    livy = Livy(url)
    data, _ = livy.run("spark", "1 + 1")
    took = time.perf_counter() - began
    assert "Int = 2" in data["text/plain"], data
    livy.close()
    return took


def shell_start(runtime, environment, home):
    """Seconds from the start of spark-shell to its first Scala result."""
    began = time.perf_counter()
    shell = subprocess.Popen(
        [runtime["spark_home"] + "/bin/spark-shell"],
        env=environment,
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    shell.stdin.write("1 + 1\n")
    shell.stdin.flush()
    for line in shell.stdout:
        if "Int = 2" in line:
            break
    took = time.perf_counter() - began
    shell.stdin.close()
    shell.stdout.read()
    shell.wait(timeout=60)
    return took
