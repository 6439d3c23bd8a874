"""Answers to inquiries, which come beside the statements.

They are answered on a thread of their own, so that neither a statement nor an interrupt waits for
them. It reads the namespace while a statement may change it; when that fails the answer is empty.
"""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
from typing import Callable

from .channel import Channel, Closed


class Inquiries:
    """Answers Complete, Inspect and AddFile frames one by one."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self._asked: queue.SimpleQueue = queue.SimpleQueue()
        # They answer once the interpreter is there.
        self.complete: Callable[[str, int], list[str]] = lambda code, cursor: []
        self.describe: Callable[[str, int], dict[str, str]] = lambda code, cursor: {}
        # Makes the modules of a file importable; with Spark, on executors too.
        self.add_file: Callable[[str], None] = _on_path

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
        if frame["type"] == "addFile":
            return {"type": "added", "id": frame["id"], "text": self._add(frame["text"])}
        code, cursor = frame.get("code", ""), frame.get("cursor", 0)
        inspects = frame["type"] == "inspect"
        answer: dict = {"type": "inspected" if inspects else "completed", "id": frame["id"]}
        try:
            if inspects:
                answer["data"] = self.describe(code, cursor)
            else:
                answer["names"] = self.complete(code, cursor)
        except BaseException:
            pass  # an error of the user's objects, or of a namespace that changed meanwhile
        return answer

    def _add(self, path: str) -> str:
        try:
            self.add_file(path)
        except Exception as error:
            return str(error) or type(error).__name__
        return ""


def _on_path(path: str) -> None:
    place = path if path.endswith((".zip", ".egg")) else os.path.dirname(path)
    if place not in sys.path:
        sys.path.insert(1, place)
    importlib.invalidate_caches()
