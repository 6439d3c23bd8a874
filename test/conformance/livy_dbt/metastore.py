"""Hive's metastore, as the jars of an installed Spark have it: what keeps the tables
of dbt's sessions, which last as long as one command each."""

import socket
import subprocess

import steps


class Metastore:
    def __init__(self, home, port):
        self.warehouse = home / "warehouse"
        self.uri = f"thrift://127.0.0.1:{port}"
        self._log = home / "metastore.log"
        settings = {
            "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={home}/metastore;create=true",
            "hive.metastore.warehouse.dir": self.warehouse,
            "hive.metastore.schema.verification": "false",
            "datanucleus.schema.autoCreateAll": "true",
            "hive.async.log.enabled": "false",  # it needs a jar that Spark does not ship
        }
        spark = steps.runtime()
        command = [spark["java"], "-cp", f"{spark['spark_home']}/jars/*", "org.apache.hadoop.hive.metastore.HiveMetaStore", "-p", str(port)]
        for name, value in settings.items():
            command += ["--hiveconf", f"{name}={value}"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log)
        steps.poll(lambda: self._listens(port), bool, "a metastore that listens")

    def _listens(self, port):
        assert self.process.poll() is None, f"the metastore ended:\n{self._log.read_text()}"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait()
