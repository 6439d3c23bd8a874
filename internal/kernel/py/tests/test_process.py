"""The kernel as a process: its start and end, its children, its protocol."""

import os
import signal
import time
import unittest

from session import KernelCase, in_both_modes

EXITS = [
    # code, value of the error
    ("exit()", "None"),
    ("quit(0)", "0"),
    ("import sys\nsys.exit(0)", "0"),
    ("exit(3)", "3"),
    ("import sys; sys.exit('sorry')", "sorry"),
    ("raise SystemExit", ""),
    ("import sys\ntry:\n    1/0\nexcept Exception:\n    sys.exit(300)", "300"),
]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, patience=10):
    deadline = time.monotonic() + patience
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@in_both_modes
class Ends(KernelCase):
    def test_exit_is_an_error_and_the_session_goes_on(self):
        self.run_code("x = 1")
        for code, value in EXITS:
            with self.subTest(code):
                outcome = self.run_code(code)
                self.assertEqual((outcome.status, outcome.error["name"], outcome.error["value"]), ("error", "SystemExit", value))
                self.assertEqual(outcome.streams, [])
                self.assertEqual(self.run_code("x").text, "1")

    def test_exit_of_the_process_ends_it(self):
        kernel = self.fresh()
        kernel.start("import os; os._exit(3)")
        with self.assertRaises(EOFError):
            kernel.until("result")
        self.assertEqual(kernel.wait(), 3)

    def test_atexit_functions_run_and_may_not_hold_up(self):
        kernel = self.fresh()
        kernel.run("import atexit, threading\n_ = atexit.register(print, 'goodbye')")
        kernel.run("threading.Thread(target=threading.Event().wait).start()")
        kernel.send(type="shutdown")
        self.assertEqual(kernel.wait(), 0)
        self.assertIn("goodbye\n", kernel.log())

    def test_a_killed_process_has_said_every_line(self):
        kernel = self.fresh()
        kernel.start("import os\nfor n in range(1000): print(n)\nos.kill(os.getpid(), 9)")
        frames = []
        with self.assertRaises(EOFError):
            while True:
                frames.append(kernel.receive())
        self.assertEqual("".join(f.get("text", "") for f in frames), "".join(f"{n}\n" for n in range(1000)))

    def test_exit_in_a_thread_ends_the_thread(self):
        code = "import sys, threading\nt = threading.Thread(target=sys.exit); t.start(); t.join()\n1"
        self.assertEqual(self.run_code(code).text, "1")

    def test_shutdown_ends_in_order(self):
        kernel = self.fresh()
        running = kernel.start("import time; time.sleep(60)")
        queued = kernel.start("1")
        kernel.until("started")
        kernel.send(type="shutdown")
        results = [kernel.until("result")[-1] for _ in range(2)]
        self.assertEqual({f["stmt"]: f["status"] for f in results}, {running: "cancelled", queued: "cancelled"})
        self.assertEqual(kernel.wait(), 0)

    def test_death_of_the_supervisor_ends_everything_at_once(self):
        for code in ("1", "while True: pass", "import time; time.sleep(60)"):
            with self.subTest(code):
                kernel = self.fresh()
                pids = eval(
                    kernel.run(
                        "import subprocess as s\n"
                        "a = s.Popen(['sleep', '60'])\n"
                        "b = s.Popen('sleep 60 & sleep 60; wait', shell=True, start_new_session=True)\n"
                        "a.pid, b.pid"
                    ).text
                )
                kernel.start(code)
                kernel.until("started")
                kernel.hang_up()
                kernel.wait()
                for pid in pids:
                    self.assertTrue(wait_for(lambda: not alive(pid)), f"process {pid} lives on")

    def test_children_do_not_hold_the_pipes(self):
        kernel = self.fresh()
        kernel.run("import subprocess as s\np = s.Popen(['sleep', '60'], close_fds=False, start_new_session=True)")
        pid = int(kernel.run("p.pid").text)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        kernel.run("import os")
        kernel.start("os._exit(7)")
        with self.assertRaises(EOFError):
            kernel.until("result")
        self.assertEqual(kernel.wait(), 7)
        self.assertTrue(alive(pid))


@in_both_modes
class Forks(KernelCase):
    def test_child_prints_through_the_parent(self):
        outcome = self.run_code(
            "import os\nprint('before')\nif os.fork() == 0:\n    print('child')\n    os._exit(0)\n_ = os.wait()\nprint('parent')"
        )
        self.assertEqual((outcome.status, outcome.printed()), ("ok", "before\nchild\nparent\n"))

    def test_child_that_comes_to_the_end_of_the_statement_just_ends(self):
        outcome = self.run_code("import os\npid = os.fork()\nif pid: _, status = os.wait()\n'value'")
        self.assertEqual([f["type"] for f in outcome.frames if f["type"] != "stream"], ["started", "result"])
        self.assertEqual(self.run_code("status").text, "0")

    def test_error_of_a_child_is_printed(self):
        outcome = self.run_code("import os\nif os.fork() == 0: 1/0\n_, status = os.wait()")
        self.assertIn("ZeroDivisionError", outcome.printed("stderr"))
        self.assertEqual(self.run_code("os.WEXITSTATUS(status)").text, "1")

    def test_grandchildren_wait_for_no_thread_that_is_not_there(self):
        # Threads that print hold the lock of the output when the child is made, in
        # which they are not and never let go of it.
        outcome = self.run_code(
            "import os, signal, threading\nprinting = True\n"
            "def printer():\n    while printing: print('.', end='')\n"
            "threads = [threading.Thread(target=printer) for _ in range(3)]\n"
            "for t in threads: t.start()\n"
            "ends = set()\n"
            "for _ in range(30):\n"
            "    if (child := os.fork()) == 0:\n"
            "        signal.alarm(5)\n"
            "        if os.fork() == 0: os._exit(0)\n"
            "        os.wait()\n"
            "        os._exit(0)\n"
            "    ends.add(os.waitpid(child, 0)[1])\n"
            "printing = False\n"
            "for t in threads: t.join()\n"
            "ends"
        )
        self.assertEqual((outcome.error, outcome.text), (None, "{0}"))

    def test_multiprocessing(self):
        self.run_code("import multiprocessing\nforked = multiprocessing.get_context('fork')")
        self.run_code("def work(n):\n    print('work', n, flush=True)\n    return n * n")
        outcome = self.run_code("with forked.Pool(2) as pool: squares = pool.map(work, range(4))\nsquares")
        self.assertEqual(outcome.text, "[0, 1, 4, 9]")
        self.assertEqual(sorted(outcome.printed().split("\n")), ["", "work 0", "work 1", "work 2", "work 3"])


@in_both_modes
class Protocol(KernelCase):
    def test_start(self):
        first = self.kernel.starting[0]
        self.assertEqual(
            first, {"type": "hello", "proto": 1, "role": "python", "pid": self.kernel.process.pid}
        )
        self.assertEqual(self.kernel.starting[-1]["info"]["python_version"].count("."), 2)
        values = [f["value"] for f in self.kernel.starting if f["type"] == "phase"]
        self.assertEqual(values, sorted(values))

    def test_statements_run_once(self):
        self.run_code("runs = 0")
        stmt = self.kernel.start("runs += 1")
        self.kernel.send(type="execute", stmt=stmt, code="runs += 1")
        self.kernel.finish(stmt)
        self.kernel.send(type="execute", stmt=stmt, code="runs += 1")
        self.assertEqual(self.run_code("runs").text, "1")

    def test_statements_run_in_their_order(self):
        self.run_code("order = []")
        numbers = [self.kernel.start(f"order.append({n})") for n in range(20)]
        for number in numbers:
            self.kernel.finish(number)
        self.assertEqual(self.run_code("order").text, repr(list(range(20))))

    def test_unknown_frames_and_fields_are_skipped(self):
        self.kernel.send(type="from the future", anything=[1])
        self.kernel.send(type="phase")
        self.assertEqual(self.run_code("1").text, "1")

    def test_kernel_leads_its_group(self):
        self.assertEqual(os.getpgid(self.kernel.process.pid), self.kernel.process.pid)


if __name__ == "__main__":
    unittest.main()
