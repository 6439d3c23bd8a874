"""Runs pip with arguments from a private file.

Every user of the machine can read command lines, and the arguments of pip may
hold the password of an index. Called with the path of a file, which is removed
once it is read: a JSON list of a script, or "pip" for the module, and its
arguments. pip starts itself again to install what a build needs, with the same
index among the arguments, and that goes the same way.
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile


def command(arguments):
    """Return the command line that runs a script, or pip, with its arguments."""
    # Only its owner can read a file of mkstemp.
    handle, path = tempfile.mkstemp(prefix="pip-", suffix=".json")
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(arguments, file)
    return [sys.executable, os.path.abspath(__file__), path]


class Popen(subprocess.Popen):
    """Starts a process, and pip without its arguments on the command line."""

    def __init__(self, args, *rest, **options):
        if isinstance(args, (list, tuple)) and args[0] == sys.executable and list(args[2:3]) == ["install"]:
            args = command(list(args[1:]))
        super().__init__(args, *rest, **options)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        arguments = json.load(file)
    os.remove(sys.argv[1])
    subprocess.Popen = Popen
    sys.argv = arguments
    # The first place of imports is the one that Python gives "-m pip" or a script.
    if arguments[0] == "pip":
        sys.path[0] = os.getcwd()
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(arguments[0])
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
