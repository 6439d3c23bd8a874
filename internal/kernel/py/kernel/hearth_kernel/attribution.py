"""Which statement does the calling thread work for?

A thread works for the statement that started it, for as long as it lives; a
thread pool's thread works for the statement that submitted the task. Threads
that were started past the threading module count for whatever runs.
"""

from __future__ import annotations

import functools
import threading
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import contextmanager

_ATTRIBUTE = "_hearth_statement"


class Attribution:
    """Statement numbers by thread; 0 means none."""

    def __init__(self):
        self._local = threading.local()
        self.running = 0

    def set_running(self, stmt: int) -> None:
        """The main thread, which calls this, works for stmt now."""
        self.running = stmt
        self._local.stmt = stmt

    def current(self) -> int:
        try:
            return self._local.stmt
        except AttributeError:
            return getattr(threading.current_thread(), _ATTRIBUTE, self.running)

    @contextmanager
    def working_for(self, stmt: int):
        before = self._local.__dict__.get("stmt")
        self._local.stmt = stmt
        try:
            yield
        finally:
            if before is None:
                del self._local.stmt
            else:
                self._local.stmt = before

    def install(self) -> None:
        """Let threads and pools remember who started them."""
        start = threading.Thread.start
        submit = ThreadPoolExecutor.submit

        @functools.wraps(start)
        def tagged_start(thread):
            setattr(thread, _ATTRIBUTE, self.current())
            return start(thread)

        @functools.wraps(submit)
        def tagged_submit(pool, fn, /, *args, **kwargs):
            stmt = self.current()

            def task(*args, **kwargs):
                with self.working_for(stmt):
                    return fn(*args, **kwargs)

            return submit(pool, task, *args, **kwargs)

        threading.Thread.start = tagged_start
        ThreadPoolExecutor.submit = tagged_submit
