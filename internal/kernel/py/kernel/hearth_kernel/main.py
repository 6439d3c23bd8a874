"""The life of the kernel: start, statements, end."""

from __future__ import annotations

import atexit
import builtins
import faulthandler
import json
import os
import platform
import sys
import threading
import traceback
from types import ModuleType

from . import PROTO, children, figures, jobs, names
from .channel import Channel, Closed
from .control import Control
from .executor import Executor
from .interrupts import Interrupts
from .plain import PlainShell
from .recorder import Recorder

# The seconds that atexit functions may take before the process ends without them.
_GRACE_SECONDS = 5.0


class StdinNotImplementedError(NotImplementedError):
    """A statement called for input, and nobody is there to type."""

    __module__ = "builtins"  # tracebacks show the bare name


def main() -> None:
    children.lead_group()
    channel = Channel(_descriptor("HEARTH_IN_FD"), _descriptor("HEARTH_OUT_FD"))
    interrupts = Interrupts()
    recorder = Recorder(channel, interrupts)
    recorder.install()
    faulthandler.enable(recorder.log_fd)
    interrupts.install()
    channel.send({"type": "hello", "proto": PROTO, "role": "python", "pid": os.getpid()})
    control = Control(channel, interrupts)
    control.start()
    try:
        executor = _prepare(channel, control, interrupts, recorder)
        _serve(control, executor)
        code = 0
    except Closed:
        children.end_all()
    except BaseException as error:
        traceback.print_exc()
        channel.send({"type": "fatal", "text": f"the Python kernel could not go on: {error!r}"})
        code = 1
    _end(code)


def _prepare(channel: Channel, control: Control, interrupts: Interrupts, recorder: Recorder) -> Executor:
    """Prepare everything up to Ready. Imports come first: the JVM starts meanwhile."""
    without_spark = os.environ.pop("HEARTH_NO_SPARK", "") == "1"
    module = _user_module()
    channel.send(_phase("starting the interpreter", 0.1))
    shell = _shell(module, recorder)
    figures.install(recorder.display)
    executor = Executor(module.__dict__, shell, channel, interrupts, recorder)
    if not without_spark:
        channel.send(_phase("importing pyspark", 0.3))
        from . import spark

        channel.send(_phase("waiting for Spark", 0.6))
        session, tags = spark.connect(control.wait_for_gateway(), recorder.statement)
        module.__dict__.update(session)
        executor.jobs.context = jobs.JobContext(session)
        executor.is_announced = tags.is_announced
        executor.end_announced = tags.end
        executor.was_cancelled = tags.was_cancelled
        control.inquiries.add_file = spark.add_py_file
    control.inquiries.complete = shell.complete
    control.inquiries.describe = lambda code, cursor: names.describe(code, cursor, module.__dict__)
    interrupts.install()
    control.ready = True
    channel.send({"type": "ready", "info": {"python_version": platform.python_version()}})
    return executor


def _serve(control: Control, executor: Executor) -> None:
    """Run statements until the session ends."""
    while frame := control.next_statement():
        executor.execute(frame["stmt"], frame.get("lang", ""), frame.get("code", ""), frame.get("limit", 0))


def _end(code: int) -> None:
    """End the process without waiting for the threads of user code."""
    overdue = threading.Timer(_GRACE_SECONDS, os._exit, [code])
    overdue.daemon = True
    overdue.start()
    atexit._run_exitfuncs()
    os._exit(code)


def _arguments() -> "list[str]":
    """Return the arguments of user code, from the file that the environment names."""
    path = os.environ.pop("HEARTH_ARGV_FILE", "")
    if not path:
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _user_module() -> ModuleType:
    """Return the __main__ of user code, whose definitions pickle sends by value."""
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = ["hearth-session", *_arguments()]
    builtins.input = _input
    return module


def _shell(module: ModuleType, recorder: Recorder):
    scratch = os.environ.pop("HEARTH_SCRATCH", None)
    if os.environ.pop("HEARTH_NO_IPYTHON", "") != "1":
        try:
            from .shell import IPythonShell
        except ImportError:
            pass
        else:
            return IPythonShell(module, scratch, recorder.display)
    return PlainShell(module.__dict__)


def _input(prompt: object = "", /) -> str:
    raise StdinNotImplementedError("input() is not supported in a session statement")


def _descriptor(name: str) -> int:
    return int(os.environ.pop(name))


def _phase(text: str, value: float) -> dict:
    return {"type": "phase", "text": text, "value": value}
