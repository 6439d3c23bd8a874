"""Sizes and packages, as the running Spark has them."""

import pytest

SIZES = "[spark.conf.get('spark.executor.' + k) for k in ('cores', 'memory', 'instances')]"


@pytest.fixture(scope="module")
def narrow(bob):
    """A session of type B with packages of every sort, in a queue for one."""
    return bob.create(
        {
            "kind": "pyspark",
            "queue": "narrow",
            "cluster_name": "test_cluster",
            "sc_type": "B",
            "name": "ü" * 128,
            "pyFiles": ["tools/words.py"],
            "resources": [{"name": "tools/days.txt", "type": "file"}],
            "files": ["count.txt"],
            "modules": ["sys.datasource.rds"],
            "groups": ["group.tesddws"],
            "conf": [{"spark.sql.shuffle.partitions": "5"}],
            "imagine": True,
        }
    )


def test_the_queue_wins_over_the_cluster(narrow):
    assert (narrow["queue"], narrow["cluster_name"], narrow["name"]) == ("narrow", "narrow", "ü" * 128)


def test_type_b_is_in_the_running_spark(bob, narrow):
    assert narrow["sc_type"] == "B"
    assert bob.text(narrow["id"], SIZES) == "['2', '8192m', '7']"
    assert bob.text(narrow["id"], "spark.conf.get('spark.sql.shuffle.partitions')") == "'5'"


def test_python_packages_are_imported_also_by_tasks(bob, narrow):
    assert bob.text(narrow["id"], "import words; words.word") == "'imported'"
    task = "sc.parallelize([1], 1).map(lambda _: __import__('words').word).collect()"
    assert bob.text(narrow["id"], task) == "['imported']"


def test_files_are_shipped(bob, narrow):
    code = "from pyspark import SparkFiles\n[open(SparkFiles.get(n)).read() for n in ('days.txt', 'count.txt')]"
    assert bob.text(narrow["id"], code) == "['shipped', 'three days']"


def test_modules_and_whole_groups_are_on_the_class_path(bob, narrow):
    code = 'println(Seq(store.Module.word, store.One.word, store.Two.word, store.Three.word).mkString(" "))'
    assert bob.text(narrow["id"], code, kind="spark") == "sys.datasource.rds gsjdbc4 gsjdbc3 gsjdbc2"


def test_a_field_that_is_none_is_named_in_the_log(bob, narrow):
    assert 'the API has no such field: "imagine"' in bob.log(f"/sessions/{narrow['id']}")


def test_a_full_queue_takes_no_more_until_it_has_room(bob, narrow):
    # Its memory has no unit, so that nothing starts where there is room.
    more = {"kind": "spark", "queue": "narrow", "driverMemory": "1"}
    assert bob.refused("POST", "/sessions", more)[:2] == (400, "DLI.1028")
    assert bob.ask("DELETE", f"/sessions/{narrow['id']}") == {"msg": "deleted"}
    assert bob.refused("GET", f"/sessions/{narrow['id']}")[:2] == (404, "DLI.0023")
    made = bob.ask("POST", "/sessions", more)
    assert bob.ask("DELETE", f"/sessions/{made['id']}") == {"msg": "deleted"}


@pytest.mark.parametrize(
    "asked, shown, sizes",
    [
        ({"sc_type": "C"}, "C", ["2", "8192m", "14"]),
        ({"driverMemory": "1 GB", "executorMemory": "2048M", "executorCores": 3, "numExecutors": 2}, "CUSTOMIZED", ["3", "2048m", "2"]),
    ],
)
def test_other_types_and_replaced_sizes_are_too(bob, asked, shown, sizes):
    made = bob.create({"kind": "pyspark", "queue": "narrow", **asked})
    assert made["sc_type"] == shown
    assert bob.text(made["id"], SIZES) == repr(sizes)
    if "driverMemory" in asked:
        assert bob.text(made["id"], "spark.conf.get('spark.driver.memory')") == "'1024m'"
    assert bob.ask("DELETE", f"/sessions/{made['id']}") == {"msg": "deleted"}
