"""Answers to what is asked beside statements.

A thread of its own answers, so that neither a statement nor an interrupt waits
for it. It reads the namespace while a statement may change it; what cannot be
read then is answered with nothing.
"""

from __future__ import annotations

import queue
import threading
from typing import Callable

from .channel import Channel, Closed


class Inquiries:
    """Answers Complete and Inspect frames one by one."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self._asked: queue.SimpleQueue = queue.SimpleQueue()
        # What answers, once the interpreter is there.
        self.complete: Callable[[str, int], list[str]] = lambda code, cursor: []
        self.describe: Callable[[str, int], dict[str, str]] = lambda code, cursor: {}

    def start(self) -> None:
        threading.Thread(target=self._run, name="hearth-inquiries", daemon=True).start()

    def ask(self, frame: dict) -> None:
        self._asked.put(frame)

    def _run(self) -> None:
        try:
            while True:
                self._channel.send(self._answer(self._asked.get()))
        except Closed:
            pass

    def _answer(self, frame: dict) -> dict:
        code, cursor = frame.get("code", ""), frame.get("cursor", 0)
        inspects = frame["type"] == "inspect"
        answer: dict = {"type": "inspected" if inspects else "completed", "id": frame["id"]}
        try:
            if inspects:
                answer["data"] = self.describe(code, cursor)
            else:
                answer["names"] = self.complete(code, cursor)
        except BaseException:
            pass  # code of the user's objects, or a namespace that changed meanwhile
        return answer
