"""Errors as clients see them: CPython's words, and no frame of the kernel's."""

import sys
import unittest

from session import KernelCase, in_both_modes

HEAD = "Traceback (most recent call last):\n"


@in_both_modes
class Errors(KernelCase):
    def error(self, code):
        outcome = self.run_code(code)
        self.assertEqual(outcome.status, "error")
        return outcome.error

    def test_shape(self):
        self.assertEqual(
            self.error("x = 1\n1/0"),
            {
                "name": "ZeroDivisionError",
                "value": "division by zero",
                "traceback": [
                    HEAD,
                    '  File "<stdin>", line 2, in <module>\n',
                    "ZeroDivisionError: division by zero\n",
                ],
            },
        )

    def test_frames_of_functions_of_former_statements(self):
        self.run_code("def broken():\n    pass\n    raise KeyError('k')")
        self.assertEqual(
            self.error("broken()")["traceback"],
            [
                HEAD,
                '  File "<stdin>", line 1, in <module>\n',
                '  File "<stdin>", line 3, in broken\n',
                "KeyError: 'k'\n",
            ],
        )

    def test_syntax_errors_point_at_the_place(self):
        traceback = self.error("good = 1\nx = = 1")["traceback"]
        self.assertEqual(traceback[:2], ['  File "<stdin>", line 2\n', "    x = = 1\n"])
        self.assertRegex(traceback[2], r"^ {8}\^+\n$")
        self.assertEqual(traceback[-1], "SyntaxError: invalid syntax\n")

    def test_syntax_errors_beyond_parsing_show_their_line(self):
        traceback = self.error("x = 1\nreturn x")["traceback"]
        self.assertEqual(traceback[:2], ['  File "<stdin>", line 2\n', "    return x\n"])

    def test_incomplete_code(self):
        self.assertEqual(self.error("print((1)")["name"], "SyntaxError")
        self.assertIn(self.error("if True:")["name"], ("IndentationError", "SyntaxError"))
        self.assertEqual(self.error("x = '''open")["name"], "SyntaxError")

    def test_syntax_errors_raised_at_run_time_keep_their_frames(self):
        self.assertIn('  File "<stdin>", line 1, in <module>\n', self.error("exec('x = = 1')")["traceback"])

    def test_null_bytes(self):
        self.assertIn(self.error("a\0b")["name"], ("ValueError", "SyntaxError"))

    def test_chains(self):
        traceback = "".join(self.error("try:\n    1/0\nexcept Exception:\n    raise KeyError('k')")["traceback"])
        self.assertIn("ZeroDivisionError: division by zero\n\nDuring handling of the above", traceback)
        self.assertTrue(traceback.endswith("KeyError: 'k'\n"))
        traceback = "".join(self.error("raise KeyError('k') from ValueError('v')")["traceback"])
        self.assertIn("ValueError: v\n\nThe above exception was the direct cause", traceback)

    def test_statements_are_no_context_of_each_other(self):
        self.error("1/0")
        self.assertEqual(len(self.error("[][0]")["traceback"]), 3)

    @unittest.skipIf(sys.version_info < (3, 11), "groups came with 3.11")
    def test_groups(self):
        error = self.error("raise ExceptionGroup('two', [ValueError(1), TypeError(2)])")
        self.assertEqual(error["value"], "two (2 sub-exceptions)")
        self.assertIn("    | TypeError: 2\n", error["traceback"])

    def test_recursion(self):
        error = self.error("def deep():\n    deep()\ndeep()")
        self.assertEqual(error["name"], "RecursionError")
        self.assertLess(len(error["traceback"]), 20)

    def test_value_is_never_missing(self):
        self.assertEqual(self.error("raise ValueError")["value"], "")
        self.assertEqual(self.error("raise ValueError")["traceback"][-1], "ValueError\n")

    def test_unprintable(self):
        error = self.error("class Bad(Exception):\n    def __str__(self):\n        1/0\nraise Bad")
        self.assertEqual((error["name"], error["value"]), ("Bad", "<unprintable Bad object>"))

    def test_failing_repr(self):
        error = self.error("class R:\n    def __repr__(self):\n        1/0\nR()")
        self.assertEqual(error["name"], "ZeroDivisionError")
        self.assertEqual(self.error("class R:\n    __repr__ = lambda self: 3\nR()")["name"], "TypeError")
        self.assertEqual(self.run_code("1").text, "1")

    def test_no_class_is_special(self):
        for name in ("GeneratorExit", "StopIteration", "KeyboardInterrupt", "BaseException"):
            with self.subTest(name):
                self.assertEqual(self.error(f"raise {name}")["name"], name)

    def test_output_comes_before_the_error_and_stays_with_it(self):
        outcome = self.run_code("print('one'); raise ValueError(1)")
        self.assertEqual((outcome.status, outcome.printed()), ("error", "one\n"))
        self.assertEqual((self.run_code("2").text, self.run_code("2").streams), ("2", []))

    def test_errors_of_awaited_code_show_no_event_loop(self):
        self.assertEqual(
            self.error("async def broken():\n    1/0\nawait broken()")["traceback"],
            [
                HEAD,
                '  File "<stdin>", line 3, in <module>\n',
                '  File "<stdin>", line 2, in broken\n',
                "ZeroDivisionError: division by zero\n",
            ],
        )

    def test_huge_texts_are_cut(self):
        error = self.error("raise ValueError('x' * 40_000_000)")
        self.assertLess(len(error["value"]), 2 << 20)
        error = self.error("raise type('x' * 40_000_000, (Exception,), {})('why')")
        self.assertEqual((len(error["name"]) < 2 << 20, error["value"]), (True, "why"))
        code = "def nest(n):\n    if n: exec('nest(n - 1)')\n    else: raise ValueError('x' * 40_000_000)"
        self.run_code(f"import sys\nsys.setrecursionlimit(5000)\n{code}")
        error = self.error("try:\n    nest(700)\nfinally:\n    sys.setrecursionlimit(1000)")
        self.assertLess(sum(map(len, error["traceback"])), 2 << 20)


if __name__ == "__main__":
    unittest.main()
