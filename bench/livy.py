"""Hearth beside Apache Livy 0.9.0, row by row in the same units.

Livy's column is quoted, not measured here: somebody's record of one run of Livy 0.9.0
on two cores, local[2], Spark 3.5.6 and Java 17, as no build of it can be had from a
package registry. Ours is measured now, on this machine, in the same way: over HTTP,
with a client that polls every 10 ms. So the ratio holds for machines like that one.
"""

import http.client
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import bench

ROUNDS = max(1, int(os.environ.get("ROUNDS", "5")) // 2)
CALLS = 100
POLL = 0.010

# name: (what Livy 0.9.0 took, the middle where a range is known, and its unit)
QUOTED = {
    "memory of the idle server": (224, "MB"),
    "memory of a session's JVM": (530, "MB"),
    "POST /sessions": (190, "ms"),
    "session to idle, alone": (10.4, "s"),
    "session to idle, beside another": (21, "s"),
    "first Python statement": (1.5, "s"),
    "first spark.range.show()": (4.7, "s"),
    "first SQL statement": (2.6, "s"),
    "Python 1+1": (11.9, "ms"),
    "Python 1+1, 95th of 100": (26, "ms"),
    "its POST alone": (6.2, "ms"),
    "SQL select 1": (400, "ms"),
    "SQL select 1, 95th of 100": (915, "ms"),
    "Scala 1+1": (365, "ms"),
    "Scala 1+1, 95th of 100": (660, "ms"),
    "cancel of a Spark job": (0.15, "s"),
    "cancel of a Python loop": (None, "s"),
    "20 MB of text": (2.5, "s"),
    "a trivial batch to success": (15.1, "s"),
    "a failing batch to dead": (2.7, "s"),
    "a heartbeat's end, late by up to": (60, "s"),
}

RANGES = {"memory of a session's JVM": "515 to 550 MB", "session to idle, beside another": "17 to 26 s"}

# A job that says when it runs, and would not end.
JOB = """
def task(_):
    import time
    open({started!r}, "w").close()
    time.sleep(3600)
sc.parallelize(range(2), 2).foreach(task)
"""
LOOP = "open({started!r}, 'w').close()\nwhile True: pass"
TRIVIAL = "from pyspark.sql import SparkSession\nassert SparkSession.builder.getOrCreate().range(10).count() == 10\n"


class Livy:
    """One connection, with a clock."""

    def __init__(self, url):
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def call(self, method, path, body=None):
        self._connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return json.loads(text)

    def until(self, path, done, seconds=300):
        end = time.monotonic() + seconds
        while not done(found := self.call("GET", path)):
            assert time.monotonic() < end, f"waited {seconds} s in vain; {path}: {found}"
            time.sleep(POLL)
        return found

    def create(self, **body):
        """Makes a session; gives its path and the seconds to the answer and to idle."""
        began = time.perf_counter()
        path = f"/sessions/{self.call('POST', '/sessions', body)['id']}"
        answered = time.perf_counter() - began
        self.until(path + "/state", lambda found: found["state"] == "idle")
        return path, answered, time.perf_counter() - began

    def run(self, session, kind, code):
        """Runs a statement; gives the seconds of its POST and those to the result."""
        began = time.perf_counter()
        path = f"{session}/statements/{self.call('POST', session + '/statements', {'kind': kind, 'code': code})['id']}"
        posted = time.perf_counter() - began
        found = self.until(path, lambda found: found["state"] == "available")
        assert found["output"]["status"] == "ok", found["output"]
        return posted, time.perf_counter() - began

    def batch(self, file, state):
        """Seconds from the POST of a batch to its last state, which must be this one."""
        began = time.perf_counter()
        path = f"/batches/{self.call('POST', '/batches', {'file': str(file)})['id']}/state"
        found = self.until(path, lambda found: found["state"] in ("success", "dead", "killed"))
        assert found["state"] == state, found
        return time.perf_counter() - began


def main(binary):
    bench.default_runtime(binary)
    took = {name: [] for name in QUOTED}
    with tempfile.TemporaryDirectory(prefix="hearth-bench.") as folder:
        home = pathlib.Path(folder)
        (home / "trivial.py").write_text(TRIVIAL)
        (home / "failing.py").write_text("raise SystemExit(1)")
        with bench.served(binary, folder, "-files", folder) as url:
            took["memory of the idle server"].append(memory(home, "hearth"))
            for number in range(ROUNDS):
                measure(Livy(url), home, took, number)
    report(took)


def measure(livy, home, took, number):
    session, answered, idle = livy.create(kind="pyspark")
    took["POST /sessions"].append(answered * 1000)
    took["session to idle, alone"].append(idle)
    took["first Python statement"].append(livy.run(session, "pyspark", "1+1")[1])
    took["first spark.range.show()"].append(livy.run(session, "pyspark", "spark.range(10).show()")[1])
    took["memory of a session's JVM"].append(memory(home, "java"))
    warm(livy, session, took)
    took["20 MB of text"].append(livy.run(session, "pyspark", "print('x' * 20_000_000)")[1])
    for name, code in {"cancel of a Spark job": JOB, "cancel of a Python loop": LOOP}.items():
        took[name].append(cancelled(livy, session, code, home / f"{name}.{number}"))
    other, _, beside = livy.create(kind="sql", heartbeatTimeoutInSecond=2)
    took["session to idle, beside another"].append(beside)
    took["first SQL statement"].append(livy.run(other, "sql", "select 1")[1])
    took["a heartbeat's end, late by up to"].append(late(livy, other))
    livy.call("DELETE", session)
    took["a trivial batch to success"].append(livy.batch(home / "trivial.py", "success"))
    took["a failing batch to dead"].append(livy.batch(home / "failing.py", "dead"))


def warm(livy, session, took):
    for name, kind, code in (("Python 1+1", "pyspark", "1+1"), ("SQL select 1", "sql", "select 1"), ("Scala 1+1", "spark", "1+1")):
        for _ in range(10):
            livy.run(session, kind, code)
        calls = [livy.run(session, kind, code) for _ in range(CALLS)]
        results = sorted(result * 1000 for _, result in calls)
        took[name].append(statistics.median(results))
        took[name + ", 95th of 100"].append(results[94])
        if kind == "pyspark":
            took["its POST alone"].append(statistics.median(posted * 1000 for posted, _ in calls))


def cancelled(livy, session, code, started):
    """Seconds from the cancel of code that runs to a session that is idle."""
    path = f"{session}/statements"
    number = livy.call("POST", path, {"kind": "pyspark", "code": code.format(started=str(started))})["id"]
    bench.until(started.exists, 60)
    began = time.perf_counter()
    livy.call("POST", f"{path}/{number}/cancel")
    livy.until(session + "/state", lambda found: found["state"] == "idle")
    return time.perf_counter() - began


def late(livy, session):
    """Seconds that a session outlives the two of its heartbeat."""
    livy.call("GET", session + "/state")
    began = time.perf_counter()
    # The list renews no heartbeat.
    gone = "shutting_down", "dead"
    number = int(session.rsplit("/", 1)[1])
    livy.until("/sessions", lambda found: all(one["state"] in gone for one in found["sessions"] if one["id"] == number))
    return time.perf_counter() - began - 2


def memory(home, program):
    """Resident megabytes of the program's processes that know this folder."""
    total = 0
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            around = (folder / "environ").read_bytes()
            if os.path.basename(command.split(b"\0")[0]).decode() == program and str(home).encode() in command + around:
                rows = (folder / "status").read_text().splitlines()
                total += sum(int(row.split()[1]) for row in rows if row.startswith("VmRSS:")) / 1024
        except OSError:  # it ended meanwhile
            continue
    assert total, f"no {program} runs here"
    return total


def report(took):
    print(f"\nApache Livy 0.9.0 (quoted) and Hearth (measured, median of {ROUNDS})\n")
    print("| what | Livy 0.9.0, quoted | Hearth, measured | ratio |\n|---|---|---|---|")
    for name, (quoted, unit) in QUOTED.items():
        ours = statistics.median(took[name])
        digits = 0 if unit == "MB" else 2 if unit == "s" else 1
        theirs = RANGES.get(name) or (f"{quoted} {unit}" if quoted else "not before the code ends")
        ratio = f"{ours / quoted:.2f}" if quoted else ""
        print(f"| {name} | {theirs} | {ours:.{digits}f} {unit} | {ratio} |")


if __name__ == "__main__":
    main(sys.argv[1])
