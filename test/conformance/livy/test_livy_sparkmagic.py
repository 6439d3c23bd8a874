"""sparkmagic 0.23.0, unmodified: its PySpark and Spark kernels, driven as a
notebook drives them. Every magic is tried in both; the last test of each kernel
ends its session."""

import dataclasses
import json
import pathlib

import pytest
import sparkmagic

import notebook
import steps


def open_notebook(home, url, kernel):
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
    return notebook.Notebook(home, pathlib.Path(sparkmagic.__file__).parent / "kernels" / kernel)


@dataclasses.dataclass
class Language:
    """What a kernel runs, and how its language says the same things."""

    kernel: str
    kind: str
    value: str  # how 1+1 is shown
    keep: str
    show: str
    divide: str
    error: str
    frame: str
    setting: str
    loop: str  # makes a file, then goes on for ever


LANGUAGES = [
    Language(
        kernel="pysparkkernel",
        kind="pyspark",
        value="2",
        keep="kept = 40",
        show="print({})",
        divide="1/0",
        error="ZeroDivisionError",
        frame="spark.createDataFrame([(1, 'é'), (2, 'b')], ['n', 's'])",
        setting="spark.conf.get('spark.sql.shuffle.partitions')",
        loop="open('{}', 'w').close()\nwhile True: pass",
    ),
    Language(
        kernel="sparkkernel",
        kind="spark",
        value="Int = 2",
        keep="val kept = 40",
        show="println({})",
        divide="1/0",
        error="ArithmeticException: / by zero",
        frame='spark.createDataFrame(Seq((1, "é"), (2, "b"))).toDF("n", "s")',
        setting='spark.conf.get("spark.sql.shuffle.partitions")',
        loop='new java.io.File("{}").createNewFile()\nwhile (true) Thread.sleep(10)',
    ),
]


class Opened:
    """A kernel with a session, and its language."""

    def __init__(self, home, url, language):
        self.language = language
        self.notebook = open_notebook(home, url, language.kernel)
        assert language.value in self.text("1+1")

    def text(self, cell):
        """Runs a cell that must succeed and returns what it showed."""
        shown = self.notebook.run(cell)
        assert shown.error is None, shown.shown
        return shown.shown

    def print(self, expression):
        return self.text(self.language.show.format(expression))


@pytest.fixture(scope="module", params=LANGUAGES, ids=lambda language: language.kind)
def kernel(request, server, tmp_path_factory):
    opened = Opened(tmp_path_factory.mktemp(request.param.kind), server.url, request.param)
    yield opened
    opened.notebook.close()


def test_cells_run_and_names_stay(kernel):
    kernel.text(kernel.language.keep)
    assert "42" in kernel.print("kept + 2")


def test_an_error_is_shown(kernel):
    shown = kernel.notebook.run(kernel.language.divide).shown
    assert kernel.language.error in shown
    assert "LivyClient" not in shown


def test_sql_is_shown_as_a_table_and_kept(kernel):
    kernel.text('spark.range(3).createOrReplaceTempView("v")')
    kernel.text("%%sql -o kept_here\nselect * from v order by id")
    assert "3" in kernel.text("%%local\nprint(len(kept_here))")


def test_a_frame_is_brought_here(kernel):
    kernel.text(("" if kernel.language.kind == "pyspark" else "val ") + "brought = " + kernel.language.frame)
    kernel.text("%%spark -o brought\nNone")
    assert "['b', 'é']" in kernel.text("%%local\nprint(sorted(brought['s']))")


def test_a_value_is_sent_there(kernel):
    kernel.text("%%local\nhere = 'carried over'")
    kernel.text("%%send_to_spark -i here -t str -n there")
    assert "carried over" in kernel.print("there")


def test_a_frame_is_sent_there(kernel):
    kernel.text("%%local\nimport pandas\nframe = pandas.DataFrame({'n': [1, 2], 's': ['a', 'b']})")
    kernel.text("%%send_to_spark -i frame -t df -n frame_there")
    assert "number 2" in kernel.print('"number " + str(frame_there.count())' if kernel.language.kind == "pyspark" else '"number " + frame_there.count()')


def test_info_and_logs_are_shown(kernel):
    info = kernel.text("%%info")
    assert kernel.language.kind in info and "idle" in info and "local-" in info
    assert "stdout" in kernel.text("%%logs")


def test_an_interrupt_stops_the_cell(kernel, tmp_path):
    started = tmp_path / "started"
    message = kernel.notebook.send(kernel.language.loop.format(started))
    steps.wait_file(started)
    kernel.notebook.manager.interrupt_kernel()
    kernel.notebook.wait(message)
    assert "42" in kernel.print("kept + 2")


def test_configure_makes_another_session(kernel, livy):
    before = {one["id"] for one in livy.get("/sessions")["sessions"]}
    kernel.text('%%configure -f\n{"driverMemory": "1g", "conf": {"spark.sql.shuffle.partitions": "5"}}')
    assert "5" in kernel.print(kernel.language.setting)
    after = {one["id"] for one in livy.get("/sessions")["sessions"] if one["state"] == "idle"}
    assert after and not after & before


def test_cleanup_ends_all_sessions(kernel, livy):
    kernel.text("%%cleanup -f")
    assert [one for one in livy.get("/sessions")["sessions"] if one["state"] not in ("dead", "killed")] == []
