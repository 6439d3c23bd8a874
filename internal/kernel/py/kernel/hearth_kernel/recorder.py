"""The recorder of output, opened and closed for each running statement.

It puts together streams, descriptors, attribution and the order of output, and takes care of forked
children, which must neither use the protocol nor send the text of their parent again.
"""

from __future__ import annotations

import os
import signal
import sys

from .attribution import Attribution
from .channel import Channel
from .descriptors import NAMES, Descriptors, save_log
from .interrupts import Interrupts
from .output import Output
from .streams import TextStream


class Recorder:
    """Replaces the process's standard streams for good."""

    def __init__(self, channel: Channel, interrupts: Interrupts):
        self._channel = channel
        self._forked = False
        self.log_fd = save_log()
        self._by = Attribution()
        self._output = Output(channel, interrupts, self.log_fd)
        self._descriptors = Descriptors(self._output)
        self._streams = [
            TextStream(fd, name, self._output, self._descriptors, self._by)
            for fd, name in NAMES.items()
        ]

    def install(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout = sys.__stdout__ = self._streams[0]
        sys.stderr = sys.__stderr__ = self._streams[1]
        self._by.install()
        self._output.start()
        self._descriptors.start()
        os.register_at_fork(before=self._before_fork, after_in_child=self._become_child)

    def begin(self, stmt: int, limit: int) -> None:
        """Attribute output from now on to stmt."""
        self._descriptors.drain()
        self._output.begin(stmt, limit)
        self._by.set_running(stmt)

    def end(self) -> None:
        """Send all output of the statement before returning."""
        for stream in self._streams:
            stream.end_statement()
        self._descriptors.end_statement()
        self._by.set_running(0)
        self._output.end()

    def limit(self) -> int:
        """Return the bytes of output that the open statement may have."""
        return self._output.limit()

    def log_rest(self, text: str) -> None:
        """Log the part of the open statement's value that is over the limit."""
        self._output.log_rest(text)

    def display(self, data: dict[str, str]) -> None:
        """Show a rich value for the statement that the caller works for."""
        if not self._forked:
            self._descriptors.drain()
            self._output.display(self._by.current(), data)

    def statement(self) -> int:
        """Return the running statement if the caller works for it, else 0."""
        stmt = self._by.current()
        return stmt if stmt == self._by.running else 0

    def _before_fork(self) -> None:
        # The parent's output comes before the child's. A forked child has nothing to flush here,
        # and a thread that it does not have may hold the lock.
        if not self._forked:
            self._output.flush()

    def _become_child(self) -> None:
        self._forked = True
        for stream in self._streams:
            stream.become_child()
        self._channel.abandon()
        self._descriptors.abandon()
        signal.signal(signal.SIGINT, signal.default_int_handler)
