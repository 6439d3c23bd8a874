"""What Livy's integration tests of 0.9 expect of sessions, and is not in the other
files. Where the runnable ones of them are (YARN, HDFS and R left out):

  InteractiveIT
    basic                     values, errors: test_livy_scala_sql; SQL as JSON: the same;
                              settings, appInfo: test_livy_pyspark; context, completion,
                              no setting of the server's own: here
    pyspark                   test_livy_pyspark
    application kills session here, and by force: test_livy_pyspark
    user jars                 here: packages and jars, in the REPL and in its tasks
    heartbeat, ttl            here; idle: test_livy_pyspark
    recover interactive       test_livy_restart, with res1
  BatchIT                     all in test_livy_batches
    spark app                 a jar runs its class
    app that fails            a program that fails is dead …
    pyspark app               a Python file runs with all it was given
    deleted, killed           what runs is seen and deleted …; what is killed says so
    recover batches           batches outlive a crash of their server
  JobApiIT, the Python API    test_livy_jobs
"""

import shutil

import pytest

import steps

GREETING = """
package example
object Greeting { def of(name: String): String = "hello " + name }
"""
FAREWELL = """
package example
object Farewell { def of(name: String): String = "bye " + name }
"""
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId><artifactId>greeting</artifactId><version>1.0</version>
</project>
"""


@pytest.fixture(scope="module")
def jars(server):
    """A Maven repository with one package, and a jar beside it."""
    home = server.data.parent
    package = home / "repository" / "org" / "example" / "greeting" / "1.0"
    package.mkdir(parents=True)
    (package / "greeting-1.0.pom").write_text(POM)
    for name, source in {"greeting": GREETING, "farewell": FAREWELL}.items():
        (home / f"{name}.scala").write_text(source)
        steps.compile_scala(home / f"{name}.scala", home / f"{name}.jar")
    shutil.copy(home / "greeting.jar", package / "greeting-1.0.jar")
    return home


@pytest.fixture(scope="module")
def session(livy, jars):
    packages = {
        "spark.jars.packages": "org.example:greeting:1.0",
        "spark.jars.repositories": (jars / "repository").as_uri(),
    }
    return livy.create(kind="spark", numExecutors=1, jars=[str(jars / "farewell.jar")], conf=packages)


def test_the_context_is_that_of_a_shell(livy, session):
    assert "org.apache.spark.sql.SQLContext" in livy.text(session, "spark.sqlContext")
    assert "= 1" in livy.text(session, 'sc.getConf.get("spark.executor.instances")')
    assert livy.text(session, 'sc.getConf.getAll.count(_._1.startsWith("spark.__livy__."))').endswith("Int = 0\n")


def test_names_are_completed(livy, session):
    livy.text(session, 'val word = "a"')

    def completed(code):
        status, answer = livy.send("POST", f"/sessions/{session}/completion", {"code": code, "kind": "spark", "cursor": len(code)})
        assert status == 200, answer
        return answer["candidates"]

    assert {"compare", "contains"} <= set(completed("word."))
    assert completed("word2.") == []


@pytest.mark.parametrize("code, said", [('Greeting.of("you")', "hello you"), ('Farewell.of("you")', "bye you")])
def test_classes_of_packages_and_jars_are_there_for_cells_and_tasks(livy, session, code, said):
    assert said in livy.text(session, f"example.{code}")
    in_task = code.replace('"you"', "_")
    assert said in livy.text(session, f'sc.parallelize(Seq("you")).map(example.{in_task}).first()')


def test_case_classes_of_cells_are_there_for_tasks(livy, session):
    livy.text(session, "case class Item(n: Int)")
    assert livy.text(session, "sc.parallelize(1 to 4).map(Item(_)).map(_.n).sum().toInt").endswith("Int = 10\n")


def test_a_session_ends_when_nobody_asks_for_it_or_its_time_is_up(livy):
    limits = {"heartbeatTimeoutInSecond": 2}, {"ttl": "4s"}
    made = [livy.send("POST", "/sessions", {"kind": "pyspark", **limit})[1]["id"] for limit in limits]

    def live():
        # The list renews no heartbeat.
        return [one["id"] for one in livy.get("/sessions")["sessions"] if one["id"] in made and one["state"] != "dead"]

    steps.poll(live, lambda left: not left, "the end of both")
    quiet, old = (livy.get(f"/sessions/{number}")["log"][-1] for number in made)
    assert "heartbeatTimeoutInSecond" in quiet
    assert "ttl" in old


# Ends the session of this module: the last test.
def test_an_application_that_exits_ends_its_session(livy, session):
    number = livy.submit(session, "System.exit(0)")
    assert livy.wait_state(session, "dead")
    assert livy.statement(session, number)["output"]["status"] == "error"
