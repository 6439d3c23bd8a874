"""Airflow as its users have it: a home, a database, a connection, a DAG."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

# This suite has an environment of its own (requirements.txt beside this file).
# In that of the suite above there is nothing of it to run.
collect_ignore_glob = [] if importlib.util.find_spec("airflow") else ["test_*.py"]


class Airflow:
    """An Airflow without a scheduler: DAGs run as `DAG.test()` runs them, which is
    through the task runner, the database and the triggers."""

    def __init__(self, home):
        self.home = home
        os.environ.update(
            AIRFLOW_HOME=str(home),
            AIRFLOW__CORE__LOAD_EXAMPLES="false",
            AIRFLOW__CORE__DAGS_FOLDER=str(home / "dags"),
        )
        (home / "dags").mkdir()
        self.python("-m", "airflow", "db", "migrate")

    def connect(self, url):
        os.environ["AIRFLOW_CONN_LIVY_DEFAULT"] = url

    def python(self, *args):
        done = subprocess.run([sys.executable, *args], capture_output=True, text=True, timeout=300, cwd=self.home)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, code):
        """Runs a DAG and returns {task: (state, value, application id)} and what was logged."""
        dag = self.home / "dags" / "dag.py"
        dag.write_text(code + REPORT)
        told = self.python(str(dag))
        *log, report = told.rstrip().splitlines()
        return json.loads(report), "\n".join(log)


REPORT = """
if __name__ == "__main__":
    import json
    run = dag.test()
    tasks = run.get_task_instances()
    told = {t.task_id: [str(t.state), t.xcom_pull(t.task_id), t.xcom_pull(t.task_id, key="app_id")] for t in tasks}
    print()
    print(json.dumps(told))
"""


@pytest.fixture(scope="session")
def airflow(tmp_path_factory):
    return Airflow(tmp_path_factory.mktemp("airflow"))
