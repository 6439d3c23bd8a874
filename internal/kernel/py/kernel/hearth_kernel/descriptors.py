"""Descriptors 1 and 2: output of C code and of subprocesses.

Both become pipes. Bytes that arrive in them belong to the running statement, or to the log if none
runs. A thread reads the pipes, and so does every caller of drain, who needs to be sure that nothing
older is still inside.
"""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import fcntl
import os
import select
import sys
import threading

from .channel import Closed
from .output import Output

# The pipe must hold everything that C code writes before it releases the interpreter's lock,
# because nobody can read the pipe until then.
_PIPE_SIZE = 1 << 20
_F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", 1031 if sys.platform == "linux" else None)

NAMES = {1: "stdout", 2: "stderr"}


def save_log() -> int:
    """Return a private copy of descriptor 1 as it was at the start: the log."""
    return fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)


class Descriptors:
    """The pipes behind descriptors 1 and 2."""

    def __init__(self, output: Output):
        self._output = output
        self._decoders = {}
        self._names = {}
        self._poller = select.poll()
        self._reader_poller = select.poll()
        for fd, name in NAMES.items():
            self._redirect(fd, name)
        self._libc = ctypes.CDLL(None)
        prefix = "__" if sys.platform == "darwin" else ""
        suffix = "p" if sys.platform == "darwin" else ""
        self._c_streams = [
            ctypes.c_void_p.in_dll(self._libc, prefix + name + suffix) for name in NAMES.values()
        ]
        self._line_buffer_c()

    def start(self) -> None:
        threading.Thread(target=self._read_on, name="hearth-descriptors", daemon=True).start()

    def drain(self) -> None:
        """Read everything that has been written by now."""
        for _ in range(_PIPE_SIZE // 65536):
            # Bounded by the size of the pipes: a background process that never stops writing must
            # not hold up the caller.
            with self._output.exclusive:
                ready = self._poller.poll(0)
                if not ready:
                    return
                for fd, _event in ready:
                    self._take(fd)

    def flush_c(self) -> None:
        """Flush the output of C code. Only these two streams: flushing all would wait for any that
        another thread is reading."""
        for stream in self._c_streams:
            self._libc.fflush(stream)

    def end_statement(self) -> None:
        with self._output.exclusive:
            self.flush_c()
            self.drain()
            for fd, decoder in self._decoders.items():
                text = decoder.decode(b"", True)
                self._output.put(self._output.statement(), self._names[fd], text)

    def abandon(self) -> None:
        """Close the reading ends, in a forked child."""
        for fd in list(self._names):
            os.close(fd)

    def _redirect(self, fd: int, name: str) -> None:
        reading, writing = os.pipe()
        if _F_SETPIPE_SZ is not None:
            try:
                fcntl.fcntl(writing, _F_SETPIPE_SZ, _PIPE_SIZE)
            except OSError:
                pass  # over the user's allowance: the default size works too
        os.set_blocking(reading, False)
        os.dup2(writing, fd, inheritable=True)
        os.close(writing)
        self._names[reading] = name
        self._decoders[reading] = codecs.getincrementaldecoder("utf-8")("replace")
        self._poller.register(reading, select.POLLIN)
        self._reader_poller.register(reading, select.POLLIN)

    def _line_buffer_c(self) -> None:
        line_buffered = 1  # _IOLBF on Linux and macOS
        self._libc.setvbuf(self._c_streams[0], None, line_buffered, 0)

    def _take(self, fd: int) -> None:
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return
        if not data:  # user code closed the descriptor and all copies of it
            for poller in (self._poller, self._reader_poller):
                with contextlib.suppress(KeyError):  # noticed before
                    poller.unregister(fd)
            return
        stmt = self._output.statement()
        if stmt:
            self._output.put(stmt, self._names[fd], self._decoders[fd].decode(data))
        else:
            self._output.log_bytes(data)

    def _read_on(self) -> None:
        try:
            while True:
                for fd, _event in self._reader_poller.poll():
                    with self._output.exclusive:
                        self._take(fd)
        except Closed:
            return
