"""Jobs: functions that a program sends."""

import base64
import pickle
import unittest

from session import KernelCase, has, in_both_modes

LANGUAGE = "python-job"
MIME = "application/vnd.hearth.python-pickle"


class ByValue:
    """Pickles as a function of these lines, with the standard library alone: real
    clients use cloudpickle, whose absence must not matter to anything else."""

    def __init__(self, source):
        lines = "\n".join("    " + line for line in source.splitlines())
        self._module = f"def job(context):\n{lines}"

    def __reduce__(self):
        run = f"exec(compile({self._module!r}, 'their_program.py', 'exec'), names)"
        return eval, (f"(lambda names: {run} or names['job'])({{}})",)


@in_both_modes
class Jobs(KernelCase):
    def start(self, source, kernel=None, **options):
        payload = base64.b64encode(pickle.dumps(ByValue(source))).decode()
        return (kernel or self.kernel).start(payload, lang=LANGUAGE, **options)

    def job(self, source, kernel=None, **options):
        kernel = kernel or self.kernel
        return kernel.finish(self.start(source, kernel, **options))

    def value(self, source, kernel=None):
        done = self.job(source, kernel)
        self.assertEqual((done.status, done.error, set(done.data)), ("ok", None, {MIME}))
        return pickle.loads(base64.b64decode(done.data[MIME]))

    def test_value_comes_back_as_it_was(self):
        self.assertEqual(self.value("return {'a': [1, (2, b'3')]}"), {"a": [1, (2, b"3")]})
        self.assertIsNone(self.value("pass"))

    def test_long_value_comes_in_pieces(self):
        self.assertEqual(self.value("return 'ä' * 300_000"), "ä" * 300_000)

    def test_value_over_the_limit_is_an_error(self):
        done = self.job("return b'x' * 10_000", limit=1000)
        self.assertEqual((done.status, done.error["name"]), ("error", "ValueError"))

    def test_what_a_job_prints_is_its_output(self):
        self.assertEqual(self.job("print('from a job')").printed(), "from a job\n")

    def test_jobs_and_code_are_apart(self):
        self.run_code("counted = 1")
        self.assertEqual(self.job("return counted").error["name"], "NameError")
        self.assertEqual(self.run_code("counted").text, "1")

    def test_error_has_the_frames_of_the_job_alone(self):
        error = self.job("def inner():\n    return 1 // 0\nreturn inner()").error
        self.assertEqual((error["name"], error["value"]), ("ZeroDivisionError", "integer division or modulo by zero"))
        text = "".join(error["traceback"])
        self.assertTrue(text.startswith("Traceback (most recent call last):\n  File \"their_program.py\", line 4, in job\n"), text)
        self.assertIn("line 3, in inner", text)
        self.assertNotIn("hearth_kernel", text)

    def test_what_is_no_job_is_an_error(self):
        for payload in ("", "no base64!", base64.b64encode(b"no pickle").decode()):
            done = self.kernel.finish(self.kernel.start(payload, lang=LANGUAGE))
            self.assertEqual(done.status, "error", payload)
        self.assertEqual(self.value("return 1"), 1)

    def test_value_that_cannot_be_pickled_is_an_error(self):
        done = self.job("import threading\nreturn threading.Lock()")
        self.assertEqual((done.status, done.error["name"]), ("error", "TypeError"))

    def test_job_cannot_end_its_session(self):
        done = self.job("raise SystemExit(3)")
        self.assertEqual((done.status, done.error["name"]), ("error", "JobExit"))
        self.assertEqual(self.value("return 1"), 1)

    def test_running_job_is_interrupted(self):
        stmt = self.start("print('here', flush=True)\nwhile True: pass")
        self.kernel.until("stream")
        self.kernel.interrupt(stmt)
        self.assertEqual(self.kernel.finish(stmt).status, "cancelled")
        self.assertEqual(self.value("return 1"), 1)

    def test_shared_objects_stay_until_too_many_came_after(self):
        kernel = self.fresh()
        self.job("context.set_shared_object('first', [1])\ncontext.set_shared_object('second', [2])", kernel)
        self.assertEqual(self.value("return context.get_shared_object('first')", kernel), [1])
        self.job("for n in range(99): context.set_shared_object(n, n)", kernel)
        found = "return [context.get_shared_object(name) for name in ('first', 'second', 98, 'none')]"
        self.assertEqual(self.value(found, kernel), [[1], None, 98, None])
        self.job("context.remove_shared_object('first'); context.remove_shared_object('none')", kernel)
        self.assertIsNone(self.value("return context.get_shared_object('first')", kernel))

    def test_context_has_a_directory_and_no_streams_yet(self):
        self.assertTrue(self.value("import os\nreturn os.path.isdir(context.local_tmp_dir_path)"))
        self.assertEqual(self.job("context.streaming_ctx").error["name"], "ValueError")
        self.assertEqual(self.job("context.stop_streaming_ctx()").error["name"], "ValueError")

    @unittest.skipUnless(has("cloudpickle"), "NOT TESTED: cloudpickle is not installed here")
    def test_functions_come_and_go_by_value(self):
        import cloudpickle

        def job(context):
            factor = 3
            return lambda n: factor * n

        payload = base64.b64encode(cloudpickle.dumps(job)).decode()
        done = self.kernel.finish(self.kernel.start(payload, lang=LANGUAGE))
        self.assertEqual(cloudpickle.loads(base64.b64decode(done.data[MIME]))(14), 42)


if __name__ == "__main__":
    unittest.main()
