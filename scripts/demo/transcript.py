"""What the parts of the demo share: a transcript, and waiting with an end."""

import sys
import time

PATIENCE = 180  # seconds


def say(text, indent="  "):
    for line in text.splitlines():
        print(indent + line, flush=True)


def wait(read, key, wanted):
    """Reads until `key` of what is read is one of the wanted values."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = read()
        if value[key] in wanted:
            return value
        if time.monotonic() > deadline:
            sys.exit(f"waited in vain for {' or '.join(wanted)}; it is {value[key]}")
        time.sleep(0.05)
