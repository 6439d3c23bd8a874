"""Exceptions as clients see them: name, value and the lines CPython would print.

Frames of the kernel, and of IPython where that calls the kernel, are left out, and so are those
above the first frame of typed code: asyncio's loop around a top-level await, for example. The code
of a job bears the name of the file it was written in.
"""

from __future__ import annotations

import itertools
import os
import traceback

# The file name of user code, which Glue, Livy and Athena clients expect.
FILENAME = "<stdin>"

# The longest value and the longest traceback, in characters, and the most lines of one: so that an
# error always fits into a frame.
_LONGEST = 1 << 20
_MOST_LINES = 1000

_IPYTHON = f"{os.sep}IPython{os.sep}"
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


def describe(error: BaseException) -> dict:
    """Return the Error of a Result frame. It calls user code: __str__ of the exception."""
    name = type(error).__name__
    value = _text(error)
    lines = [f"{name}: {value}\n" if value else f"{name}\n"]
    if name not in ("UsageError", "UnknownMagic"):  # of magics: their text is enough
        try:
            lines = list(_formatted(error))
        except Exception:
            pass  # an error of the user's __str__ or __repr__
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        left_out = f"  … {len(lines) - 2 * half} lines left out\n"
        lines = [*lines[:half], left_out, *lines[-half:]]
    room = _LONGEST // len(lines)
    shown = [_cut(line, room) for line in lines]
    return {"name": _cut(name, room), "value": _cut(value, _LONGEST), "traceback": shown}


def mentions(error: BaseException | None, kind: type) -> bool:
    """Return whether the error, or one that it stands on, is of this kind."""
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, kind):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def without_traceback(error: BaseException) -> BaseException:
    """Drop the traceback of an error that needs none, such as a syntax error of the cell itself."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def _formatted(error: BaseException):
    formatted = traceback.TracebackException.from_exception(error)
    _filter(formatted, set())
    return formatted.format()


def _filter(formatted, seen: set) -> None:
    if formatted is None or id(formatted) in seen:
        return
    seen.add(id(formatted))
    if formatted.stack:
        frames = list(formatted.stack)
        if frames[0].filename.startswith(_OURS):
            frames = list(itertools.dropwhile(lambda frame: frame.filename != FILENAME, frames)) or frames
        formatted.stack = traceback.StackSummary.from_list(_others(frames))
    _filter(formatted.__cause__, seen)
    _filter(formatted.__context__, seen)
    for one in getattr(formatted, "exceptions", None) or ():
        _filter(one, seen)


def _others(frames: list) -> list:
    """Drop the kernel's frames, and IPython's that called them for a magic."""
    others, calls_ours = [], False
    for frame in reversed(frames):
        if frame.filename.startswith(_OURS):
            calls_ours = True
        elif not (calls_ours and _IPYTHON in frame.filename):
            calls_ours = False
            others.append(frame)
    return others[::-1]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<unprintable {type(error).__name__} object>"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…\n"
