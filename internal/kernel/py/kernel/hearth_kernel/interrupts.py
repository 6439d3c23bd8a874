"""Interrupting exactly one statement.

Signals are process-wide and late; statements are not. So SIGINT carries no
meaning of its own here: the control thread notes which statement is to stop,
under the lock that also guards which one runs, and then signals the main
thread. The handler raises KeyboardInterrupt only if that note still stands and
user code is on the stack. A signal that comes late finds the note gone.
"""

from __future__ import annotations

import signal
import sys
import threading

from . import children


class Interrupts:
    """The running statement, and the request to stop it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._main = threading.main_thread().ident
        self._queued: set[int] = set()
        self._running = 0
        self._since = 0.0
        self._pending = False
        self._masked = 0
        self._run_code = self.run.__func__.__code__
        self.requested = False

    def install(self) -> None:
        """Take SIGINT back: pyspark's handler would cancel every job in the JVM."""
        if signal.getsignal(signal.SIGINT) != self._handle:
            signal.signal(signal.SIGINT, self._handle)

    # Methods of the control thread.

    def enqueue(self, stmt: int) -> None:
        with self._lock:
            self._queued.add(stmt)

    def request(self, stmt: int) -> str:
        """Request stmt to stop, and signal the processes that it has started.

        Return "queued" if it will not start, "running" if it was signalled, and "" for neither.
        """
        with self._lock:
            if stmt in self._queued:
                self._queued.discard(stmt)
                return "queued"
            if stmt and stmt == self._running:
                self.requested = self._pending = True
                signal.pthread_kill(self._main, signal.SIGINT)
                # Under the lock: these processes cannot be those of the next statement.
                children.interrupt_since(self._since)
                return "running"
            return ""

    def remind(self, stmt: int) -> bool:
        """Signal again if stmt has not noticed; return False when there is no need to.

        A signal is lost on code that ignores it for a while, as system(3) does, and on a blocking
        call that began just then.
        """
        with self._lock:
            if stmt == self._running and self._pending:
                signal.pthread_kill(self._main, signal.SIGINT)
                return True
            return False

    def running(self) -> int:
        return self._running

    def withdraw(self) -> list[int]:
        """Withdraw every queued statement."""
        with self._lock:
            queued, self._queued = sorted(self._queued), set()
            return queued

    # Methods of the main thread.

    def begin(self, stmt: int) -> bool:
        """Make stmt the running statement; return False if it was cancelled while queued."""
        with self._lock:
            if stmt not in self._queued:
                return False
            self._queued.discard(stmt)
            self._running = stmt
            self._since = children.now()
            self.requested = self._pending = False
            self._masked = 0
            return True

    def end(self) -> bool:
        """Note that no statement runs now. Return whether the last one was to stop."""
        with self._lock:
            self._running = 0
            self._pending = False
            return self.requested

    def run(self, call):
        """Call `call` so that an interrupt can end it; return (value, exception).

        The handler raises only in frames below this one, so nothing can escape from here. `call`
        must begin with check(): a signal that arrived before its frame existed has left only the
        note.
        """
        try:
            return call(), None
        except BaseException as error:
            return None, error

    def check(self) -> None:
        """Raise a pending interrupt."""
        if self._pending and not self._masked:
            self._pending = False
            raise KeyboardInterrupt

    def _handle(self, _signum, frame) -> None:
        if not self._pending or self._masked or frame is None or frame.f_code is self._run_code:
            return
        while frame is not None and frame.f_code is not self._run_code:
            frame = frame.f_back
        if frame is not None:
            self._pending = False
            raise KeyboardInterrupt

    def mask(self) -> None:
        """Hold interrupts of the main thread back, to protect the kernel's own state. Other threads
        are not concerned: signals do not reach them."""
        if threading.get_ident() == self._main:
            self._masked += 1

    def unmask(self) -> None:
        """Undo one mask(); an interrupt held back meanwhile is raised now."""
        if threading.get_ident() == self._main:
            self._masked -= 1
            if self._pending:
                self._handle(signal.SIGINT, sys._getframe())
