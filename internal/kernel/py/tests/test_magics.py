"""Magics, rich values and figures."""

import base64
import json
import unittest

from session import KernelCase, has, in_both_modes

TABLE = "application/vnd.livy.table.v1+json"
PNG = b"\x89PNG\r\n"


@in_both_modes
class Magics(KernelCase):
    def test_json(self):
        self.assertEqual(self.run_code("x = {'a': [1, None]}\n%json x").data, {"application/json": '{"a": [1, null]}'})

    def test_json_that_is_none(self):
        for code in ("%json {1, 2}", "%json float('nan')"):
            self.assertEqual(self.run_code(code).status, "error")

    def test_magic_further_up_is_displayed(self):
        outcome = self.run_code("x = 1\nprint('a')\n%json x\nprint('b')\nx + 1")
        self.assertEqual([f["type"] for f in outcome.frames], ["started", "stream", "display", "stream", "result"])
        self.assertEqual((outcome.displays, outcome.text), ([{"application/json": "1"}], "2"))

    def test_unknown_magic(self):
        error = self.run_code("x = 1\n%nosuch x").error
        self.assertEqual(error["name"], "UnknownMagic")
        self.assertIn("`%nosuch` not found", error["value"])
        self.assertEqual(error["traceback"], [f"UnknownMagic: {error['value']}\n"])

    def test_unknown_name(self):
        error = self.run_code("1\n%json nosuch").error
        self.assertEqual((error["name"], error["value"]), ("NameError", "name 'nosuch' is not defined"))
        files = [line for line in error["traceback"] if line.startswith("  File ")]  # none of the machinery
        self.assertTrue(files and all(line.startswith('  File "<stdin>", line ') for line in files), error["traceback"])

    def test_missing_name(self):
        self.assertEqual(self.run_code("%table").error["name"], "NameError")

    def test_escapes_keep_line_numbers(self):
        error = self.run_code("!true\n%json 1\n1/0").error
        self.assertEqual(error["traceback"][1], '  File "<stdin>", line 3, in <module>\n')

    def test_shell_escape_uses_the_shell(self):
        self.assertEqual(self.run_code("!echo a | tr a b; echo '%json'").printed(), "b\n%json\n")

    def test_table(self):
        self.run_code("import datetime, decimal")
        outcome = self.run_code("rows = [{'n': 1, 's': 'a', 'd': None}, {'n': 2, 's': 'b', 'd': 1.5}]\n%table rows")
        self.assertEqual(
            json.loads(outcome.data[TABLE]),
            {
                "headers": [
                    {"name": "d", "type": "DOUBLE_TYPE"},
                    {"name": "n", "type": "INT_TYPE"},
                    {"name": "s", "type": "STRING_TYPE"},
                ],
                "data": [[None, 1, "a"], [1.5, 2, "b"]],
            },
        )

    def test_table_types(self):
        cells = {
            "3": ("INT_TYPE", 3),
            "True": ("BOOLEAN_TYPE", True),
            "float('inf')": ("DOUBLE_TYPE", "inf"),
            "datetime.date(2024, 1, 2)": ("DATE_TYPE", "2024-01-02"),
            "datetime.datetime(2024, 1, 2, 3)": ("TIMESTAMP_TYPE", "2024-01-02 03:00:00"),
            "decimal.Decimal('1.10')": ("DECIMAL_TYPE", "1.10"),
            "[1, 2]": ("ARRAY_TYPE", [1, 2]),
            "{'k': 1}": ("MAP_TYPE", {"k": 1}),
            "b'x'": ("STRING_TYPE", "b'x'"),
        }
        self.run_code("import datetime, decimal")
        for code, (kind, value) in cells.items():
            with self.subTest(code):
                table = json.loads(self.run_code(f"%table [[{code}]]").data[TABLE])
                self.assertEqual(table, {"headers": [{"name": "0", "type": kind}], "data": [[value]]})

    def test_table_of_mixed_types(self):
        self.assertEqual(self.run_code("%table [[1], ['a']]").error["value"], "table rows have different types")
        self.assertEqual(self.run_code("%table [[[1, 'a']]]").error["value"], "value has inconsistent types")

    @unittest.skipUnless(has("matplotlib"), "NOT TESTED: matplotlib is not installed here")
    def test_figures(self):
        kernel = self.fresh()
        kernel.run("import matplotlib.pyplot as plt")
        kernel.run("_ = plt.plot([1, 2])")
        outcome = kernel.run("x = 1\n%matplot plt")
        self.assertTrue(base64.b64decode(outcome.data["image/png"]).startswith(PNG))
        outcome = kernel.run("print('a')\nplt.show()\nprint('b')")
        self.assertEqual([f["type"] for f in outcome.frames], ["started", "stream", "display", "stream", "result"])
        self.assertTrue(base64.b64decode(outcome.displays[0]["image/png"]).startswith(PNG))
        self.assertEqual(kernel.run("plt.get_fignums()").text, "[]")

    @unittest.skipUnless(has("plotly"), "NOT TESTED: plotly is not installed here")
    def test_plotly_needs_no_network(self):
        outcome = self.run_code("import plotly.graph_objects as go\nfig = go.Figure(go.Bar(y=[1, 2]))\n%plotly fig")
        html = outcome.data["text/html"]
        self.assertGreater(len(html), 1 << 20)
        self.assertNotIn('<script src="', html)

    def test_nothing_heavy_is_imported(self):
        kernel = self.fresh()
        code = "import sys; [n for n in ('matplotlib', 'pandas', 'numpy', 'plotly', 'pyspark') if n in sys.modules]"
        self.assertEqual(kernel.run(code).text, "[]")


class IPythons(KernelCase):
    """What only IPython gives."""

    ipython = True

    def test_its_own_magics(self):
        self.assertEqual(self.run_code("%pwd").text, self.run_code("import os; os.getcwd()").text)
        self.assertIn("Wall time", self.run_code("%time sum(range(10))").printed())
        self.assertEqual(self.run_code("%%bash\necho from bash").printed(), "from bash\n")

    def test_command_with_a_value(self):
        self.assertEqual(self.run_code("files = !echo a b\nfiles[0]").text, "'a b'")

    def test_variables_in_commands(self):
        self.assertEqual(self.run_code("name = 'x'\n!echo $name {name}").printed(), "x x\n")

    def test_display(self):
        outcome = self.run_code("print('a')\ndisplay({'k': 'v'})\nprint('b')")
        self.assertEqual([f["type"] for f in outcome.frames], ["started", "stream", "display", "stream", "result"])
        self.assertEqual(outcome.displays, [{"text/plain": "{'k': 'v'}"}])

    def test_display_by_mime(self):
        self.run_code("from IPython.display import HTML, JSON, Image")
        self.assertEqual(self.run_code("display(HTML('<b>x</b>'))").displays[0]["text/html"], "<b>x</b>")
        self.assertEqual(self.run_code("display(JSON({'a': 1}))").displays[0]["application/json"], '{"a": 1}')
        code = "display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(16), format='png'))"
        self.assertTrue(base64.b64decode(self.run_code(code).displays[0]["image/png"]).startswith(PNG))

    def test_values_are_shown_by_repr_all_the_same(self):
        self.assertEqual(self.run_code("HTML = __import__('IPython.display').display.HTML\nHTML('<b>')").data.keys(), {"text/plain"})
        self.assertEqual(self.run_code("{n: 'x' * 50 for n in range(3)}").text.count("\n"), 0)

    def test_help(self):
        self.assertIn("Docstring", self.run_code("str?").displays[0]["text/plain"])

    def test_display_beyond_the_limit_is_dropped(self):
        outcome = self.run_code("display('x' * 1000)\nprint('more')", limit=100)
        self.assertEqual(outcome.displays, [])
        self.assertIn("output truncated after 100 bytes", outcome.printed("stderr"))

    @unittest.skipUnless(has("matplotlib"), "NOT TESTED: matplotlib is not installed here")
    def test_matplotlib_inline_shows_figures_at_the_end(self):
        kernel = self.fresh()
        kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
        outcome = kernel.run("_ = plt.plot([1, 2])")
        self.assertTrue(base64.b64decode(outcome.displays[0]["image/png"]).startswith(PNG))


if __name__ == "__main__":
    unittest.main()
