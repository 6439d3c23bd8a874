"""Attribution of threads to statements.

A thread works for the statement that started it, for as long as it lives; a thread of a pool works
for the statement that submitted the task. Threads that were not started by the threading module
count for the running statement.
"""

from __future__ import annotations

import functools
import sys
import threading
from concurrent.futures.thread import ThreadPoolExecutor
from contextlib import contextmanager

_ATTRIBUTE = "_hearth_statement"

# The methods by which a multiprocessing.pool.ThreadPool takes work.
_SUBMITS = ("apply_async", "_map_async", "imap", "imap_unordered")


class Attribution:
    """The statement numbers of threads; 0 means none."""

    def __init__(self):
        self._local = threading.local()
        self.running = 0
        self._pools_follow = False

    def set_running(self, stmt: int) -> None:
        """Attribute the main thread, which is the caller, to stmt."""
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
        """Return fn bound to the statement that the calling thread works for now."""
        stmt = self.current()

        def task(*args, **kwargs):
            with self.working_for(stmt):
                return fn(*args, **kwargs)

        return task

    def install(self) -> None:
        """Make threads and pools remember the statement that started them."""
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
        """Do the same for the pools of multiprocessing. Only programs that make a pool import the
        module, and a pool starts its threads before it is given work."""
        module = sys.modules.get("multiprocessing.pool")
        if module and not self._pools_follow:
            self._pools_follow = True
            for name in _SUBMITS:
                setattr(module.ThreadPool, name, self._following(getattr(module.ThreadPool, name)))
