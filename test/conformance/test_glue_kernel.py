"""The Jupyter kernel aws-glue-sessions 1.0.9, unmodified, driven as a notebook
drives it. What to write into a profile is what the README tells users."""

import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import time

import jupyter_client.kernelspec
import jupyter_client.manager
import pytest

import steps

PROFILE = """
[profile hearth]
region = eu-central-1
endpoint_url = {url}
glue_iam_role = arn:aws:iam::000000000000:role/GlueRole
aws_access_key_id = AKIDKERNEL
aws_secret_access_key = secret
"""


class Notebook:
    """One running kernel."""

    def __init__(self, home, url):
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "config").write_text(PROFILE.format(url=url))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            HOME=str(home),
            PATH=f"{pathlib.Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
            JUPYTER_DATA_DIR=str(home / "jupyter"),
            IPYTHONDIR=str(home / "ipython"),
            AWS_EC2_METADATA_DISABLED="true",
        )
        # As users do it: the package brings a command that installs its kernels.
        import aws_glue_interactive_sessions_kernel as package

        kernels = home / "kernels"
        shutil.copytree(pathlib.Path(package.__file__).parent / "glue_pyspark", kernels / "glue_pyspark")
        specs = jupyter_client.kernelspec.KernelSpecManager(kernel_dirs=[str(kernels)], ensure_native_kernel=False)
        self.manager = jupyter_client.manager.KernelManager(kernel_name="glue_pyspark", kernel_spec_manager=specs)
        self.log = (home / "kernel.log").open("wb")
        self.manager.start_kernel(env=environment, cwd=str(home), stdout=self.log, stderr=subprocess.STDOUT)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)
        # Which kernel names its profile is the first thing a user types.
        self.run("%profile hearth\n%region eu-central-1\n%idle_timeout 1\n%number_of_workers 2\n%worker_type G.1X")
        if version := os.environ.get("HEARTH_TEST_GLUE_VERSION"):
            self.run(f"%glue_version {version}")

    def send(self, code):
        return self.client.execute(code)

    def wait(self, message, deadline=240):
        """Collects what a cell shows until the kernel is idle again."""
        cell, end = Cell(), time.monotonic() + deadline
        while True:
            assert time.monotonic() < end, f"the cell did not end; shown so far: {cell.text}"
            try:
                said = self.client.get_iopub_msg(timeout=5)
            except queue.Empty:
                continue
            if said["parent_header"].get("msg_id") != message:
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                return cell
            cell.add(said)

    def run(self, code, deadline=240):
        return self.wait(self.send(code), deadline)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)
        self.log.close()


class Cell:
    """What one cell showed."""

    def __init__(self):
        self.text = ""
        self.data = {}
        self.error = None

    def add(self, said):
        content = said["content"]
        if said["msg_type"] == "stream":
            self.text += content["text"]
        elif said["msg_type"] in ("display_data", "execute_result"):
            self.data.update(content["data"])
        elif said["msg_type"] == "error":
            self.error = content


@pytest.fixture(scope="module")
def notebook(server, tmp_path_factory):
    opened = Notebook(tmp_path_factory.mktemp("notebook"), server.url)
    yield opened
    opened.close()


def current(cell):
    return re.search(r"Session ID: (\S+)", cell.text)[1]


@pytest.fixture(scope="module")
def first(notebook):
    """The first cell, which creates the session."""
    return notebook.run("1+1")


def test_the_first_cell_makes_a_session_and_shows_its_value(first, glue):
    session_id = current(first)
    assert f"Session {session_id} has been created." in first.text, first.text
    assert first.text.rstrip().endswith("2"), first.text
    made = glue.get_session(Id=session_id)["Session"]
    assert made["Status"] == "READY"
    assert (made["NumberOfWorkers"], made["WorkerType"], made["IdleTimeout"]) == (2, "G.1X", 1)
    assert made["DefaultArguments"]["--glue_kernel_version"] == "1.0.9"


def test_printed_text_is_shown(notebook, first):
    assert notebook.run("for i in range(3):\n    print('line', i)").text == "line 0\nline 1\nline 2\n"


def test_an_error_is_shown_with_its_name_and_traceback(notebook, first):
    shown = notebook.run("def f():\n    return 1 / 0\nf()")
    assert "ZeroDivisionError" in shown.text + str(shown.error)
    assert "division by zero" in shown.text + str(shown.error)
    assert "KeyError" not in shown.text


def test_names_stay_between_cells(notebook, first):
    notebook.run("kept = 40")
    assert notebook.run("kept + 2").text == "42\n"


def test_spark_is_there(notebook, first):
    assert notebook.run("spark.range(5).count()").text == "5\n"


def test_sql_cells_show_their_table(notebook, first):
    assert "|  1|" in notebook.run("%%sql\nselect 1 as one").text


def test_status_names_the_session(notebook, first):
    shown = notebook.run("%status").text
    assert f"Session ID: {current(first)}" in shown
    for line in ("Status: READY", "Session Type: glueetl", "Idle Timeout: 1", "Worker Type: G.1X", "Number of Workers: 2"):
        assert line in shown, shown
    assert "owner" in shown, "the kernel tags its session with its user"


def test_the_list_of_sessions_names_it(notebook, first):
    assert current(first) in notebook.run("%list_sessions").text


def test_tags_are_set_from_a_cell(notebook, first, glue):
    notebook.run('%%tags\n{"project": "kernel"}')
    arn = f"arn:aws:glue:eu-central-1:000000000000:session/{current(first)}"
    assert glue.get_tags(ResourceArn=arn)["Tags"]["project"] == "kernel"
    assert "'project': 'kernel'" in notebook.run("%status").text


def test_a_plot_is_shown_as_a_picture(notebook, first):
    cell = "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n%matplot plt"
    assert notebook.run(cell).data.get("image/png"), "a picture"


def test_an_interrupt_cancels_the_statement(notebook, first, glue, tmp_path):
    started = tmp_path / "started"
    message = notebook.send(f"open({str(started)!r}, 'w').close()\nwhile True: pass")
    steps.wait_file(started)
    notebook.manager.interrupt_kernel()
    assert "Execution Interrupted" in notebook.wait(message).text
    last = glue.list_statements(SessionId=current(first))["Statements"][-1]["Id"]
    assert steps.finish(glue, current(first), last)["State"] == "CANCELLED"
    assert notebook.run("kept").text == "40\n"


def test_after_an_idle_timeout_the_cell_run_again_makes_a_new_session(notebook, first, glue):
    steps.wait_status(glue, current(first), "TIMEOUT", deadline=240)
    told = notebook.run("'again'")
    assert "has reached TIMEOUT status" in told.text
    assert "re-run the same cell" in told.text
    again = notebook.run("'again'")
    assert current(again) != current(first)
    assert again.text.rstrip().endswith("'again'")


def test_after_stop_session_the_next_cell_makes_a_new_session(notebook, glue):
    before = current(notebook.run("%status"))
    assert "Stopped session." in notebook.run("%stop_session").text
    steps.wait_status(glue, before, "STOPPED")
    after = notebook.run("6 * 7")
    assert current(after) != before
    assert after.text.rstrip().endswith("42")


def test_closing_the_notebook_stops_its_session(server, glue, tmp_path):
    other = Notebook(tmp_path, server.url)
    session_id = current(other.run("1"))
    other.close()
    steps.wait_status(glue, session_id, "STOPPED")
