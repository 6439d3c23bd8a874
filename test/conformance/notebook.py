"""A Jupyter kernel, unmodified, driven as a notebook drives it."""

import os
import pathlib
import queue
import shutil
import subprocess
import sys
import time

import jupyter_client.kernelspec
import jupyter_client.manager


class Cell:
    """What one cell showed."""

    def __init__(self):
        self.text = ""
        self.data = {}
        self.error = None

    @property
    def shown(self):
        return self.text + self.data.get("text/html", "")

    def add(self, said):
        content = said["content"]
        if said["msg_type"] == "stream":
            self.text += content["text"]
        elif said["msg_type"] in ("display_data", "execute_result"):
            self.text += content["data"].get("text/plain", "")
            self.data.update(content["data"])
        elif said["msg_type"] == "error":
            self.error = content
            self.text += "\n".join(content["traceback"])


class Notebook:
    """One running kernel, whose home is a folder of its own.

    `spec` is the folder of the kernel's package that users install with
    jupyter-kernelspec; `environment` is laid over ours without the names that
    begin with one of `without`.
    """

    def __init__(self, home, spec, environment=None, without=()):
        around = {name: value for name, value in os.environ.items() if not name.startswith(tuple(without))}
        around.update(
            HOME=str(home),
            PATH=f"{pathlib.Path(sys.executable).parent}{os.pathsep}{around['PATH']}",
            JUPYTER_DATA_DIR=str(home / "jupyter"),
            IPYTHONDIR=str(home / "ipython"),
            **(environment or {}),
        )
        kernels = home / "kernels"
        shutil.copytree(spec, kernels / spec.name)
        specs = jupyter_client.kernelspec.KernelSpecManager(kernel_dirs=[str(kernels)], ensure_native_kernel=False)
        self.manager = jupyter_client.manager.KernelManager(kernel_name=spec.name.lower(), kernel_spec_manager=specs)
        self.log = (home / "kernel.log").open("wb")
        self.manager.start_kernel(env=around, cwd=str(home), stdout=self.log, stderr=subprocess.STDOUT)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def send(self, code):
        return self.client.execute(code)

    def wait(self, message, deadline=300):
        """Collects what a cell shows until the kernel is idle again."""
        cell, end = Cell(), time.monotonic() + deadline
        while True:
            assert time.monotonic() < end, f"the cell did not end; shown so far: {cell.shown}"
            try:
                said = self.client.get_iopub_msg(timeout=5)
            except queue.Empty:
                continue
            if said["parent_header"].get("msg_id") != message:
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                return cell
            cell.add(said)

    def run(self, code, deadline=300):
        return self.wait(self.send(code), deadline)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)
        self.log.close()
