"""Completion of code and descriptions of names in it.

Names are looked up in the namespace as it is. Only dir() and the attributes that the code itself
names are evaluated, so that an inquiry starts no Spark job.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import re

# The most names that are returned; nobody reads more.
MAX_NAMES = 1000

_DOTTED = re.compile(r"(?:([^\W\d]\w*(?:\.[^\W\d]\w*)*)\.)?(\w*)$")
_REST = re.compile(r"\w*")


def complete(code: str, cursor: int, namespace: dict) -> list[str]:
    """Return names that could stand at the cursor, without the part before their dot."""
    path, prefix, dangling = _at(code, cursor)
    if path:
        found, value = _resolve(path, namespace)
        names = dir(value) if found else []
    elif dangling or prefix[:1].isdigit():
        return []
    else:
        names = [*namespace, *vars(builtins), *keyword.kwlist]
    hidden = not prefix.startswith("_")
    fitting = {n for n in names if n.startswith(prefix) and not (hidden and n.startswith("_"))}
    return sorted(fitting)[:MAX_NAMES]


def describe(code: str, cursor: int, namespace: dict) -> dict[str, str]:
    """Return signature, type and documentation of the name at the cursor, as text."""
    path, prefix, _ = _at(code, cursor)
    name = prefix + _REST.match(code, cursor).group()
    found, value = _resolve(f"{path}.{name}" if path else name, namespace)
    if not found:
        return {}
    lines = []
    try:
        lines.append(f"Signature: {name}{inspect.signature(value)}")
    except (TypeError, ValueError):
        pass  # not callable, or written in C without one
    lines.append(f"Type: {type(value).__name__}")
    doc = inspect.getdoc(value)
    if doc:
        lines.append(f"Docstring:\n{doc}")
    return {"text/plain": "\n".join(lines)}


def _at(code: str, cursor: int) -> tuple[str | None, str, bool]:
    """Return the dotted path and the part of a name before the cursor, and whether a dot before
    them follows something else, such as a call."""
    line = code[:cursor].rpartition("\n")[2]
    match = _DOTTED.search(line)
    if line[: match.start()].rstrip().endswith("."):
        return None, match[2], True
    return match[1], match[2], False


def _resolve(path: str, namespace: dict) -> tuple[bool, object]:
    first, *rest = path.split(".")
    if first in namespace:
        value = namespace[first]
    elif hasattr(builtins, first):
        value = getattr(builtins, first)
    else:
        return False, None
    for name in rest:
        try:
            value = getattr(value, name)
        except Exception:
            return False, None
    return True, value
