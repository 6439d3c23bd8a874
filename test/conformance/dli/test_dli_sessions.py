"""The requests of DLI's API reference, in its order, on real Spark: one session,
which the tests use one after the other."""

import datetime
import json
import re

import pytest

import steps
from script import Script, Signed, deliver

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MEMBERS = (
    "id appId name owner proxyUser state kind appInfo log sc_type cluster_name queue create_time update_time".split()
)


def test_the_example_is_answered_as_the_reference_shows_it(ann, example):
    assert list(example) == MEMBERS
    assert UUID.fullmatch(example["id"])
    assert (example["kind"], example["sc_type"]) == ("spark", "A")
    assert (example["cluster_name"], example["queue"]) == ("test_cluster", "test_cluster")
    assert (example["owner"], example["proxyUser"], example["name"]) == ("ANNSACCESSKEY", None, None)
    assert example["appId"].startswith("local-")
    assert all(UUID.search(address) for address in example["appInfo"].values())
    assert 0 < example["create_time"] <= example["update_time"]
    assert ann.ask("GET", f"/sessions/{example['id']}/state") == {"id": example["id"], "state": "idle"}


def test_statements_are_those_of_the_examples(ann, example):
    path = f"/sessions/{example['id']}/statements"
    assert ann.ask("GET", path) == {"total_statements": 0, "statements": []}
    first = ann.ask("POST", path, {"code": "val a =0 "})
    assert (first["id"], first["code"], first["output"]) == (0, "val a =0 ", None)
    second = ann.ask("POST", path, {"code": "val a=1"})
    assert second == {"id": 1, "code": "val a=1", "state": "waiting", "output": None, "progress": 0}
    ann.finish(example["id"], 1)
    shown = ann.ask("GET", path)
    assert shown["total_statements"] == 2
    assert shown["statements"][0] == ann.ask("GET", f"{path}/0")
    data = shown["statements"][0]["output"]["data"]
    data["text/plain"] = data["text/plain"].removeprefix("val ")  # that of Scala 2.13, with Spark 4
    assert shown["statements"][0] == {
        "id": 0,
        "code": "val a =0 ",
        "state": "available",
        "output": {"status": "ok", "execution_count": 0, "data": {"text/plain": "a: Int = 0"}},
        "progress": 1,
    }


def test_a_scala_job_reads_a_file_and_aggregates_it(ann, example, tmp_path):
    (tmp_path / "sales.csv").write_text("city,units\nBern,3\nOslo,4\nBern,5\n")
    job = f"""
case class Sale(city: String, units: Int)
val sales = spark.read.option("header", true).option("inferSchema", true).csv("{tmp_path}/sales.csv").as[Sale]
val sums = sales.groupByKey(_.city).mapGroups((city, of) => (city, of.map(_.units).sum)).collect.sorted.mkString(";")
"""
    ann.text(example["id"], job)
    assert ann.text(example["id"], "println(sums)") == "(Bern,8);(Oslo,4)"


def test_the_packages_of_the_example_are_there(ann, example):
    words = ann.text(example["id"], "println(Seq(store.One.word, store.Two.word, store.Three.word).mkString(\" \"))")
    assert words == "gsjdbc4 gsjdbc3 gsjdbc2"


def test_a_failing_statement_is_available_with_its_error(ann, example):
    done = ann.finish(example["id"], ann.submit(example["id"], "Seq(1)(7)"))
    assert (done["state"], done["progress"]) == ("available", 1)
    assert done["output"]["status"] == "error"
    assert "IndexOutOfBounds" in done["output"]["evalue"]
    assert ann.text(example["id"], "println(a)") == "1"


def test_a_statement_is_cancelled_while_it_runs(ann, example):
    path = f"/sessions/{example['id']}"
    number = ann.submit(example["id"], "spark.range(1000).map { n => Thread.sleep(100); n }.count()")
    steps.poll(lambda: ann.ask("GET", f"{path}/statements/{number}")["state"], lambda s: s == "running", "a running statement")
    assert ann.ask("GET", path)["state"] == "busy"
    assert ann.ask("POST", f"{path}/statements/{number}/cancel") == {"msg": "canceled"}
    assert ann.finish(example["id"], number)["state"] == "cancelled"
    assert ann.ask("POST", f"{path}/statements/{number}/cancel") == {"msg": "canceled"}
    assert ann.text(example["id"], "println(a + 1)") == "2"
    assert ann.refused("POST", f"{path}/statements/999/cancel")[:2] == (404, "DLI.0023")


def test_code_has_at_most_1024_characters(ann, example):
    def padded(size):
        return "println(\"ü\")".ljust(size)

    assert ann.text(example["id"], padded(1024)) == "ü"
    status, code, message = ann.refused("POST", f"/sessions/{example['id']}/statements", {"code": padded(1025)})
    assert (status, code) == (400, "DLI.0001") and "1024" in message
    assert ann.refused("POST", f"/sessions/{example['id']}/statements", {"code": ""})[:2] == (400, "DLI.0001")


def test_other_kinds_share_the_session(ann, example):
    ann.text(example["id"], 'Seq(1, 2).toDF("n").createOrReplaceTempView("shared")')
    assert ann.text(example["id"], "spark.table('shared').count()", kind="pyspark") == "2"
    done = ann.finish(example["id"], ann.submit(example["id"], "select sum(n) from shared", kind="sql"))
    assert done["output"]["data"]["application/json"]["data"] == [[3]]
    assert ann.refused("POST", f"/sessions/{example['id']}/statements", {"code": "1", "kind": "cobol"})[:2] == (400, "DLI.0001")


def test_the_log_has_its_markers_and_pages(ann, example):
    path = f"/sessions/{example['id']}/log"
    whole = ann.ask("GET", path, **{"from": 0, "size": -1})
    assert whole["log"][:2] == ["stdout: ", "\nstderr: "]
    assert whole["log"][-1] == "\nYARN Diagnostics: "
    assert (whole["from"], whole["id"]) == (0, example["id"])
    assert "spark-" in whole["log"][2]  # what the session was really given
    part = ann.ask("GET", path, **{"from": 1, "size": 2})
    assert (part["from"], part["log"]) == (1, whole["log"][1:3])
    last = ann.ask("GET", path, size=1)
    assert (last["from"], last["log"]) == (last["total"] - 1, ["\nYARN Diagnostics: "])
    assert ann.ask("GET", f"/sessions/{example['id']}")["log"][-1] == "\nYARN Diagnostics: "
    for query in ({"from": -1}, {"size": -2}, {"from": "x"}):
        assert ann.refused("GET", path, **query)[:2] == (400, "DLI.0001")


def test_type_a_is_in_the_running_spark(ann, example):
    asked = 'println(Seq("cores", "memory", "instances").map(k => spark.conf.get("spark.executor." + k)).mkString(" "))'
    assert ann.text(example["id"], asked) == "1 4096m 6"


def test_lists_are_filtered_and_paged(ann, bob, stranger, example):
    failed = [bob.ask("POST", "/sessions", {"kind": "spark", "queue": " test", "driverMemory": "2048"})["id"] for _ in range(3)]
    try:
        of_cluster = ann.ask("GET", "/sessions", cluster_name="test_cluster")
        assert (of_cluster["from"], of_cluster["total"], [s["id"] for s in of_cluster["sessions"]]) == (0, 1, [example["id"]])
        assert [s["id"] for s in ann.ask("GET", "/sessions", queue="test")["sessions"]] == failed
        assert [s["owner"] for s in ann.ask("GET", "/sessions", queue="test")["sessions"]] == ["bob"] * 3
        page = ann.ask("GET", "/sessions", queue="test", **{"from": 1, "size": 1})
        assert (page["from"], page["total"], [s["id"] for s in page["sessions"]]) == (1, 3, failed[1:2])
        assert ann.ask("GET", "/sessions", queue="test", **{"from": 3})["sessions"] == []
        everything = [s["id"] for s in ann.ask("GET", "/sessions")["sessions"]]
        assert set(failed + [example["id"]]) <= set(everything)
        assert stranger.ask("GET", "/sessions")["total"] == 0
        assert ann.refused("GET", "/sessions", size=-1)[:2] == (400, "DLI.0001")
    finally:
        for one in failed:
            assert bob.ask("DELETE", f"/sessions/{one}") == {"msg": "deleted"}


@pytest.mark.parametrize("field", ["driverMemory", "executorMemory"])
def test_memory_without_a_unit_fails_to_start_and_says_why(bob, field):
    made = bob.ask("POST", "/sessions", {"kind": "spark", "queue": "test", field: "2048"})
    path = f"/sessions/{made['id']}"
    found = steps.poll(lambda: bob.ask("GET", path), lambda s: s["state"] != "starting", "a session that failed")
    assert (found["state"], found["sc_type"]) == ("error", "CUSTOMIZED")
    assert f'{field} has no unit: "2048"' in bob.log(path)
    assert bob.refused("POST", f"{path}/statements", {"code": "1"})[:2] == (400, "DLI.0012")
    assert bob.ask("DELETE", path) == {"msg": "deleted"}
    assert bob.refused("DELETE", path)[:2] == (404, "DLI.0023")


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"kind": "flink"}, "DLI.0001", "kind"),
        ({"kind": None}, "DLI.0001", "kind is mandatory"),
        ({"cluster_name": None}, "DLI.0001", "queue"),
        ({"cluster_name": "testqueue"}, "DLI.0002", "There is no queue named testqueue"),
        ({"cluster_name": "theirs"}, "DLI.0002", "There is no queue named theirs"),
        ({"sc_type": "D"}, "DLI.0001", "sc_type"),
        ({"driverMemory": "2 XB"}, "DLI.0001", "driverMemory"),
        ({"name": "ü" * 129}, "DLI.0001", "128"),
        ({"jars": ["group.tesddws/absent.jar"]}, "DLI.0002", "group.tesddws/absent.jar"),
        ({"jars": ["obs://bucket/a.jar"]}, "DLI.0001", "package store"),
        ({"jars": ["../hearth.yaml"]}, "DLI.0002", "does not exist"),
        ({"modules": ["sys.datasource.none"]}, "DLI.0002", "sys.datasource.none"),
        ({"conf": {"spark.master": "yarn"}}, "DLI.0001", "spark.master"),
    ],
)
def test_what_cannot_be_is_refused(ann, change, code, message):
    body = {"kind": "spark", "cluster_name": "test_cluster", **change}
    got = ann.refused("POST", "/sessions", {key: value for key, value in body.items() if value is not None})
    assert got[:2] == (400, code) and message in got[2], got


def test_sessions_of_another_project_are_not_found(ann, stranger, example):
    path = f"/sessions/{example['id']}"
    for method, below in [("GET", ""), ("GET", "/state"), ("GET", "/log"), ("GET", "/statements"), ("GET", "/statements/0"), ("DELETE", "")]:
        assert stranger.refused(method, path + below)[:2] == (404, "DLI.0023")
    assert stranger.refused("POST", f"{path}/statements", {"code": "1"})[:2] == (404, "DLI.0023")
    assert ann.refused("GET", "/sessions/f28a0d0c-0a37-4bd4-8d1d-1416031e5151")[:2] == (404, "DLI.0023")
    assert ann.ask("GET", path)["state"] == "idle"


def test_only_configured_credentials_come_in(server, ann, bob):
    where = (server.url, ann.project)
    impostors = [Signed(*where, "ANNSACCESSKEY", "not ann's secret"), Signed(*where, "NOBODYSKEY", "ann's secret")]
    impostors += [Script(*where, "MIIotherstoken=="), Script(*where)]
    for one in impostors:
        assert one.refused("GET", "/sessions")[:2] == (401, "DLI.0013")
    assert ann.ask("GET", "/sessions", queue="a b+c/ü*~")["total"] == 0  # whatever must be encoded is signed right
    assert bob.send("GET", "/sessions")[0] == 200


def test_a_signature_is_for_one_request_at_one_time(ann):
    body = {"kind": "spark", "queue": "test", "driverMemory": "1"}
    url, headers, signed = ann.sign("POST", "/sessions", body)
    tampered = json.dumps({**body, "queue": "narrow"}).encode()
    assert deliver("POST", url, headers, tampered)[0] == 401
    assert deliver("POST", url + "?a=b", headers, signed)[0] == 401
    assert deliver("POST", url, {**headers, "X-Sdk-Date": "20200101T000000Z"}, signed)[0] == 401
    old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    late = ann.sign("GET", "/sessions", headers={"X-Sdk-Date": old.strftime("%Y%m%dT%H%M%SZ")}.items())
    assert deliver("GET", *late)[0] == 401
    status, made = deliver("POST", url, headers, signed)
    assert status == 200
    ann.ask("DELETE", f"/sessions/{made['id']}")


def test_the_gateway_answers_for_what_is_no_api(ann):
    assert ann.refused("GET", "/jobs")[:2] == (404, "APIGW.0101")
    assert ann.refused("PUT", "/sessions")[:2] == (404, "APIGW.0101")
