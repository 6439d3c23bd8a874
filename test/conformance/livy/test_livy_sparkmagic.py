"""sparkmagic 0.23.0, unmodified: its PySpark and Spark kernels, driven as a
notebook drives them."""

import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import time

import jupyter_client.kernelspec
import jupyter_client.manager
import pytest
import sparkmagic

import steps


class Cell:
    """What one cell showed."""

    def __init__(self):
        self.text = ""
        self.html = ""
        self.error = None

    def add(self, said):
        content = said["content"]
        if said["msg_type"] == "stream":
            self.text += content["text"]
        elif said["msg_type"] in ("display_data", "execute_result"):
            self.text += content["data"].get("text/plain", "")
            self.html += content["data"].get("text/html", "")
        elif said["msg_type"] == "error":
            self.error = content
            self.text += "\n".join(content["traceback"])

    @property
    def shown(self):
        return self.text + self.html


class Notebook:
    """One running kernel."""

    def __init__(self, home, url, kernel):
        (home / ".sparkmagic").mkdir(parents=True)
        login = {"username": "", "password": "", "url": url, "auth": "None"}
        (home / ".sparkmagic" / "config.json").write_text(
            json.dumps(
                {
                    "kernel_python_credentials": login,
                    "kernel_scala_credentials": login,
                    "livy_session_startup_timeout_seconds": 240,
                    "wait_for_idle_timeout_seconds": 120,
                    "use_auto_viz": False,
                }
            )
        )
        environment = {
            **os.environ,
            "HOME": str(home),
            "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_DATA_DIR": str(home / "jupyter"),
            "IPYTHONDIR": str(home / "ipython"),
        }
        # As users do it: jupyter-kernelspec installs the package's folder.
        kernels = home / "kernels"
        shutil.copytree(pathlib.Path(sparkmagic.__file__).parent / "kernels" / kernel, kernels / kernel)
        specs = jupyter_client.kernelspec.KernelSpecManager(kernel_dirs=[str(kernels)], ensure_native_kernel=False)
        self.manager = jupyter_client.manager.KernelManager(kernel_name=kernel, kernel_spec_manager=specs)
        self.log = (home / "kernel.log").open("wb")
        self.manager.start_kernel(env=environment, cwd=str(home), stdout=self.log, stderr=subprocess.STDOUT)
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

    def run(self, code):
        return self.wait(self.send(code))

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)
        self.log.close()


@pytest.fixture(scope="module")
def pyspark(server, tmp_path_factory):
    opened = Notebook(tmp_path_factory.mktemp("pyspark"), server.url, "pysparkkernel")
    shown = opened.run("1+1")
    assert "2" in shown.text and shown.error is None, shown.shown
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spark(server, tmp_path_factory):
    opened = Notebook(tmp_path_factory.mktemp("spark"), server.url, "sparkkernel")
    shown = opened.run("1+1")
    assert "Int = 2" in shown.text and shown.error is None, shown.shown
    yield opened
    opened.close()


def test_cells_run_and_names_stay(pyspark):
    pyspark.run("kept = 40")
    assert "42" in pyspark.run("print(kept + 2)").text


def test_an_error_is_shown(pyspark):
    shown = pyspark.run("1/0").shown
    assert "ZeroDivisionError" in shown
    assert "LivyClient" not in shown


def test_sql_is_shown_as_a_table_and_kept(pyspark):
    pyspark.run("spark.range(3).createOrReplaceTempView('v')")
    shown = pyspark.run("%%sql -o kept_here\nselect * from v order by id")
    assert shown.error is None, shown.shown
    assert "3" in pyspark.run("%%local\nprint(len(kept_here))").text


def test_a_frame_is_brought_here(pyspark):
    pyspark.run("brought = spark.createDataFrame([(1, 'é'), (2, 'b')], ['n', 's'])")
    assert pyspark.run("%%spark -o brought\nNone").error is None
    assert "é" in pyspark.run("%%local\nprint(sorted(brought['s']))").text


def test_a_value_is_sent_there(pyspark):
    pyspark.run("%%local\nhere = 'carried over'")
    sent = pyspark.run("%%send_to_spark -i here -t str -n there")
    assert sent.error is None, sent.shown
    assert "carried over" in pyspark.run("print(there)").text


def test_info_and_logs_are_shown(pyspark):
    info = pyspark.run("%%info").shown
    assert "pyspark" in info and "idle" in info and "local-" in info
    assert "stdout" in pyspark.run("%%logs").shown


def test_an_interrupt_stops_the_cell(pyspark, livy, tmp_path):
    started = tmp_path / "started"
    message = pyspark.send(f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    steps.wait_file(started)
    pyspark.manager.interrupt_kernel()
    pyspark.wait(message)
    assert "42" in pyspark.run("print(kept + 2)").text


def test_configure_makes_another_session(pyspark, livy):
    before = {one["id"] for one in livy.get("/sessions")["sessions"]}
    shown = pyspark.run('%%configure -f\n{"driverMemory": "1g", "conf": {"spark.sql.shuffle.partitions": "5"}}')
    assert shown.error is None, shown.shown
    assert "5" in pyspark.run("print(spark.conf.get('spark.sql.shuffle.partitions'))").text
    assert {one["id"] for one in livy.get("/sessions")["sessions"]} != before


def test_the_scala_kernel_runs_scala(spark):
    spark.run("val kept = 40")
    assert "42" in spark.run("println(kept + 2)").text


def test_the_scala_kernel_shows_sql(spark):
    spark.run('spark.range(3).createOrReplaceTempView("v")')
    shown = spark.run("%%sql -o kept_here\nselect * from v order by id")
    assert shown.error is None, shown.shown
    assert "3" in spark.run("%%local\nprint(len(kept_here))").text


def test_cleanup_ends_all_sessions(pyspark, livy):
    shown = pyspark.run("%%cleanup -f")
    assert shown.error is None, shown.shown
    live = [one for one in livy.get("/sessions")["sessions"] if one["state"] not in ("dead", "killed")]
    assert live == []
