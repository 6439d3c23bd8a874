"""A kernel under test, seen as its supervisor sees it.

KernelCase gives each test class one running kernel; in_both_modes makes a class
run with IPython and without it.
"""

import importlib.util
import itertools
import json
import operator
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
import unittest

KERNEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "kernel")
PATIENCE = 30.0

HAS_IPYTHON = importlib.util.find_spec("IPython") is not None


def has(module):
    """Whether the Python under test has the module; for skipUnless."""
    return importlib.util.find_spec(module) is not None


class Kernel:
    """A kernel process without Spark, ready for statements."""

    def __init__(self, ipython=False, argv=None, env=None):
        ours_in, self._to = os.pipe()
        self._from, ours_out = os.pipe()
        environ = dict(os.environ, HEARTH_IN_FD=str(ours_in), HEARTH_OUT_FD=str(ours_out))
        environ.update(HEARTH_NO_SPARK="1", HEARTH_NO_IPYTHON="" if ipython else "1")
        self._scratch = tempfile.TemporaryDirectory(prefix="hearth-test-")
        if argv is not None:
            environ["HEARTH_ARGV_FILE"] = os.path.join(self._scratch.name, "argv.json")
            with open(environ["HEARTH_ARGV_FILE"], "w", encoding="utf-8") as file:
                json.dump(argv, file)
        environ["HEARTH_SCRATCH"] = environ["TMPDIR"] = self._scratch.name
        environ.update(env or {})
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, KERNEL],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(ours_in, ours_out),
            env=environ,
        )
        os.close(ours_in)
        os.close(ours_out)
        self._stmt = 0
        self.starting = self.until("ready")

    def send(self, **frame):
        body = json.dumps(frame).encode()
        os.write(self._to, struct.pack(">I", len(body)) + body)

    def receive(self, patience=PATIENCE):
        """The next frame; EOFError at the end of the kernel."""
        deadline = time.monotonic() + patience
        (size,) = struct.unpack(">I", self._read(4, deadline))
        return json.loads(self._read(size, deadline))

    def _read(self, size, deadline):
        data = b""
        while len(data) < size:
            if not select.select([self._from], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError(f"no frame in time; log:\n{self.log()}")
            part = os.read(self._from, size - len(data))
            if not part:
                raise EOFError(f"the kernel has ended; log:\n{self.log()}")
            data += part
        return data

    def until(self, kind):
        """Every frame up to one of this type."""
        frames = [self.receive()]
        while frames[-1]["type"] != kind:
            frames.append(self.receive())
        return frames

    def start(self, code, limit=0, lang="python"):
        """Send the next statement; give its number."""
        self._stmt += 1
        self.send(type="execute", stmt=self._stmt, lang=lang, code=code, limit=limit)
        return self._stmt

    def finish(self, stmt):
        """Everything up to the statement's result."""
        frames = self.until("result")
        assert frames[-1]["stmt"] == stmt, frames[-1]
        return Outcome(frames)

    def run(self, code, limit=0):
        return self.finish(self.start(code, limit))

    def interrupt(self, stmt):
        self.send(type="interrupt", stmt=stmt)

    def log(self):
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def wait(self):
        """The exit code of the process."""
        return self.process.wait(PATIENCE)

    def hang_up(self):
        """Do what the death of the supervisor does."""
        os.close(self._to)
        self._to = None

    def close(self):
        if self._to is not None:
            os.close(self._to)
        os.close(self._from)
        self.process.kill()
        self.process.wait()
        self._log.close()
        self._scratch.cleanup()


class Outcome:
    """What a statement has come to."""

    def __init__(self, frames):
        self.frames = frames
        self.result = frames[-1]
        self.status = self.result["status"]
        values = [v for f, v in _values(frames) if f["type"] == "result"]
        self.data = values[0] if values else None
        self.error = self.result.get("error")
        self.streams = [(f["name"], f["text"]) for f in frames if f["type"] == "stream"]
        self.displays = [v for f, v in _values(frames) if f["type"] == "display"]

    @property
    def text(self):
        """The value as text, or None."""
        return (self.data or {}).get("text/plain")

    @property
    def turns(self):
        """What each stream said before the other one spoke."""
        turns = itertools.groupby(self.streams, key=operator.itemgetter(0))
        return [(name, "".join(text for _, text in said)) for name, said in turns]

    def printed(self, name="stdout"):
        return "".join(text for stream, text in self.streams if stream == name)


def _values(frames):
    """Each frame that ends a value, with the value and the pieces that went ahead of it."""
    pieces = {}
    for frame in frames:
        if frame["type"] == "part":
            ((mime, text),) = frame["data"].items()
            pieces[mime] = pieces.get(mime, "") + text
        elif "data" in frame:
            yield frame, {**frame["data"], **pieces}
            pieces = {}


class KernelCase(unittest.TestCase):
    """One kernel for all tests of a class."""

    ipython = False

    @classmethod
    def setUpClass(cls):
        if cls.ipython and not HAS_IPYTHON:
            raise unittest.SkipTest("NOT TESTED: IPython is not installed here")
        cls.kernel = Kernel(cls.ipython)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.close()

    def run_code(self, code, **options):
        return self.kernel.run(code, **options)

    def fresh(self, **options):
        """A kernel of the test's own."""
        kernel = Kernel(self.ipython, **options)
        self.addCleanup(kernel.close)
        return kernel


def in_both_modes(case):
    """Run the class without IPython, and again with it."""
    name = case.__name__ + "WithIPython"
    twin = type(name, (case,), {"ipython": True, "__module__": case.__module__})
    setattr(sys.modules[case.__module__], name, twin)
    return case
