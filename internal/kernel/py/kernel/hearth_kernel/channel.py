"""Frames over a pair of pipes: four bytes of length, then one JSON object.

The module knows nothing of the meaning of frames.
"""

from __future__ import annotations

import json
import os
import struct
import threading

from . import MAX_FRAME

_LENGTH = struct.Struct(">I")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class FrameTooLarge(ValueError):
    """The frame cannot be sent, and nothing of it was."""


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """Both directions of one connection. Any thread may call send."""

    def __init__(self, in_fd: int, out_fd: int):
        # At once, before any subprocess can be started: a child that holds the pipes would make a
        # dead session look alive.
        os.set_inheritable(in_fd, False)
        os.set_inheritable(out_fd, False)
        self._in = in_fd
        self._out = out_fd
        self._lock = threading.Lock()

    def send(self, frame: dict) -> None:
        # A lone surrogate cannot be encoded and would make the whole frame unreadable.
        body = _encode(frame).encode("utf-8", "replace")
        if len(body) > MAX_FRAME:
            raise FrameTooLarge(f"frame of {len(body)} bytes")
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._out, rest) :]
            except OSError as error:
                raise Closed from error

    def receive(self) -> dict:
        """Wait for the next frame and return it. Raise Closed at the end of the stream."""
        (size,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if size > MAX_FRAME:
            raise Closed(f"frame of {size} bytes announced")
        return json.loads(self._read(size))

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = os.read(self._in, min(size, 1 << 20))
            except OSError as error:
                raise Closed from error
            if not part:
                raise Closed("end of stream")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def abandon(self) -> None:
        """Close both pipes, in a forked child, which must not send frames."""
        for fd in (self._in, self._out):
            try:
                os.close(fd)
            except OSError:
                pass
