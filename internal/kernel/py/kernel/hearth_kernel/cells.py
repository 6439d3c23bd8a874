"""The compiler of cells: from text to the steps of running it.

A cell is compiled as a whole before any of it runs. The value of its last statement, if that is an
expression, is the value of the cell; magics further up are steps of their own, so that their values
can be shown.
"""

from __future__ import annotations

import __future__

import ast
import inspect
from types import CodeType
from typing import Callable, NamedTuple

from .sources import Sources
from .tracebacks import FILENAME

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag

_MAGIC_CALLS = ("run_line_magic", "run_cell_magic")


class Step(NamedTuple):
    """A part of a cell that runs in one go."""

    code: CodeType
    # Whether the step is an expression, which has a value.
    valued: bool

    def is_async(self) -> bool:
        return bool(self.code.co_flags & inspect.CO_COROUTINE)


class Compiler:
    """Compiles cells and remembers their `from __future__ import`s, as a REPL does."""

    def __init__(self, transform: Callable[[str], str], sources: Sources):
        # Turns magics and shell escapes into Python.
        self._transform = transform
        self._sources = sources
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    def compile(self, code: str) -> tuple[list[Step], bool]:
        """Return the steps of a cell, and whether the last one has the value of the cell."""
        code, tree = self._parse(code)
        try:
            return self._compile(code, tree)
        except SyntaxError as error:
            # Found after parsing, where the text is not at hand any more.
            lines = code.splitlines()
            if error.text is None and error.lineno and error.lineno <= len(lines):
                error.text = lines[error.lineno - 1]
            raise

    def _compile(self, code: str, tree: ast.Module) -> tuple[list[Step], bool]:
        steps = []
        flags = self._flags
        rest: list[ast.stmt] = []
        valued = False

        def add(node, mode):
            nonlocal flags
            compiled = compile(node, FILENAME, mode, flags, dont_inherit=True)
            flags |= compiled.co_flags & _FUTURES
            self._sources.register(compiled, code)
            steps.append(Step(compiled, mode == "eval"))

        for at, node in enumerate(tree.body):
            last = at == len(tree.body) - 1
            if isinstance(node, ast.Expr) and (last or _is_magic(node)):
                if rest:
                    add(ast.Module(rest, type_ignores=[]), "exec")
                    rest = []
                add(ast.Expression(node.value), "eval")
                valued = last
            else:
                rest.append(node)
        if rest:
            add(ast.Module(rest, type_ignores=[]), "exec")
        self._flags = flags
        return steps, valued

    def _parse(self, code: str) -> tuple[str, ast.Module]:
        """Return the cell as Python, and its tree."""
        # Valid Python contains no magic, so only other cells go through the transformation, which
        # costs more than all the rest.
        try:
            return code, self._parse_python(code)
        except SyntaxError:
            transformed = self._transform(code)
            if transformed == code:
                raise
        return transformed, self._parse_python(transformed)

    def _parse_python(self, code: str) -> ast.Module:
        flags = self._flags | ast.PyCF_ONLY_AST
        return compile(code, FILENAME, "exec", flags, dont_inherit=True)


def _is_magic(node: ast.Expr) -> bool:
    """Return whether the statement is the result of transforming a line or cell magic."""
    call = node.value
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _MAGIC_CALLS
    )
