"""inspect.getsource of what cells define, and extensions that look at cells."""

import unittest

from session import KernelCase, has, in_both_modes


@in_both_modes
class Sources(KernelCase):
    def source(self, name):
        outcome = self.run_code(f"import inspect\nprint(inspect.getsource({name}), end='')")
        return outcome.printed() if outcome.status == "ok" else outcome.error

    def test_of_a_function(self):
        code = "def twice(n):\n    return 2 * n\n"
        self.run_code("# before\n" + code + "x = 1")
        self.assertEqual(self.source("twice"), code)

    def test_of_a_redefined_function_stays_its_own(self):
        for name, comment in (("old", "first"), ("new", "second")):
            self.run_code(f"def f():\n    return 1  # {comment}\n{name} = f")
        self.assertEqual(self.source("old"), "def f():\n    return 1  # first\n")
        self.assertEqual(self.source("new"), "def f():\n    return 1  # second\n")

    def test_of_classes_and_methods(self):
        first = "@keep\nclass Point:\n    x: int = 1\n\n    def move(self):\n        return self\n"
        self.run_code("import dataclasses\nkeep = lambda cls: cls\n" + first)
        self.run_code("Old = Point")
        self.run_code("class Point:\n    x: int = 2")
        self.assertEqual(self.source("Old"), first)
        self.assertEqual(self.source("Old.move"), "    def move(self):\n        return self\n")
        self.assertEqual(self.source("Old().move"), "    def move(self):\n        return self\n")
        self.assertEqual(self.source("Point"), "class Point:\n    x: int = 2\n")

    def test_of_inner_functions_and_classes(self):
        self.run_code("def outer():\n    class C:\n        n = 1\n    def inner():\n        return C\n    return inner\nin1 = outer()")
        self.assertEqual(self.source("in1"), "    def inner():\n        return C\n")
        self.assertEqual(self.source("in1()"), "    class C:\n        n = 1\n")

    def test_of_a_wrapped_function(self):
        self.run_code("import functools\ndef deco(f):\n    @functools.wraps(f)\n    def g():\n        return f()\n    return g")
        self.run_code("@deco\ndef h():\n    return 1")
        self.assertEqual(self.source("h"), "@deco\ndef h():\n    return 1\n")

    def test_while_the_cell_still_runs(self):
        code = "import inspect\ndef show(f):\n    print(inspect.getsource(f), end='')\n    return f\n@show\ndef f():\n    return 1\n@show\nclass D:\n    n = 1"
        self.assertEqual(self.run_code(code).printed(), "@show\ndef f():\n    return 1\n@show\nclass D:\n    n = 1\n")

    def test_of_a_class_that_its_decorator_makes_anew(self):
        code = "@again\nclass Row:\n    n: int\n    def plus(self):\n        return self.n + 1\n"
        self.run_code("again = lambda cls: type(cls.__name__, cls.__bases__, dict(cls.__dict__))\n" + code)
        self.assertEqual(self.source("Row"), code)

    def test_of_a_coroutine_and_a_lambda(self):
        self.run_code("async def wait():\n    return 1\nadd = lambda a: a + 1")
        self.assertEqual(self.source("wait"), "async def wait():\n    return 1\n")
        self.assertEqual(self.source("add"), "add = lambda a: a + 1\n")

    def test_of_what_no_cell_defined(self):
        self.assertIn("def dumps", self.source("__import__('json').dumps"))
        self.assertEqual(self.source("len")["name"], "TypeError")
        self.run_code("exec('def made(): pass')\nMade = type('Made', (), {})")
        self.assertEqual(self.source("made")["name"], "OSError")
        self.assertIn(self.source("Made")["name"], ("OSError", "TypeError"))

    def test_tracebacks_and_warnings_stay_without_source_lines(self):
        self.run_code("def fails():\n    return 1 / 0")
        error = self.run_code("fails()").error
        self.assertEqual(error["traceback"][1:3], ['  File "<stdin>", line 1, in <module>\n', '  File "<stdin>", line 2, in fails\n'])
        printed = self.run_code("import traceback\ntry:\n    fails()\nexcept Exception:\n    traceback.print_exc()").printed("stderr")
        self.assertNotIn("1 / 0", printed)

    def test_of_code_that_is_sent_elsewhere(self):
        code = "import marshal, types\ndef f():\n    return 7\ntypes.FunctionType(marshal.loads(marshal.dumps(f.__code__)), {})()"
        self.assertEqual(self.run_code(code).text, "7")


@unittest.skipUnless(has("IPython"), "NOT TESTED: IPython is not installed here")
class Extensions(KernelCase):
    ipython = True

    def test_autoreload_loads_changed_modules_anew(self):
        made = self.run_code(
            "%load_ext autoreload\n%autoreload 2\n"
            "import os, pathlib, sys, tempfile, time\nsys.dont_write_bytecode = True\n"
            "room = pathlib.Path(tempfile.mkdtemp()); sys.path.insert(0, str(room))\n"
            "file = room / 'mini_mod.py'\n_ = file.write_text('v = 1\\ndef f(): return 1\\n')\n"
            "import mini_mod\nfrom mini_mod import f"
        )
        self.assertEqual(made.status, "ok", made.error)
        later = "_ = file.write_text('v = 2\\ndef f(): return 2\\n')\nos.utime(file, (time.time() + 5,) * 2)"
        self.assertEqual(self.run_code(later).status, "ok")
        self.assertEqual(self.run_code("mini_mod.v, f()").text, "(2, 2)")

    def test_extensions_see_each_cell(self):
        self.run_code(
            "seen = []\n"
            "def note(kind): return lambda *a: seen.append((kind, getattr(a[0], 'raw_cell', None) if a else None))\n"
            "for kind in ('pre_execute', 'pre_run_cell', 'post_execute', 'post_run_cell'):\n"
            "    get_ipython().events.register(kind, note(kind))"
        )
        self.run_code("seen.clear()")
        self.run_code("1/0")
        kinds = self.run_code("[k for k, _ in seen[2:6]], [c for k, c in seen if k == 'pre_run_cell'][-2:]").text
        self.assertEqual(
            kinds,
            "(['pre_execute', 'pre_run_cell', 'post_execute', 'post_run_cell'],"
            " ['1/0', \"[k for k, _ in seen[2:6]], [c for k, c in seen if k == 'pre_run_cell'][-2:]\"])",
        )


@unittest.skipUnless(has("IPython"), "NOT TESTED: IPython is not installed here")
class Capture(KernelCase):
    ipython = True

    def test_output_and_value_are_kept_back(self):
        cell = self.run_code("%%capture c\nprint('in')\nimport sys; print('err', file=sys.stderr)\nx = 5\n6 * 7")
        self.assertEqual((cell.status, cell.streams, cell.data, cell.displays), ("ok", [], None, []), cell.error)
        self.assertEqual(self.run_code("c.stdout, c.stderr, x").text, "('in\\n', 'err\\n', 5)")
        self.assertEqual(self.run_code("c.outputs[0].data['text/plain']").text, "'42'")

    def test_what_is_kept_back_can_be_shown(self):
        self.run_code("%%capture c\nprint('again')")
        self.assertEqual(self.run_code("c.show()").printed(), "again\n")

    def test_streams_can_be_let_through(self):
        cell = self.run_code("%%capture --no-stdout c\nprint('out')")
        self.assertEqual(cell.printed(), "out\n")

    def test_an_error_is_in_what_is_kept_back(self):
        cell = self.run_code("%%capture c\nprint('before')\n1/0")
        self.assertEqual((cell.status, cell.streams), ("ok", []), cell.error)
        self.assertTrue(self.run_code("'before' in c.stdout and 'ZeroDivisionError' in c.stdout").text, "True")

    def test_magics_inside_are_run(self):
        self.run_code("%%capture c\n!echo child\n%env HEARTH_CAPTURED=1")
        self.assertEqual(self.run_code("%env HEARTH_CAPTURED").text, "'1'")

    def test_an_interrupt_ends_it(self):
        stmt = self.kernel.start("%%capture c\nwhile True: pass")
        self.kernel.until("started")
        self.kernel.interrupt(stmt)
        self.assertEqual(self.kernel.finish(stmt).status, "cancelled")
        self.assertEqual(self.run_code("print('here')").printed(), "here\n")

    def test_a_cell_that_a_program_runs(self):
        outcome = self.run_code("r = get_ipython().run_cell('y = 3\\ny + 1')\nr.success, r.result, y")
        self.assertEqual(outcome.text, "(True, 4, 3)")
