"""An interrupt ends the statement it names, soon, and no other one."""

import os
import time
import unittest

from session import KernelCase, in_both_modes

# How often the race is run; a long run is asked for with the variable.
RACES = int(os.environ.get("HEARTH_TEST_RACES", "200"))

ENDLESS = [
    "while True: pass",
    "import time; time.sleep(60)",
    "import os; _ = os.system('sleep 60')",
    "import subprocess; subprocess.run(['sleep', '60'])",
    "!sleep 60",
    "import threading; threading.Event().wait()",
    "import asyncio; await asyncio.sleep(60)",
    "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    "while True: print('x' * 100)",
    "import sys\ndef deep(n):\n    return deep(n - 1) if n else time.sleep(60)\ndeep(500)",
    "try:\n    time.sleep(60)\nfinally:\n    print('cleaned up')",
]


@in_both_modes
class Interrupts(KernelCase):
    def interrupted(self, code, after=0.3):
        stmt = self.kernel.start(code)
        time.sleep(after)
        began = time.monotonic()
        self.kernel.interrupt(stmt)
        outcome = self.kernel.finish(stmt)
        self.assertLess(time.monotonic() - began, 1.0)
        return outcome

    def test_endless_code(self):
        for code in ENDLESS:
            with self.subTest(code):
                outcome = self.interrupted(code)
                self.assertEqual(outcome.status, "cancelled")
                self.assertEqual(outcome.error["name"], "KeyboardInterrupt")
                self.assertEqual(self.run_code("1+1").text, "2")

    def interrupted_inside(self, code):
        """Run code that prints once it is where the interrupt is to find it."""
        stmt = self.kernel.start(code)
        self.kernel.until("stream")
        self.kernel.interrupt(stmt)
        return self.kernel.finish(stmt)

    def test_finally_runs(self):
        outcome = self.interrupted_inside(
            "import time\ntry:\n    print('in')\n    time.sleep(60)\nfinally:\n    print('cleaned up')"
        )
        self.assertEqual((outcome.status, outcome.printed()), ("cancelled", "cleaned up\n"))

    def test_error_in_its_place_is_still_a_cancel(self):
        outcome = self.interrupted_inside(
            "import time\ntry:\n    print('in')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    1/0"
        )
        self.assertEqual((outcome.status, outcome.error["name"]), ("cancelled", "ZeroDivisionError"))

    def test_swallowed_interrupt_can_be_repeated(self):
        stmt = self.kernel.start(
            "import time\ntry:\n    print('in')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('no')\ntime.sleep(60)"
        )
        self.kernel.until("stream")
        self.kernel.interrupt(stmt)
        self.kernel.until("stream")
        self.kernel.interrupt(stmt)
        self.assertEqual(self.kernel.finish(stmt).status, "cancelled")

    def test_swallowed_interrupt_and_a_good_end(self):
        outcome = self.interrupted_inside(
            "import time\ntry:\n    print('in')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass\n'fine'"
        )
        self.assertEqual((outcome.status, outcome.text), ("ok", "'fine'"))

    def test_keyboard_interrupt_of_the_users_own_is_an_error(self):
        self.assertEqual(self.run_code("raise KeyboardInterrupt").status, "error")

    def test_foreign_handlers_last_for_one_statement(self):
        self.run_code("import signal, time; _ = signal.signal(signal.SIGINT, signal.SIG_IGN)")
        self.assertEqual(self.interrupted("time.sleep(60)").status, "cancelled")

    def test_queued_statement_never_starts(self):
        first = self.kernel.start("import time; ran = []; time.sleep(0.5)")
        second = self.kernel.start("ran.append(2)")
        third = self.kernel.start("ran.append(3)")
        self.kernel.until("started")
        self.kernel.interrupt(second)
        frames = [self.kernel.until("result")[-1] for _ in range(3)]
        self.assertEqual({f["stmt"]: f["status"] for f in frames}, {first: "ok", second: "cancelled", third: "ok"})
        self.assertEqual(self.run_code("ran").text, "[3]")

    def test_other_numbers_are_left_alone(self):
        done = self.kernel.start("1")
        self.kernel.finish(done)
        stmt = self.kernel.start("import time; time.sleep(0.5); 'whole'")
        for other in (done, stmt + 1, 0, -1):
            self.kernel.interrupt(other)
        self.assertEqual(self.kernel.finish(stmt).text, "'whole'")

    def test_processes_of_former_statements_are_left_alone(self):
        self.run_code("import subprocess\nserver = subprocess.Popen(['sleep', '60'])")
        time.sleep(0.1)
        self.interrupted("import time; time.sleep(60)")
        self.assertEqual(self.run_code("server.poll() is None").text, "True")
        self.run_code("server.kill(); _ = server.wait()")

    def test_processes_of_the_next_statement_are_left_alone(self):
        self.run_code("import subprocess")
        for attempt in range(RACES // 10):
            stmt = self.kernel.start("import time; time.sleep(0.01)")
            time.sleep(attempt % 20 * 0.001)
            self.kernel.interrupt(stmt)
            following = self.kernel.start("subprocess.run(['sleep', '0.02']).returncode")
            self.kernel.finish(stmt)
            self.assertEqual(self.kernel.finish(following).text, "0")

    def test_stray_signals_mean_nothing(self):
        os.kill(self.kernel.process.pid, 2)
        stmt = self.kernel.start("import time; time.sleep(0.5); 'whole'")
        time.sleep(0.2)
        os.kill(self.kernel.process.pid, 2)
        self.assertEqual(self.kernel.finish(stmt).text, "'whole'")

    def test_race_with_the_end_of_the_statement(self):
        """The statement after an interrupted one is never hit."""
        for attempt in range(RACES):
            stmt = self.kernel.start("import time; time.sleep(0.0005)")
            time.sleep(attempt % 20 * 0.0001)
            self.kernel.interrupt(stmt)
            following = self.kernel.start(f"[{attempt} for _ in range(50)][0]")
            outcome = self.kernel.finish(stmt)
            self.assertIn(outcome.status, ("ok", "cancelled"))
            outcome = self.kernel.finish(following)
            self.assertEqual((outcome.status, outcome.text), ("ok", str(attempt)))

    def test_interrupts_while_printing_break_no_frame(self):
        """Output that is cut by an interrupt stays well formed and in order."""
        for attempt in range(RACES // 10):
            stmt = self.kernel.start("n = 0\nwhile True:\n    print(n); n += 1")
            self.kernel.until("started")
            time.sleep(attempt % 7 * 0.003)
            self.kernel.interrupt(stmt)
            outcome = self.kernel.finish(stmt)
            self.assertEqual(outcome.status, "cancelled")
            lines = outcome.printed().split("\n")
            self.assertEqual(lines[:-1], [str(n) for n in range(len(lines) - 1)])


if __name__ == "__main__":
    unittest.main()
