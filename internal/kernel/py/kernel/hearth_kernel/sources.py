"""The source text of definitions in cells, for inspect.getsource.

All cells are compiled under one file name, which clients expect in tracebacks, so a file name
cannot say which cell a function came from. The code object can: each one of a cell is registered
here with the lines of that cell, for as long as it lives. linecache has no entries for them,
because then tracebacks and warnings would show source lines, which those of a Python prompt do not
have.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import weakref
from types import CodeType
from typing import NamedTuple


class Source(NamedTuple):
    """A place in a cell."""

    lines: list[str]
    # The index of the first line, decorators included.
    first: int


class Sources:
    """Finds the source of functions and classes that cells define."""

    def __init__(self):
        # By identity: equal code objects may come from different cells.
        self._known: dict[int, tuple[weakref.ref, Source]] = {}

    def install(self) -> None:
        """Make inspect and the class statement use this object."""
        inspect.findsource = self._find_source(inspect.findsource)
        builtins.__build_class__ = self._build_class(builtins.__build_class__)

    def register(self, code: CodeType, text: str) -> None:
        """Remember the cell of a code object and of all that is nested in it."""
        lines = text.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        self._register(code, lines)

    def _register(self, code: CodeType, lines: list[str]) -> None:
        self._remember(code, Source(lines, code.co_firstlineno - 1))
        for nested in code.co_consts:
            if isinstance(nested, CodeType):
                self._register(nested, lines)

    def _remember(self, thing, source: Source) -> None:
        key = id(thing)
        forget = functools.partial(self._forget, key)
        self._known[key] = (weakref.ref(thing, forget), source)

    def _forget(self, key: int, dead: weakref.ref) -> None:
        known = self._known.get(key)
        if known and known[0] is dead:
            del self._known[key]

    def _source(self, thing) -> Source | None:
        known = self._known.get(id(thing))
        return known[1] if known and known[0]() is thing else None

    def _find_source(self, original):
        @functools.wraps(original)
        def findsource(object):
            thing = _code_of(object)
            source = self._source(thing)
            if source is None and isinstance(thing, type):
                source = self._around_methods(thing)
            return (source.lines, source.first) if source else original(object)

        return findsource

    def _around_methods(self, made: type) -> Source | None:
        """Return the source of a class that a decorator made anew, as dataclasses do for slots."""
        for member in vars(made).values():
            method = self._source(_code_of(member))
            if method:
                for node in ast.walk(ast.parse("".join(method.lines))):
                    if isinstance(node, ast.ClassDef) and node.name == made.__name__:
                        first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
                        if first <= method.first < node.end_lineno:
                            return Source(method.lines, first)
        return None

    def _build_class(self, original):
        """Wrap the class statement: only there are the code of a class body and the class both at
        hand."""

        @functools.wraps(original)
        def build_class(func, name, /, *bases, **options):
            made = original(func, name, *bases, **options)
            source = self._source(func.__code__)
            if source and isinstance(made, type):
                self._remember(made, source)
            return made

        return build_class


def _code_of(thing):
    """Return the key of an object in the register: a class, or a code object."""
    if inspect.ismethod(thing):
        thing = thing.__func__
    if inspect.istraceback(thing):
        thing = thing.tb_frame
    if inspect.isframe(thing):
        return thing.f_code
    return getattr(thing, "__code__", thing) if inspect.isfunction(thing) else thing
