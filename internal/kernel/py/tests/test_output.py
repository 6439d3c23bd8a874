"""What is printed: by whom it was, in which order, how much of it."""

import time
import unittest

from session import KernelCase, in_both_modes

MARK = "\n… output truncated after {} bytes; the rest is in the session log\n"

C_PRINT = """
import ctypes
libc = ctypes.CDLL(None)
def c_print(text):
    libc.printf(b"%s", text)
"""


@in_both_modes
class Order(KernelCase):
    def test_streams_keep_one_order(self):
        outcome = self.run_code(
            "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\nprint('d')\nprint('e', file=sys.stderr)"
        )
        self.assertEqual(
            outcome.turns, [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c\nd\n"), ("stderr", "e\n")]
        )

    def test_subprocess(self):
        outcome = self.run_code("import os\nprint('a')\nos.system('echo b')\nprint('c')\nx = os.system('echo d >&2')")
        self.assertEqual(outcome.turns, [("stdout", "a\nb\nc\n"), ("stderr", "d\n")])

    def test_c_code(self):
        self.run_code(C_PRINT)
        outcome = self.run_code("print('a'); _ = c_print(b'b\\n'); print('c'); _ = c_print(b'd')")
        self.assertEqual(outcome.printed(), "a\nb\nc\nd")

    def test_descriptor(self):
        outcome = self.run_code("import os, sys\nprint('a')\n_ = os.write(sys.stdout.fileno(), b'b')\nprint('c')")
        self.assertEqual(outcome.printed(), "a\nbc\n")

    def test_shell_escape(self):
        self.assertEqual(self.run_code("!echo from a shell").printed(), "from a shell\n")

    def test_much_output_of_a_subprocess(self):
        outcome = self.run_code("import os\n_ = os.system('seq 300000')\nprint('end')")
        self.assertEqual(outcome.printed(), "".join(f"{n}\n" for n in range(1, 300001)) + "end\n")

    def test_long_output_comes_in_chunks_while_it_is_made(self):
        outcome = self.run_code("for i in range(40000): print('line', i, end=';')\nprint()")
        self.assertEqual(outcome.printed(), "".join(f"line {n};" for n in range(40000)) + "\n")
        self.assertGreater(len(outcome.streams), 3)
        self.assertTrue(all(len(text.encode()) <= 64 << 10 for _, text in outcome.streams))

    def test_one_long_text_is_cut_into_chunks(self):
        for letter in ("x", "ü", "𝄞"):
            outcome = self.run_code(f"print({letter!r} * 100000)")
            self.assertEqual(outcome.printed(), letter * 100000 + "\n")
            self.assertTrue(all(len(text.encode()) <= 64 << 10 for _, text in outcome.streams))

    def test_output_comes_within_the_interval(self):
        stmt = self.kernel.start("import time; print('now'); time.sleep(5)")
        self.kernel.until("started")
        said = ""
        while not said.endswith("\n"):
            said += self.kernel.receive(patience=2)["text"]
        self.assertEqual(said, "now\n")
        self.kernel.interrupt(stmt)
        self.kernel.finish(stmt)


@in_both_modes
class Text(KernelCase):
    def test_unicode(self):
        self.assertEqual(self.run_code("print('grüße ☃ 𝄞')").printed(), "grüße ☃ 𝄞\n")

    def test_line_ends_are_left_alone(self):
        self.assertEqual(self.run_code("print('a\\r\\nb\\rc')").printed(), "a\r\nb\rc\n")
        self.assertEqual(self.run_code("import os; _ = os.system('printf \"a\\\\r\\\\nb\"')").printed(), "a\r\nb")

    def test_lone_surrogates_do_not_break_the_protocol(self):
        self.assertEqual(self.run_code("print('\\ud800')").printed(), "?\n")
        self.assertEqual(self.run_code("'\\ud800'").text, "'\\ud800'")

    def test_bytes(self):
        self.assertEqual(self.run_code("import sys; _ = sys.stdout.buffer.write('ü'.encode())").printed(), "ü")
        self.assertEqual(self.run_code("_ = sys.stdout.buffer.write(b'\\xff')").printed(), "\ufffd")

    def test_characters_in_pieces(self):
        code = "import os, time\nfor b in 'ü𝄞'.encode():\n    _ = os.write(1, bytes([b])); time.sleep(0.02)"
        self.assertEqual(self.run_code(code).printed(), "ü𝄞")

    def test_unfinished_characters_end_with_their_statement(self):
        self.assertEqual(self.run_code("import os; _ = os.write(1, b'\\xc3')").printed(), "\ufffd")
        self.assertEqual(self.run_code("print('next')").printed(), "next\n")

    def test_streams_look_like_files(self):
        code = "import sys\n[(s.isatty(), s.encoding, s.fileno(), s.writable(), s.closed) for s in (sys.stdout, sys.stderr)]"
        self.assertEqual(
            self.run_code(code).text, "[(False, 'utf-8', 1, True, False), (False, 'utf-8', 2, True, False)]"
        )

    def test_wrong_writes_are_refused(self):
        self.assertEqual(self.run_code("sys.stdout.write(1)").error["name"], "TypeError")

    def test_redirection(self):
        code = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as caught: print('in')\nprint('out')\ncaught.getvalue()"
        outcome = self.run_code(code)
        self.assertEqual((outcome.text, outcome.printed()), ("'in\\n'", "out\n"))

    def test_logging_and_warnings(self):
        code = "import logging, warnings\nlogging.warning('careful')\nwarnings.warn('old')"
        printed = self.run_code(code).printed("stderr")
        self.assertIn("WARNING:root:careful\n", printed)
        self.assertIn("<stdin>:3: UserWarning: old\n", printed)

    def test_closing_a_stream_closes_nothing(self):
        self.run_code("sys.stdout.close()")
        self.assertEqual(self.run_code("print('still')").printed(), "still\n")

    def test_closing_the_descriptors_closes_the_descriptors_alone(self):
        kernel = self.fresh()
        kernel.run("import os; os.close(1); os.close(2)")
        self.assertEqual(kernel.run("print('still')").printed(), "still\n")


@in_both_modes
class Threads(KernelCase):
    def test_thread_belongs_to_the_statement_that_started_it(self):
        kernel = self.fresh()
        kernel.run(
            "import threading\ngo = threading.Event(); done = threading.Event()\n"
            "def late():\n    go.wait(); print('late one'); print('late two'); done.set()\n"
            "threading.Thread(target=late).start()"
        )
        outcome = kernel.run("go.set(); _ = done.wait(5); print('mine')")
        self.assertEqual(outcome.streams, [("stdout", "mine\n")])
        self.assertIn("[statement 1] late one\n[statement 1] late two\n", kernel.log())

    def test_pool_works_for_who_submits(self):
        self.run_code("from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(print, 'a').result()")
        self.assertEqual(self.run_code("pool.submit(print, 'b').result()").printed(), "b\n")

    def test_thread_pool_works_for_who_submits(self):
        kernel = self.fresh()
        kernel.run(
            "from multiprocessing.pool import ThreadPool\nimport threading\npool = ThreadPool(1)\ngo = threading.Event()\n"
            "def late():\n    go.wait(); print('late')\npool.map(print, 'a')\nlast = pool.apply_async(late)"
        )
        later = "done = pool.apply_async(print, 'b')\ngo.set(); last.get(); done.get()\npool.map(print, 'c'); pool.starmap(print, [('d', 'e')])"
        self.assertEqual(kernel.run(later).printed(), "b\nc\nd e\n")
        self.assertIn("[statement 1] late\n", kernel.log())
        lazily = "list(pool.imap(print, 'f')); list(pool.imap_unordered(print, 'g', 2)); pool.apply(print, 'h')\npool.map(func=len, iterable=['four'])"
        outcome = kernel.run(lazily)
        self.assertEqual((outcome.printed(), outcome.text), ("f\ng\nh\n", "[4]"))

    def test_errors_of_threads_are_printed(self):
        code = "import threading\nt = threading.Thread(target=lambda: 1/0); t.start(); t.join()"
        self.assertIn("ZeroDivisionError: division by zero\n", self.run_code(code).printed("stderr"))

    def test_many_threads_keep_their_lines(self):
        code = (
            "def work(n):\n    for i in range(200): print(f'{n}:{i}\\n', end='')\n"
            "ts = [threading.Thread(target=work, args=(n,)) for n in range(8)]\n"
            "for t in ts: t.start()\nfor t in ts: t.join()"
        )
        self.run_code("import threading")
        lines = self.run_code(code).printed().splitlines()
        self.assertEqual(sorted(lines), sorted(f"{n}:{i}" for n in range(8) for i in range(200)))

    def test_background_process_between_statements_goes_to_the_log(self):
        kernel = self.fresh()
        kernel.run("import subprocess\np = subprocess.Popen('sleep 0.3; echo from behind', shell=True)")
        deadline = time.monotonic() + 10
        while "from behind\n" not in kernel.log() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(kernel.run("print('mine')").streams, [("stdout", "mine\n")])
        self.assertIn("from behind\n", kernel.log())


@in_both_modes
class Limits(KernelCase):
    def test_text_beyond_the_limit_goes_to_the_log(self):
        kernel = self.fresh()
        outcome = kernel.run("print('a' * 50)\nprint('b' * 100)\nprint('tail')", limit=100)
        self.assertEqual(outcome.printed(), "a" * 50 + "\n" + "b" * 49 + MARK.format(100))
        self.assertEqual(kernel.log(), "b" * 51 + "\ntail\n")
        self.assertEqual(kernel.run("print('next')", limit=100).printed(), "next\n")

    def test_the_log_takes_the_limit_once_more_and_then_nothing(self):
        kernel = self.fresh()
        kernel.run("for _ in range(100): print('x' * 9)", limit=100)
        self.assertEqual(kernel.log(), ("x" * 9 + "\n") * 10 + "\n… more output of statement 1 is dropped\n")

    def test_characters_are_not_cut(self):
        self.assertEqual(self.run_code("print('ü' * 10)", limit=5).printed(), "üü" + MARK.format(5))

    def test_limit_counts_both_streams(self):
        outcome = self.run_code("import sys\nprint('a' * 9)\nprint('b' * 9, file=sys.stderr)\nprint('c')", limit=15)
        self.assertEqual(outcome.printed() + outcome.printed("stderr"), "a" * 9 + "\n" + "b" * 5 + MARK.format(15))

    def test_subprocesses_are_limited_too(self):
        outcome = self.run_code("import os\n_ = os.system('seq 100000')", limit=1000)
        self.assertTrue(outcome.printed().endswith(MARK.format(1000)))
        self.assertEqual(len(outcome.printed()) - len(MARK.format(1000)), 1000)

    def test_default_limit(self):
        outcome = self.run_code("for _ in range(33): print('x' * (1 << 20))")
        self.assertEqual(len(outcome.printed()) - len(MARK.format(32 << 20)), 32 << 20)

    def test_long_values_are_cut(self):
        self.assertEqual(self.run_code("'v' * 1000", limit=100).text, "'" + "v" * 99 + MARK.format(100))

    def test_the_rest_of_a_long_value_fills_no_log(self):
        kernel = self.fresh()
        kernel.run("'v' * 1000", limit=100)
        self.assertEqual(kernel.log(), "v" * 100 + "\n… more output of statement 1 is dropped\n")


@in_both_modes
class LongValues(KernelCase):
    def test_a_value_of_any_length_arrives_whole_in_small_frames(self):
        for letter, count in (("x", 20 << 20), ("ü", 1 << 20), ("𝄞", 1 << 20)):
            outcome = self.run_code(f"type('R', (), {{'__repr__': lambda self: {letter!r} * {count}}})()")
            self.assertEqual((outcome.status, outcome.text), ("ok", letter * count))
            self.assertLessEqual(self.longest(outcome), 64 << 10)

    def test_text_that_json_writes_long_arrives_whole(self):
        outcome = self.run_code("type('R', (), {'__repr__': lambda self: '\\0' * (9 << 20)})()")
        self.assertEqual(outcome.text, "\0" * (9 << 20))

    def test_a_rich_value_arrives_whole(self):
        self.run_code("rows = ['y' * 300000]")
        outcome = self.run_code("%json rows")
        self.assertEqual(outcome.data, {"application/json": '["' + "y" * 300000 + '"]'})
        self.assertLessEqual(self.longest(outcome), 64 << 10)

    def test_displays_arrive_whole_and_apart_from_the_value(self):
        outcome = self.run_code("%json ['a' * 100000]\n%json ['b' * 100000]\n'c' * 100000")
        self.assertEqual([d["application/json"] for d in outcome.displays], ['["' + l * 100000 + '"]' for l in "ab"])
        self.assertEqual(outcome.text, repr("c" * 100000))

    def test_a_rich_value_beyond_the_limit_is_an_error_of_its_statement(self):
        outcome = self.run_code("%json ['x' * 1000]", limit=1000)
        self.assertEqual((outcome.status, outcome.error["name"]), ("error", "ValueError"))
        self.assertIn("too large to be shown", outcome.error["value"])
        self.assertEqual(self.run_code("1").text, "1")

    def test_a_long_error_is_cut(self):
        outcome = self.run_code("raise ValueError('x' * (20 << 20))")
        self.assertEqual(outcome.error["name"], "ValueError")
        self.assertLess(len(str(outcome.error)), 4 << 20)

    def longest(self, outcome):
        return max(len(text) for frame in outcome.frames for text in frame.get("data", {}).values())


if __name__ == "__main__":
    unittest.main()
