"""The control thread, which reads frames and acts on them while user code runs."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback

from . import children
from .channel import Channel, Closed
from .inquiries import Inquiries
from .interrupts import Interrupts

_REMIND_SECONDS = 0.1


class Control:
    """Turns frames into work for the main thread, interrupts and answers."""

    def __init__(self, channel: Channel, interrupts: Interrupts):
        self._channel = channel
        self._interrupts = interrupts
        self._seen: set[int] = set()
        self._work: queue.SimpleQueue = queue.SimpleQueue()
        self._gateway: queue.SimpleQueue = queue.SimpleQueue()
        # Whether the main thread takes statements already.
        self.ready = False
        self.inquiries = Inquiries(channel)
        self._handlers = {
            "execute": self._execute,
            "interrupt": self._interrupt,
            "gateway": self._gateway.put,
            "complete": self.inquiries.ask,
            "inspect": self.inquiries.ask,
            "addFile": self.inquiries.ask,
            "shutdown": self._shutdown,
        }

    def start(self) -> None:
        threading.Thread(target=self._run, name="hearth-control", daemon=True).start()
        self.inquiries.start()

    def wait_for_gateway(self) -> dict:
        """Wait for the Gateway frame and return it."""
        return self._gateway.get()

    def next_statement(self) -> dict | None:
        """Return the next Execute frame, None when the session is to end."""
        return self._work.get()

    def _run(self) -> None:
        try:
            while True:
                frame = self._channel.receive()
                handle = self._handlers.get(frame.get("type"))
                if handle:  # a newer supervisor may send other types
                    handle(frame)
        except Closed:
            pass
        except Exception:
            traceback.print_exc()
        finally:
            # The supervisor is dead, or its frames cannot be read: nobody needs the kernel any
            # more.
            children.end_all()

    def _execute(self, frame: dict) -> None:
        stmt = frame["stmt"]
        if stmt not in self._seen:
            self._seen.add(stmt)
            self._interrupts.enqueue(stmt)
            self._work.put(frame)

    def _interrupt(self, frame: dict) -> None:
        stmt = frame["stmt"]
        found = self._interrupts.request(stmt)
        if found == "queued":
            self._cancelled_before_start(stmt)
        elif found == "running":
            self._insist(stmt)

    def _cancelled_before_start(self, stmt: int) -> None:
        text = "the statement was cancelled before it started"
        error = {"name": "KeyboardInterrupt", "value": text, "traceback": []}
        self._channel.send({"type": "result", "stmt": stmt, "status": "cancelled", "error": error})

    def _shutdown(self, _frame: dict) -> None:
        if not self.ready:
            os._exit(0)  # no user code has run, and the main thread waits for the JVM
        for stmt in self._interrupts.withdraw():
            self._cancelled_before_start(stmt)
        self._work.put(None)
        running = self._interrupts.running()
        if self._interrupts.request(running):
            self._insist(running)

    def _insist(self, stmt: int) -> None:
        """Repeat the interrupt until the statement has noticed it."""

        def remind():
            while self._interrupts.remind(stmt):
                time.sleep(_REMIND_SECONDS)

        threading.Thread(target=remind, name="hearth-interrupt", daemon=True).start()
