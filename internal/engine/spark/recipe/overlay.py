"""Installs a session's own Python modules into its overlay.

Called with the path of a private file, a JSON object: target (the overlay),
options (for pip), modules (requirements), keep (requirements that must stay as
the runtime has them, because another Spark than that of the JVM could not work).

The shared environment is only read. What it has already is not installed again:
pip first says what is missing, then exactly that goes into the overlay.
"""

import json
import os
import subprocess
import sys
import tempfile

import pip
import runpip

PIP = ["pip", "install", "--no-input", "--progress-bar=off", "--disable-pip-version-check"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        orders = json.load(file)
    with tempfile.TemporaryDirectory() as scratch:
        fixed = os.path.join(scratch, "constraints.txt")
        with open(fixed, "w") as file:
            file.write("\n".join(orders["keep"]) + "\n")
        wanted = [*orders["options"], "--constraint", fixed]
        into = ["--target", orders["target"]]
        if tuple(map(int, pip.__version__.split(".")[:2])) < (22, 2):
            # This pip cannot say what it would do: all of it again, then.
            call([*wanted, *into, "--", *orders["modules"]])
            return
        report = os.path.join(scratch, "report.json")
        call([*wanted, "--dry-run", "--quiet", "--report", report, "--", *orders["modules"]])
        with open(report) as file:
            missing = [pinned(item) for item in json.load(file)["install"]]
        if missing:
            call([*orders["options"], "--no-deps", *into, "--", *missing])
        else:
            print("everything is there already")


def call(arguments):
    done = subprocess.run(runpip.command([*PIP, *arguments]))
    if done.returncode:
        sys.exit(done.returncode)


def pinned(item):
    """The requirement that means exactly this file."""
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    if not item.get("is_direct"):
        return f"{name}=={version}"
    source = item["download_info"]
    url = source["url"]
    if "vcs_info" in source:
        url = f"{source['vcs_info']['vcs']}+{url}@{source['vcs_info']['commit_id']}"
    return f"{name} @ {url}"


main()
