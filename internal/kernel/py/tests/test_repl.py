"""What a statement's value is, and what stays for the next one."""

import unittest

from session import KernelCase, in_both_modes

# Statement, and the repr that its result shows; None where it shows nothing.
RULES = [
    ("1+1", "2"),
    ("1+1;", "2"),
    ("x = 5", None),
    ("x", "5"),
    ("x; x + 1", "6"),
    ("1\n2\n3", "3"),
    ("None", None),
    ("'text'", "'text'"),
    ("# a comment", None),
    ("", None),
    ("  \n\n", None),
    ("1 # with a comment\n", "1"),
    ("'''two\nlines'''", "'two\\nlines'"),
    ("if True:\n    9", None),
    ("for i in range(3):\n    i", None),
    ("def f():\n    return 1\n\nf()", "1"),
    ("class A:\n    def __repr__(self):\n        return 'an A'\n\nA()", "an A"),
    ("f()\ndef g(): pass", None),
    ("f\\\n()", "1"),
    ("(1 +\n 2)", "3"),
    ("[f() for f in [f]]", "[1]"),
    ("y = z = 3; y", "3"),
    ("import asyncio\nawait asyncio.sleep(0, 'slept')", "'slept'"),
    ("a = await asyncio.sleep(0, 7)\na", "7"),
    ("async def co():\n    await asyncio.sleep(0)\n    return 8\n\nawait co()", "8"),
    ("asyncio.run(co())", "8"),
    ("__name__", "'__main__'"),
    ("f.__module__, A.__module__", "('__main__', '__main__')"),
    ("'grüße ☃ 𝄞'", "'grüße ☃ 𝄞'"),
    ("import sys; sys.modules['__main__'].x is x", "True"),
    ("'%s' % 3", "'3'"),
    ("10 \\\n% 3", "1"),
    ("(10\n%3)", "1"),
    ("'''\n%json x\n!ls\n'''", "'\\n%json x\\n!ls\\n'"),
]


@in_both_modes
class Values(KernelCase):
    def test_rules(self):
        for code, want in RULES:
            with self.subTest(code):
                outcome = self.run_code(code)
                self.assertEqual(outcome.status, "ok", outcome.error)
                self.assertEqual(outcome.text, want)
                self.assertEqual(outcome.streams, [])

    def test_last_values(self):
        self.run_code("'first'")
        self.run_code("'second'")
        self.run_code("no_value = 1")
        self.assertEqual(self.run_code("_, __").text, "('second', 'first')")
        self.assertEqual(self.run_code("_[0]").text, "'second'")

    def test_future_import_holds_for_later_statements(self):
        self.run_code("from __future__ import annotations")
        self.assertEqual(self.run_code("def h(x: nowhere): pass\nh.__annotations__").text, "{'x': 'nowhere'}")

    def test_our_own_future_imports_are_not_the_users(self):
        kernel = self.fresh()
        outcome = kernel.run("def h(x: nowhere): pass\nh.__annotations__['x']")
        self.assertNotEqual(outcome.text, "'nowhere'")

    def test_namespace_is_the_users(self):
        kernel = self.fresh()
        self.assertEqual(kernel.run("[n for n in dir() if not n.startswith('_')]").text, "[]")

    def test_definitions_are_pickled_from_main(self):
        self.run_code("import pickle\nclass P:\n    pass\n")
        self.assertEqual(self.run_code("type(pickle.loads(pickle.dumps(P()))) is P").text, "True")

    def test_nothing_runs_before_all_is_compiled(self):
        outcome = self.run_code("started = True\nreturn 3")
        self.assertEqual(outcome.error["name"], "SyntaxError")
        self.assertEqual(self.run_code("'started' in globals()").text, "False")

    def test_count_is_the_interpreters(self):
        kernel = self.fresh()
        self.assertEqual([kernel.run("1").result["count"] for _ in range(3)], [1, 2, 3])

    def test_started_comes_first_and_result_last(self):
        frames = self.run_code("print(1)").frames
        self.assertEqual([f["type"] for f in frames], ["started", "stream", "result"])


@in_both_modes
class Arguments(KernelCase):
    def test_argv(self):
        kernel = self.fresh(argv=["--SESSION_ID", "s-1", "ü"])
        self.assertEqual(kernel.run("import sys; sys.argv[1:]").text, "['--SESSION_ID', 's-1', 'ü']")
        self.assertNotIn("/", kernel.run("sys.argv[0]").text)

    def test_arguments_may_be_longer_than_a_variable(self):
        kernel = self.fresh(argv=["x" * 200_000])
        self.assertEqual(kernel.run("import sys; len(sys.argv[1])").text, "200000")

    def test_environment_keeps_nothing_of_the_protocol(self):
        code = "import os; [n for n in os.environ if n in ('HEARTH_IN_FD', 'HEARTH_OUT_FD', 'HEARTH_ARGV_FILE')]"
        self.assertEqual(self.run_code(code).text, "[]")

    def test_input_is_refused(self):
        error = self.run_code("input('name: ')").error
        self.assertEqual(error["name"], "StdinNotImplementedError")
        self.assertEqual(error["value"], "input() is not supported in a session statement")
        self.assertEqual(error["traceback"][-1], f"{error['name']}: {error['value']}\n")


if __name__ == "__main__":
    unittest.main()
