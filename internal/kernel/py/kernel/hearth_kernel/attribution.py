"""Which statement does the calling thread work for?

A thread works for the statement that started it, for as long as it lives; a
thread pool's thread works for the statement that submitted the task. Threads
that were started past the threading module count for whatever runs.
"""

from __future__ import annotations

import functools
import sys
import threading
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import contextmanager

_ATTRIBUTE = "_hearth_statement"

# All that hands work to the threads of a multiprocessing.pool.ThreadPool.
_SUBMITS = ("apply_async", "_map_async", "imap", "imap_unordered")


class Attribution:
    """Statement numbers by thread; 0 means none."""

    def __init__(self):
        self._local = threading.local()
        self.running = 0
        self._pools_follow = False

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

    def bound(self, fn):
        """fn as a call for the statement that the calling thread works for now."""
        stmt = self.current()

        def task(*args, **kwargs):
            with self.working_for(stmt):
                return fn(*args, **kwargs)

        return task

    def install(self) -> None:
        """Let threads and pools remember who started them."""
        start = threading.Thread.start

        @functools.wraps(start)
        def tagged_start(thread):
            if type(thread).__module__ == "multiprocessing.dummy":
                self._follow_pools()
            setattr(thread, _ATTRIBUTE, self.current())
            return start(thread)

        threading.Thread.start = tagged_start
        ThreadPoolExecutor.submit = self._following(ThreadPoolExecutor.submit)

    def _following(self, submit):
        @functools.wraps(submit)
        def tagged_submit(pool, /, *args, **kwargs):
            if args:
                args = (self.bound(args[0]), *args[1:])
            elif "func" in kwargs:
                kwargs["func"] = self.bound(kwargs["func"])
            return submit(pool, *args, **kwargs)

        return tagged_submit

    def _follow_pools(self) -> None:
        """Do so for the pools of multiprocessing. It is imported by those alone who make
        one, and what makes one starts its threads before it is given work."""
        module = sys.modules.get("multiprocessing.pool")
        if module and not self._pools_follow:
            self._pools_follow = True
            for name in _SUBMITS:
                setattr(module.ThreadPool, name, self._following(getattr(module.ThreadPool, name)))
