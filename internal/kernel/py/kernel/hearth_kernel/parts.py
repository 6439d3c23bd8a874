"""Rich values in frames: long texts of a value go ahead of it in pieces.

So a value may be longer than a frame, and nobody on its way to the server's store has to hold more
of it than a piece.
"""

from __future__ import annotations

from .channel import Channel

# The longest text of a frame's data, in characters.
PIECE = 64 << 10


def send(channel: Channel, frame: dict, data: dict[str, str]) -> None:
    """Send the frame of a display or result with its value."""
    short = {}
    for mime, text in data.items():
        if len(text) <= PIECE:
            short[mime] = text
            continue
        for start in range(0, len(text), PIECE):
            piece = {mime: text[start : start + PIECE]}
            channel.send({"type": "part", "stmt": frame["stmt"], "data": piece})
    channel.send({**frame, "data": short})
