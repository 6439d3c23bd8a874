"""The output of statements: in one order, in chunks, within a limit.

It takes text that is already attributed to a statement, from the sys.stdout objects (streams.py) or
from descriptors 1 and 2 (descriptors.py). Text of the running statement becomes Stream frames. Any
other text, and text beyond the limit, goes to the session's log.
"""

from __future__ import annotations

import itertools
import operator
import os
import threading
import time

from . import parts
from .channel import Channel, Closed
from .interrupts import Interrupts

CHUNK = 64 << 10
INTERVAL = 0.1
DEFAULT_LIMIT = 32 << 20


def size_of(text: str) -> int:
    """Return the size of text in UTF-8 in bytes, without encoding it if possible."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def split_at(text: str, size: int) -> tuple[str, str]:
    """Cut text after at most `size` bytes of UTF-8, never inside a character."""
    if text.isascii():
        return text[:size], text[size:]
    head = text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
    return head, text[len(head) :]


def truncation_mark(limit: int) -> str:
    return f"\n… output truncated after {limit} bytes; the rest is in the session log\n"


class Output:
    """Puts all output into one order. Any thread may call every method."""

    def __init__(self, channel: Channel, interrupts: Interrupts, log_fd: int):
        self._channel = channel
        self._log_fd = log_fd
        # Inside, no other output is added and no interrupt arrives.
        self.exclusive = _Exclusive(interrupts)
        self._pending: list[tuple[str, str]] = []
        self._pending_size = 0
        self._waiting = threading.Event()
        self._stmt = 0
        self._limit = 0
        self._left = 0  # of the limit; -1 when the mark of its end is sent
        self._log_left = 0  # of the log's share beyond the limit; likewise
        self._log_at_line_start = True

    def start(self) -> None:
        threading.Thread(target=self._flush_in_time, name="hearth-output", daemon=True).start()

    def statement(self) -> int:
        """Return the statement whose output is open, or 0."""
        return self._stmt

    def begin(self, stmt: int, limit: int) -> None:
        with self.exclusive:
            self._stmt = stmt
            self._limit = self._left = self._log_left = limit if limit > 0 else DEFAULT_LIMIT

    def end(self) -> None:
        with self.exclusive:
            self.flush()
            self._stmt = 0

    def limit(self) -> int:
        """Return the bytes of output that the open statement may have."""
        return self._limit

    def put(self, stmt: int, name: str, text: str) -> None:
        """Add text that stmt wrote to the stream `name`."""
        if not text:
            return
        with self.exclusive:
            if not stmt or stmt != self._stmt:
                self.log(text, f"[statement {stmt}] " if stmt else "")
            elif self._left < 0:
                self.log_rest(text)
            else:
                size = size_of(text)
                if size <= self._left:
                    self._left -= size
                    self._add(name, text, size)
                else:
                    kept, rest = split_at(text, self._left)
                    self._left = -1
                    kept += truncation_mark(self._limit)
                    self._add(name, kept, size_of(kept))
                    self.log_rest(rest)

    def display(self, stmt: int, data: dict[str, str]) -> None:
        """Show a rich value in its place between the streams."""
        size = sum(map(size_of, data.values()))
        with self.exclusive:
            if not stmt or stmt != self._stmt:
                self.log(f"a display of {size} bytes came after its statement\n", f"[statement {stmt}] ")
            elif size > self._left:
                if self._left >= 0:
                    self._left = -1
                    mark = truncation_mark(self._limit)
                    self._add("stderr", mark, size_of(mark))
                self.log(f"a display of {size} bytes was dropped\n")
            else:
                self._left -= size
                self.flush()
                parts.send(self._channel, {"type": "display", "stmt": stmt}, data)

    def log_rest(self, text: str) -> None:
        """Log output over the limit, up to the limit once more: an endless print must not fill the
        disk."""
        with self.exclusive:
            self._log_within_limit(text)

    def _log_within_limit(self, text: str) -> None:
        if self._log_left < 0:
            return
        kept, rest = split_at(text, self._log_left)
        self._log_left -= size_of(kept)
        self.log(kept)
        if rest:
            self._log_left = -1
            self.log(f"\n… more output of statement {self._stmt} is dropped\n")

    def flush(self) -> None:
        """Send the pending text."""
        with self.exclusive:
            pending, self._pending, self._pending_size = self._pending, [], 0
            for name, parts in itertools.groupby(pending, key=operator.itemgetter(0)):
                self._send(name, "".join(text for _, text in parts))

    def log(self, text: str, prefix: str = "") -> None:
        """Write to the session's log, each line behind the prefix."""
        with self.exclusive:
            if prefix:
                lines = prefix.join(text.splitlines(keepends=True))
                text = prefix + lines if self._log_at_line_start else lines
            self._log_at_line_start = text.endswith("\n")
            self.log_bytes(text.encode("utf-8", "replace"))

    def log_bytes(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._log_fd, rest) :]
        except OSError:
            pass  # a full disk must not end the session

    def _add(self, name: str, text: str, size: int) -> None:
        self._pending.append((name, text))
        self._pending_size += size
        if text.endswith("\n") or self._pending_size >= CHUNK:
            # A line is sent at once: the next one may end this process.
            self.flush()
        elif len(self._pending) == 1:
            self._waiting.set()

    def _send(self, name: str, text: str) -> None:
        step = CHUNK if text.isascii() else CHUNK // 4
        for start in range(0, len(text), step):
            part = text[start : start + step]
            self._channel.send({"type": "stream", "stmt": self._stmt, "name": name, "text": part})

    def _flush_in_time(self) -> None:
        while True:
            self._waiting.wait()
            self._waiting.clear()
            time.sleep(INTERVAL)
            try:
                self.flush()
            except Closed:
                return


class _Exclusive:
    """The mask around the lock: the other way round, an interrupt could come in between."""

    __slots__ = ("_interrupts", "_lock")

    def __init__(self, interrupts: Interrupts):
        self._interrupts = interrupts
        # Reentrant: a finalizer may print in the middle of anything.
        self._lock = threading.RLock()

    def __enter__(self):
        self._interrupts.mask()
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()
        self._interrupts.unmask()
