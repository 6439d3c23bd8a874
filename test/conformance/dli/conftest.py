"""A server as a platform team sets it up for the users that DLI left behind:
queues, keys, tokens, and a folder of packages."""

import importlib.util
import json
import os
import subprocess
import zipfile

import pytest

from script import Script, Signed

# This suite has an environment of its own (requirements.txt beside this file).
# In that of the suite above there is nothing of it to run.
collect_ignore_glob = [] if importlib.util.find_spec("huaweicloudsdkcore") else ["test_*.py"]

PROJECT = "8cf4f2a0b3a94f0f9d5c3c5f3e1f7a10"
OTHER = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

CONFIG = f"""
dli:
  queues:
    - {{name: test_cluster}}
    - {{name: test}}
    - {{name: narrow, max_sessions: 1, max_batches: 1}}
    - {{name: theirs, project: {OTHER}}}
  keys: {{ANNSACCESSKEY: "${{ANNS_SECRET_KEY}}"}}
  tokens: {{"${{BOBS_TOKEN}}": bob}}
"""

# As the reference prints it.
EXAMPLE = {
    "kind": "spark",
    "cluster_name": "test_cluster",
    "sc_type": "A",
    "jars": ["group.tesddws/gsjdbc4.jar"],
    "resources": [{"name": "group.tesddws/gsjdbc3.jar", "type": "jar"}],
    "groups": [{"name": "group.tesddws", "resources": [{"name": "gsjdbc2.jar", "type": "jar"}]}],
}

CLASSES = """
package store {
  object One { val word = "gsjdbc4" }
  object Two { val word = "gsjdbc3" }
  object Three { val word = "gsjdbc2" }
  object Module { val word = "sys.datasource.rds" }
}
object SparkPi {
  def main(args: Array[String]): Unit = {
    val spark = org.apache.spark.sql.SparkSession.builder.getOrCreate()
    val days = scala.io.Source.fromFile(org.apache.spark.SparkFiles.get("count.txt")).mkString.trim
    println("counted " + spark.range(args(0).toLong).count() + " beside " + Seq(store.One.word, store.Two.word, store.Three.word).mkString(" ") + " and " + days)
  }
}
"""

JARS = {
    "group.tesddws/gsjdbc4.jar": "store/One",
    "group.tesddws/gsjdbc3.jar": "store/Two",
    "group.tesddws/gsjdbc2.jar": "store/Three",
    "sys.datasource.rds/driver.jar": "store/Module",
    "demo-1.0.0.jar": "store/One",
    # The example of a batch: two of its jars have one name.
    "batchTest/spark-examples_2.11-2.1.0.luxor.jar": "SparkPi",
    "batchTest/luxor.jar": "store/Module",
    "kafka-clients-0.10.0.0.jar": "store/Module",
    "groupTest/testJar.jar": "store/Two",
    "groupTestJar/testJar.jar": "store/Three",
    "groupTestJar/testJar1.jar": "store/Module",
}

TEXTS = {
    "tools/words.py": "word = 'imported'",
    "tools/days.txt": "shipped",
    "count.txt": "three days",
    "good.py": """
import sys
from pyspark.sql import SparkSession
import words
spark = SparkSession.builder.getOrCreate()
print("arguments", sys.argv[1:], words.word)
print("conf", [spark.conf.get("spark.executor." + k) for k in ("cores", "memory", "instances")], spark.conf.get("spark.sql.shuffle.partitions"))
print("sum", spark.range(100).groupBy().sum().first()[0])
""",
    "twice.py": """
import os, sys
if not os.path.exists(sys.argv[1]):
    open(sys.argv[1], "w").close()
    sys.exit(3)
print("came to its end")
""",
    "bad.py": "raise ValueError('no such day')",
    "waiting.py": "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(3600)",
    "brief.py": "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(2); print('came to its end')",
}


def fill(folder):
    """Makes a store of packages; the jars hold real classes."""
    for name, text in TEXTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    home = tmp_path_factory.mktemp("packages")
    classes = home / "classes"
    classes.mkdir()
    (home / "Classes.scala").write_text(CLASSES)
    runtime = installed()
    command = [runtime["java"], "-cp", os.pathsep.join(runtime["class_path"]), "scala.tools.nsc.Main", "-usejavacp"]
    subprocess.run([*command, "-d", str(classes), str(home / "Classes.scala")], check=True)
    folder = fill(home / "store")
    for name, prefix in JARS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(folder / name, "w") as jar:
            for path in classes.rglob("*.class"):
                if str(path.relative_to(classes)).startswith(prefix):
                    jar.write(path, path.relative_to(classes))
    return folder


def installed():
    """The runtime that serves requests without a version."""
    told = subprocess.run([os.environ["HEARTH_BINARY"], "runtime", "list", "-json"], check=True, capture_output=True)
    rows = json.loads(told.stdout)["runtimes"]
    wanted = os.environ.get("HEARTH_TEST_RUNTIME") or next(row["name"] for row in rows if row.get("default"))
    return next(row["installed"] for row in rows if row["name"] == wanted)


@pytest.fixture(scope="session")
def server(tmp_path_factory, packages, serve):
    home = tmp_path_factory.mktemp("hearth")
    (home / "hearth.yaml").write_text(CONFIG)
    os.environ.update(ANNS_SECRET_KEY="ann's secret", BOBS_TOKEN="MIIbobstoken==")
    yield from serve(home, "-config", home / "hearth.yaml", "-dli-packages", packages)


@pytest.fixture(scope="session")
def ann(server):
    """A script that signs its requests."""
    return Signed(server.url, PROJECT, "ANNSACCESSKEY", "ann's secret")


@pytest.fixture(scope="session")
def bob(server):
    """A script with a token, in the same project."""
    return Script(server.url, PROJECT, "MIIbobstoken==")


@pytest.fixture(scope="session")
def stranger(server):
    """Ann again, in another project."""
    return Signed(server.url, OTHER, "ANNSACCESSKEY", "ann's secret")


@pytest.fixture(scope="session")
def example(ann):
    """The session of the reference's example, when it is idle."""
    return ann.create(EXAMPLE)
