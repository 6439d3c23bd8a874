"""Frames over a pair of pipes: four bytes of length, then one JSON object.

It knows nothing of what frames mean.
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
    """The frame cannot be sent; nothing of it was."""


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """Both directions of one connection. send may be called by any thread."""

    def __init__(self, in_fd: int, out_fd: int):
        # At once, before any subprocess can be started: a child that holds the
        # pipes would keep a dead session looking alive.
        os.set_inheritable(in_fd, False)
        os.set_inheritable(out_fd, False)
        self._in = in_fd
        self._out = out_fd
        self._lock = threading.Lock()

    def send(self, frame: dict) -> None:
        # A lone surrogate is no text and would make the whole frame unreadable.
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
        """Wait for the next frame. Closed at the end of the stream."""
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
        """Let go of both pipes: for a forked child, which must not speak."""
        for fd in (self._in, self._out):
            try:
                os.close(fd)
            except OSError:
                pass
