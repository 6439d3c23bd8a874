"""The Jupyter kernel aws-glue-sessions 1.0.9, unmodified, driven as a notebook
drives it. What to write into a profile is what the README tells users."""

import os
import pathlib
import re

import aws_glue_interactive_sessions_kernel as package
import pytest

import notebook as jupyter
import steps

PROFILE = """
[profile hearth]
region = eu-central-1
endpoint_url = {url}
glue_iam_role = arn:aws:iam::000000000000:role/GlueRole
aws_access_key_id = AKIDKERNEL
aws_secret_access_key = secret
"""


def open_notebook(home, url, kernel="glue_pyspark"):
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text(PROFILE.format(url=url))
    opened = jupyter.Notebook(
        home, pathlib.Path(package.__file__).parent / kernel, {"AWS_EC2_METADATA_DISABLED": "true"}, without=["AWS_"]
    )
    # Which kernel names its profile is the first thing a user types.
    opened.run("%profile hearth\n%region eu-central-1\n%idle_timeout 1\n%number_of_workers 2\n%worker_type G.1X")
    if version := os.environ.get("HEARTH_TEST_GLUE_VERSION"):
        opened.run(f"%glue_version {version}")
    return opened


@pytest.fixture(scope="module")
def notebook(server, tmp_path_factory):
    opened = open_notebook(tmp_path_factory.mktemp("notebook"), server.url)
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
    assert "ZeroDivisionError" in shown.text
    assert "division by zero" in shown.text
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
    other = open_notebook(tmp_path, server.url)
    session_id = current(other.run("1"))
    other.close()
    steps.wait_status(glue, session_id, "STOPPED")


@pytest.fixture(scope="module")
def scala(server, tmp_path_factory):
    opened = open_notebook(tmp_path_factory.mktemp("scala"), server.url, "glue_spark")
    yield opened
    opened.close()


def test_the_spark_kernel_runs_scala(scala, glue):
    shown = scala.run("1+1")
    assert shown.text.rstrip().endswith("res0: Int = 2"), shown.text
    assert glue.get_session(Id=current(shown))["Session"]["DefaultArguments"]["--session-language"] == "scala"
    made = scala.run('case class Trip(km: Int)\nval trips = Seq(Trip(5), Trip(7)).toDS\ntrips.createOrReplaceTempView("trips")')
    assert "trips: org.apache.spark.sql.Dataset[Trip]" in made.text
    assert "|  7|" in scala.run("trips.filter(_.km > 5).show()").text
    assert "|  5|" in scala.run("%%sql\nselect km from trips order by km").text
    assert "not found: value missing" in scala.run("val x = missing").text
