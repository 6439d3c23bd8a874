"""sys.stdout and sys.stderr of user code.

They pass text to the Output under the number of the statement that the writing thread works for. In
a forked child they write to the descriptor instead, which the parent reads.
"""

from __future__ import annotations

import codecs
import io
import os

from .attribution import Attribution
from .descriptors import Descriptors
from .output import Output


class TextStream(io.TextIOBase):
    """A text stream like a redirected standard stream: never a terminal."""

    encoding = "utf-8"
    errors = "replace"
    newlines = None
    line_buffering = True
    write_through = True
    closed = False

    def __init__(self, fd: int, name: str, output: Output, descriptors: Descriptors, by: Attribution):
        super().__init__()
        self._fd = fd
        self._stream = name
        self._output = output
        self._descriptors = descriptors
        self._by = by
        self._forked = False
        self._unwritten = ""  # of a forked child: whole lines, so that siblings do not mix
        self.name = f"<{name}>"
        self.mode = "w"
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._forked:
            self._unwritten += text
            if "\n" in text or len(self._unwritten) > 8192:
                self.flush()
        else:
            with self._output.exclusive:
                # Output that a subprocess has written by now comes first.
                self._descriptors.drain()
                self._output.put(self._by.current(), self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Write the text of a forked child. The parent's Output flushes by itself, in order."""
        if self._unwritten:
            text, self._unwritten = self._unwritten, ""
            _write_all(self._fd, text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Do nothing: later statements print too."""

    def reconfigure(self, **_options) -> None:
        """Do nothing, for programs that set their encoding; it is UTF-8 already."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def end_statement(self) -> None:
        """Flush the bytes of an unfinished character: the next statement will not finish it."""
        rest = self.buffer.finish()
        if rest:
            self.write(rest)

    def become_child(self) -> None:
        self._forked = True


class _Bytes(io.BufferedIOBase):
    """The `.buffer` of a TextStream."""

    closed = False

    def __init__(self, text: TextStream):
        super().__init__()
        self._text = text
        self._decoder = _decoder()

    def write(self, data) -> int:
        data = bytes(data)
        text = self._decoder.decode(data)
        if text:
            self._text.write(text)
        return len(data)

    def finish(self) -> str:
        return self._decoder.decode(b"", True)

    def flush(self) -> None:
        """Do nothing, as for the text."""

    def close(self) -> None:
        """Do nothing, as for the text."""

    def fileno(self) -> int:
        return self._text.fileno()

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    @property
    def raw(self):
        return self


def _decoder():
    return codecs.getincrementaldecoder("utf-8")("replace")


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
