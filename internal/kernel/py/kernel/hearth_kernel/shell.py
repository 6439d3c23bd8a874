"""The shell with IPython: magics, `!` commands, display().

IPython transforms cells and runs their magics; the cells themselves are run by executor.py, so that
values, tracebacks and interrupts are the same with and without it. Its history, prompts and pretty
printer are not used.
"""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from types import ModuleType
from typing import Callable

from IPython.core import page
from IPython.core.completer import ProvisionalCompleterWarning
from IPython.core.displaypub import DisplayPublisher
from IPython.display import publish_display_data
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from IPython.core.magic import no_var_expand
from traitlets import Type
from traitlets.config import Config

from . import names
from .rich import Magics, Rich, UnknownMagic, as_text
from .tracebacks import describe


# Names that IPython puts into the user's namespace past init_user_ns. executor.py keeps the last
# values in builtins.
_UNASKED = ("__builtin__", "_", "__", "___")


class Publisher(DisplayPublisher):
    """Passes the values of display() to the kernel."""

    show: Callable[[dict], None]

    def publish(self, data, metadata=None, source=None, **_options):
        self.show(as_text(data))

    def clear_output(self, wait=False):
        """Do nothing: output that a client has seen is not taken back."""


class HearthShell(InteractiveShell):
    """The shell object that get_ipython() returns."""

    display_pub_class = Type(Publisher)
    # Runs a cell; returns its value and whether it has one.
    run_nested: Callable[[str], tuple[object, bool]]

    def init_user_ns(self):
        # The user's namespace shows the user's names; only %cd needs this one.
        hidden = {"_dh": self.history_manager.dir_hist}
        self.user_ns_hidden.update(hidden)
        self.user_ns.update(hidden)

    def enable_gui(self, gui=None):
        """Do nothing: %matplotlib calls it, and there is no screen."""

    def run_cell(self, raw_cell, store_history=False, silent=False, shell_futures=True, cell_id=None):
        """Run a cell in the middle of a statement, for %%capture and for programs.

        As in IPython an error is printed and returned, and sys.displayhook shows the value;
        interrupts and SystemExit end the statement.
        """
        result = ExecutionResult(_info(raw_cell))
        try:
            value, valued = self.run_nested(raw_cell)
        except Exception as error:
            result.error_in_exec = error
            print("".join(describe(error)["traceback"]), end="")
            return result
        if valued:
            result.result = value
            if not silent:
                _show(value)
        return result

    def run_line_magic(self, magic_name, line, _stack_depth=1):
        if self.find_line_magic(magic_name) is None and magic_name not in self.magics_manager.lazy_magics:
            raise UnknownMagic(f"Line magic function `%{magic_name}` not found.")
        return super().run_line_magic(magic_name, line, _stack_depth=_stack_depth + 1)

    # IPython expands {…} by the locals of the caller of the method that it knows, which is this
    # one, so they bear names that no user has.
    def run_cell_magic(_shell, *_arguments):
        if _shell.find_cell_magic(_arguments[0]) is None and _arguments[0] not in _shell.magics_manager.lazy_magics:
            raise UnknownMagic(f"Cell magic `%%{_arguments[0]}` not found.")
        return super(HearthShell, _shell).run_cell_magic(*_arguments)

    def system(self, command):
        """Run a `!` command; unlike IPython's, an interrupt ends the cell too."""
        command = self.var_expand(command, depth=1)
        self.user_ns["_exit_code"] = subprocess.call(
            command, shell=True, executable=os.environ.get("SHELL")
        )


class IPythonShell:
    """The interface of PlainShell, with IPython behind it."""

    def __init__(self, module: ModuleType, scratch: str | None, show: Callable[[dict], None]):
        home = scratch or tempfile.mkdtemp(prefix="hearth-ipython-")
        if not scratch:
            atexit.register(shutil.rmtree, home, ignore_errors=True)
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        namespace = module.__dict__
        self._shell = HearthShell.instance(
            ipython_dir=home, user_module=module, user_ns=namespace, config=config
        )
        self._shell.display_pub.show = show
        self._shell.display_formatter.formatters["text/plain"].pprint = False
        self._shell.builtin_trap.activate()
        self._shell.set_hook("show_in_pager", page.as_hook(page.display_page), 90)
        for name in _UNASKED:
            namespace.pop(name, None)
        for name, function in Magics(namespace).by_name.items():
            self._shell.register_magic_function(_verbatim(function), "line", name)
        # jedi would read the source of modules for seconds.
        self._shell.Completer.use_jedi = False
        warnings.filterwarnings("ignore", category=ProvisionalCompleterWarning)
        # The first transformation of a process is slow; no statement should wait for it.
        self.transform("%matplot x")

    def transform(self, code: str) -> str:
        transformed = self._shell.transform_cell(code)
        # The transformation ends every cell with a newline, which is not a change.
        return code if transformed in (code, code + "\n") else transformed

    def complete(self, code: str, cursor: int) -> list[str]:
        """Complete from the namespace, or else by IPython: magics, keys, modules."""
        found = names.complete(code, cursor, self._shell.user_ns)
        if not found:
            given = self._shell.Completer.completions(code, cursor)
            found = list(dict.fromkeys(_last_name(one.text) for one in given))
        return found[: names.MAX_NAMES]

    def run_nested_with(self, run: Callable[[str], tuple[object, bool]]) -> None:
        """Use run for cells that run in the middle of a statement."""
        self._shell.run_nested = run

    def before_statement(self, code: str) -> None:
        """Trigger the events that extensions such as autoreload wait for."""
        self._info = _info(code)
        self._shell.events.trigger("pre_execute")
        self._shell.events.trigger("pre_run_cell", self._info)

    def after_statement(self, count: int) -> None:
        """Trigger the events that `%matplotlib inline` and extensions wait for; it shows figures.
        """
        self._shell.execution_count = count + 1
        self._shell.events.trigger("post_execute")
        self._shell.events.trigger("post_run_cell", ExecutionResult(self._info))


def _info(code: str) -> ExecutionInfo:
    return ExecutionInfo(code, store_history=False, silent=False, shell_futures=True, cell_id=None)


def _show(value) -> None:
    """Show the value of a cell that ran in the middle of a statement."""
    if isinstance(value, Rich):
        publish_display_data(value.data)
    else:
        sys.displayhook(value)


def _last_name(text: str) -> str:
    """Return the last part of a dotted name: IPython completes whole ones."""
    return text.rpartition(".")[2] if re.fullmatch(r"[\w.]+", text) else text


def _verbatim(magic: Callable[[str], object]) -> Callable[[str], object]:
    """Wrap a magic so that IPython does not expand {…} and $…: its line is Python."""

    @functools.wraps(magic)
    def call(line):
        return magic(line)

    return no_var_expand(call)
