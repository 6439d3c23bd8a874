"""dbt as its users have it: a project, a profile, a metastore."""

import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

from metastore import Metastore

HERE = pathlib.Path(__file__).parent

# This suite has an environment of its own (requirements.txt beside this file).
# In that of the suite above there is nothing of it to run.
collect_ignore_glob = [] if importlib.util.find_spec("dbt") else ["test_*.py"]

PROFILE = """
hearth:
  target: here
  outputs:
    here:
      type: spark_livy
      method: livy
      host: {url}
      schema: march
      user: ann
      password: any
      threads: 2
      usage_tracking: false
      livy_session_parameters:
        spark.sql.catalogImplementation: hive
        spark.sql.warehouse.dir: {metastore.warehouse}
        spark.hadoop.hive.metastore.uris: {metastore.uri}
"""


class Dbt:
    """A copy of the project beside this file, for one server."""

    def __init__(self, home, url, metastore):
        self.project = home / "project"
        self.warehouse = metastore.warehouse
        shutil.copytree(HERE / "project", self.project)
        (self.project / "profiles.yml").write_text(PROFILE.format(url=url, metastore=metastore))
        self.environment = {
            **os.environ,
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def run(self, *args):
        """Runs a command of dbt and returns its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, HERE / "dbt_cli.py", "--no-use-colors", *args],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout

    def succeed(self, *args):
        code, told = self.run(*args)
        assert code == 0, told
        return told

    def days(self):
        """The partitions of the table, as they are on disk."""
        return sorted(folder.name for folder in (self.warehouse / "march.db" / "days").glob("day=*"))


@pytest.fixture(scope="module")
def metastore(server):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    home = server.data.parent / "metastore"  # below a directory of -files, as a warehouse must be
    home.mkdir()
    started = Metastore(home, port)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def dbt(server, metastore, tmp_path_factory):
    return Dbt(tmp_path_factory.mktemp("dbt"), server.url, metastore)
