"""plt.show() in a session: the open figures are shown as PNG, then closed.

This does not import matplotlib: a finder waits for the first import of pyplot, replaces its show,
and removes itself. Figures that are left open are not shown, unless the user has asked for that
with %matplotlib inline.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Callable

from .rich import png

_PYPLOT = "matplotlib.pyplot"


def install(display: Callable[[dict], None]) -> None:
    """Make pyplot.show call display, and choose a backend that needs no screen."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.meta_path.insert(0, _Finder(display))


class _Finder:
    """Finds pyplot once, through the other finders."""

    def __init__(self, display: Callable[[dict], None]):
        self._display = display

    def find_spec(self, name, path=None, target=None):
        if name != _PYPLOT:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_replace(module):
                execute(module)
                _replace_show(module, self._display)

            spec.loader.exec_module = execute_and_replace
        return spec


def _replace_show(pyplot, display: Callable[[dict], None]) -> None:
    show = pyplot.show

    def show_figures(*args, **kwargs):
        if pyplot.get_backend().lower() != "agg":
            return show(*args, **kwargs)
        for number in pyplot.get_fignums():
            display({"image/png": png(pyplot.figure(number))})
        pyplot.close("all")

    show_figures.__doc__ = show.__doc__
    show_figures.__name__ = show.__name__
    pyplot.show = show_figures
