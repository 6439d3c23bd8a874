"""Running one statement, from Started to Result. It belongs to the main thread."""

from __future__ import annotations

import builtins
import os
import sys
import traceback
from typing import Callable

from . import jobs, parts
from .cells import Compiler
from .channel import Channel
from .interrupts import Interrupts
from .output import size_of, split_at, truncation_mark
from .recorder import Recorder
from .rich import Rich
from .sources import Sources
from .tracebacks import describe, mentions, without_traceback


class Executor:
    """Runs statements in one namespace."""

    def __init__(self, namespace: dict, shell, channel: Channel, interrupts: Interrupts, recorder: Recorder):
        self._namespace = namespace
        self._shell = shell
        sources = Sources()
        sources.install()
        self._compiler = Compiler(shell.transform, sources)
        shell.run_nested_with(self._value)
        self._channel = channel
        self._interrupts = interrupts
        self._recorder = recorder
        self._pid = os.getpid()
        self._count = 0
        self._loop = None
        self.jobs = jobs.Jobs()
        # Returns whether the agent in the JVM works for the statement, and may print for it.
        self.is_announced: Callable[[int], bool] = lambda stmt: False
        # Makes the agent send all that it has printed for a statement, after its Result. Returns
        # whether it did.
        self.end_announced: Callable[[int], bool] = lambda stmt: False
        # Returns whether the agent in the JVM knows of a cancel of the statement.
        self.was_cancelled: Callable[[int], bool] = lambda stmt: False

    def execute(self, stmt: int, lang: str, code: str, limit: int) -> None:
        """Run the statement. Any exception in it, SystemExit too, is its error."""
        self._interrupts.install()
        if not self._interrupts.begin(stmt):
            return
        self._count += 1
        self._recorder.begin(stmt, limit)
        self._channel.send({"type": "started", "stmt": stmt})
        evaluate = self._call_job if lang == jobs.LANGUAGE else self._evaluate
        data, error = self._guarded(lambda: evaluate(code))
        if os.getpid() != self._pid:
            _leave_forked_child(error)
        described, failed = self._guarded(lambda: describe(error)) if error else (None, None)
        if failed:
            error, described = failed, _barely(failed)
        asked = self._interrupts.end()
        self._recorder.end()
        result = {"type": "result", "stmt": stmt, "status": "ok", "count": self._count}
        if error:
            asked = asked or (_is_of_spark(error) and self.was_cancelled(stmt))
            cancelled = asked and (_is_of_spark(error) or mentions(error, KeyboardInterrupt))
            result["status"] = "cancelled" if cancelled else "error"
            result["error"] = described
        announced = self.is_announced(stmt)
        if announced:
            result["wait"] = True
        if result["status"] == "ok" and data:
            parts.send(self._channel, result, data)
        else:
            self._channel.send(result)
        if announced and not self.end_announced(stmt):
            self._channel.send({"type": "printed", "stmt": stmt})

    def _guarded(self, call: Callable):
        def checked():
            self._interrupts.check()
            return call()

        return self._interrupts.run(checked)

    def _evaluate(self, code: str) -> dict[str, str] | None:
        self._shell.before_statement(code)
        try:
            value, valued = self._value(code)
            data = self._shown(value) if valued else None
        finally:
            self._shell.after_statement(self._count)
        # An interrupt may be pending, because signals were ignored to the end.
        self._interrupts.check()
        return data

    def _value(self, code: str) -> tuple[object, bool]:
        """Run a cell and return its value, and whether it has one."""
        try:
            steps, valued = self._compiler.compile(code)
        except (SyntaxError, ValueError) as error:
            # An error of the cell as a whole: none of it has run, there are no frames.
            raise without_traceback(error)
        value = None
        for step in steps[:-1]:
            shown = self._run(step)
            if isinstance(shown, Rich):
                self._recorder.display(shown.data)
        if steps:
            value = self._run(steps[-1])
        return value, valued

    def _call_job(self, payload: str) -> dict[str, str]:
        data = self.jobs.run(payload)
        _check_size(data, self._recorder.limit())
        self._interrupts.check()
        return data

    def _run(self, step):
        value = eval(step.code, self._namespace)
        if not step.is_async():
            return value
        loop = self._event_loop()
        task = loop.create_task(value)
        try:
            return loop.run_until_complete(task)
        finally:
            if not task.done():  # interrupted while the loop waited
                task.cancel()
                loop.run_until_complete(_settled(task))
            elif not task.cancelled():
                task.exception()  # or asyncio reports it as never retrieved

    def _event_loop(self):
        """Return the one event loop of all statements, so that its tasks can be awaited later."""
        if self._loop is None or self._loop.is_closed():
            import asyncio

            self._loop = asyncio.new_event_loop()
        return self._loop

    def _shown(self, value) -> dict[str, str] | None:
        if value is None:
            return None
        if isinstance(value, Rich):
            _check_size(value.data, self._recorder.limit())
            return value.data
        text = repr(value)
        _remember(value)
        limit = self._recorder.limit()
        if size_of(text) > limit:
            text, rest = split_at(text, limit)
            self._recorder.log_rest(rest + "\n")
            text += truncation_mark(limit)
        return {"text/plain": text}


def _check_size(data: dict[str, str], limit: int) -> None:
    """Refuse a rich value over the limit: it cannot be cut."""
    size = sum(map(size_of, data.values()))
    if size > limit:
        raise ValueError(f"the value of {size} bytes is too large to be shown: at most {limit} are")


def _remember(value) -> None:
    """Keep the last values under the names that an interactive Python gives them."""
    names = vars(builtins)
    names["___"] = names.get("__")
    names["__"] = names.get("_")
    names["_"] = value


async def _settled(task) -> None:
    """Wait for a cancelled task, however it ends."""
    try:
        await task
    except BaseException:
        pass


def _is_of_spark(error: BaseException) -> bool:
    """Return whether Spark raised the error. The JVM agent cancels Spark's jobs while an interrupt
    is on its way to the main thread; its error may come first."""
    return type(error).__module__.partition(".")[0] in ("py4j", "pyspark")


def _barely(error: BaseException) -> dict:
    """Describe an error without running user code."""
    name = type(error).__name__
    return {"name": name, "value": "", "traceback": [f"{name}\n"]}


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    return leaving.code & 0xFF if isinstance(leaving.code, int) else 1


def _leave_forked_child(error: BaseException | None) -> None:
    """End a process that user code forked and that has come to the end of the statement."""
    code = 0
    if isinstance(error, SystemExit):
        code = _exit_code(error)
    elif error:
        traceback.print_exception(type(error), error, error.__traceback__)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
