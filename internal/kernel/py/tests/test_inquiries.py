"""Completion and inspection, beside the statements."""

import os
import tempfile
import time
import unittest

from session import KernelCase, in_both_modes


@in_both_modes
class Inquiries(KernelCase):
    def ask(self, kind, code, cursor=None):
        cursor = len(code) if cursor is None else cursor
        self.kernel.send(type=kind, id=7, lang="python", code=code, cursor=cursor)
        answer = self.kernel.until("completed" if kind == "complete" else "inspected")[-1]
        self.assertEqual(answer["id"], 7)
        return answer

    def names(self, code, cursor=None):
        return self.ask("complete", code, cursor).get("names", [])

    def test_name_of_the_namespace_is_completed(self):
        self.run_code("counter_of_things = 1")
        self.assertEqual(self.names("x = counter_of_th"), ["counter_of_things"])
        self.assertIn("print", self.names("pri"))
        self.assertIn("import", self.names("impo"))

    def test_member_is_its_name_alone(self):
        self.run_code("import os\ntext = 'a'")
        self.assertEqual(self.names("text.startsw"), ["startswith"])
        self.assertIn("join", self.names("first line\nos.path.jo"))
        self.assertNotIn("__class__", self.names("text."))
        self.assertIn("__class__", self.names("text.__cl"))

    def test_cursor_counts_characters(self):
        self.run_code("text = 'a'")
        code = "'ñ日本🔥'; text.upp"
        self.assertEqual(self.names(code + " + rest", len(code)), ["upper"])

    def test_what_cannot_be_looked_up_is_not_run(self):
        self.run_code("def f(): print('called'); return 'a'")
        self.assertNotIn("upper", self.names("f().upp"))
        self.assertEqual(self.names("nothing_of_this_name.a"), [])
        self.assertEqual(self.run_code("pass").printed(), "")

    def test_object_that_fails_to_list_itself_is_no_error(self):
        self.run_code("class Bad:\n    def __dir__(self): raise ValueError()\nbad = Bad()")
        self.assertEqual(self.names("bad.a"), [])
        self.assertEqual(self.run_code("1 + 1").text, "2")

    def test_name_is_described(self):
        self.run_code("def area(width, height=2):\n    'How large it is.'")
        about = self.ask("inspect", "area(1)", 2)["data"]["text/plain"]
        self.assertIn("area(width, height=2)", about)
        self.assertIn("How large it is.", about)
        self.assertEqual(self.ask("inspect", "nothing_of_this_name").get("data"), {})

    def test_file_of_python_can_be_imported(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "brought_along.py")
            with open(path, "w") as file:
                file.write("answer = 42")
            for _ in range(2):
                self.kernel.send(type="addFile", id=8, name="pyfile", text=path)
                self.assertEqual(self.kernel.until("added")[-1].get("text", ""), "")
            self.assertEqual(self.run_code("import brought_along; brought_along.answer").text, "42")

    def test_running_statement_is_not_waited_for(self):
        self.run_code("import time\nhalfway_there = 1")
        stmt = self.kernel.start("time.sleep(60)")
        self.kernel.until("started")
        began = time.monotonic()
        self.assertEqual(self.names("halfway_th"), ["halfway_there"])
        self.assertLess(time.monotonic() - began, 5)
        self.kernel.interrupt(stmt)
        self.assertEqual(self.kernel.finish(stmt).status, "cancelled")


if __name__ == "__main__":
    unittest.main()
