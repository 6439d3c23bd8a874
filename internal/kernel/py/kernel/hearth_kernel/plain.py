"""The shell where IPython is not installed: magics and `!` without it.

A line that begins with % or ! where Python expects a statement is turned into a call of the shell.
Everything else of IPython is missing: other magics, `x = !command`, magics inside of blocks,
display().
"""

from __future__ import annotations

import ast
import builtins
import subprocess

from . import names
from .rich import Magics, UnknownMagic

# The name in builtins under which transformed code finds the shell, as IPython's get_ipython.
_NAME = "__hearth__"


class PlainShell:
    """Transforms cells and runs their magics."""

    def __init__(self, namespace: dict):
        self._namespace = namespace
        self._magics = Magics(namespace).by_name
        setattr(builtins, _NAME, self)

    def transform(self, code: str) -> str:
        lines = code.split("\n")
        done: list[str] = []
        open_lines: list[str] = []
        for line in lines:
            if line[:1] in ("%", "!") and _complete("\n".join(open_lines)):
                done += open_lines
                open_lines = []
                done.append(_as_python(line))
            else:
                open_lines.append(line)
        return "\n".join(done + open_lines)

    def complete(self, code: str, cursor: int) -> list[str]:
        return names.complete(code, cursor, self._namespace)

    def run_nested_with(self, run) -> None:
        """Do nothing: no magic here runs cells."""

    def before_statement(self, code: str) -> None:
        """Do nothing: there are no events here."""

    def after_statement(self, count: int) -> None:
        """Do nothing: there are no events and no history here."""

    def run_line_magic(self, name: str, line: str):
        if name not in self._magics:
            raise UnknownMagic(f"Line magic function `%{name}` not found.")
        return self._magics[name](line)

    def system(self, command: str) -> None:
        """Run a shell command; its output goes through descriptors 1 and 2."""
        subprocess.call(command, shell=True)


def _as_python(line: str) -> str:
    if line.startswith("!"):
        return f"{_NAME}.system({line[1:]!r})"
    name, _, rest = line.lstrip("%").partition(" ")
    return f"{_NAME}.run_line_magic({name!r}, {rest.strip()!r})"


def _complete(code: str) -> bool:
    """Return whether a new statement may begin after this code."""
    try:
        compile(code, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
    except (SyntaxError, ValueError):
        return False
    return True
