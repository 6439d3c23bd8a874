"""The processes that user code has started.

On Linux they are found in /proc; elsewhere the kernel's process group stands for them.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def lead_group() -> None:
    """Make the kernel the leader of its process group, so that the group can be ended."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def end_all() -> None:
    """End the children, the process group and this process. It does not return."""
    for pid, _ in _descendants():
        _signal(pid, signal.SIGKILL)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def now() -> float:
    """Return the time, on the clock by which processes record their start."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def interrupt_since(start: float) -> None:
    """Send SIGINT to the processes that are not older than `start`, as Ctrl-C in a terminal does to
    the processes of a command."""
    if sys.platform != "linux":
        os.killpg(0, signal.SIGINT)  # older ones too; this process ignores it if it is not meant
    # The start of a process is known to a tick, 10 ms, rounded down.
    for pid, started in _descendants():
        if started >= start - 0.01:
            _signal(pid, signal.SIGINT)


def _descendants() -> list[tuple[int, float]]:
    """Return pid and start of each process below this one."""
    if sys.platform != "linux":
        return []
    ticks = os.sysconf("SC_CLK_TCK")
    parents = {}
    starts = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                    # The name in parentheses may contain anything.
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry)] = int(fields[1])
            starts[int(entry)] = int(fields[19]) / ticks
    found = []
    below = {os.getpid()}
    while below:
        below = {pid for pid, parent in parents.items() if parent in below}
        found += [(pid, starts[pid]) for pid in below]
    return found


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        pass  # it has ended by itself
