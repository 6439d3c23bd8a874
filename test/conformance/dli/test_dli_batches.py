"""Batches through Huawei's own SDK, unmodified, and by script where it has no word."""

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkdli.v1 import (
    CancelSparkJobRequest,
    CreateSparkJobRequest,
    CreateSparkJobRequestBody,
    DliClient,
    JobResource,
    ListSparkJobsRequest,
    ShowSparkJobLogRequest,
    ShowSparkJobRequest,
    ShowSparkJobStatusRequest,
)

import steps


@pytest.fixture(scope="module")
def sdk(ann):
    credentials = BasicCredentials(ann.key, ann.secret, ann.project)
    config = HttpConfig(retry_times=0)
    return DliClient.new_builder().with_http_config(config).with_credentials(credentials).with_endpoint(ann.url).build()


def submit(sdk, queue="test", **body):
    return sdk.create_spark_job(CreateSparkJobRequest(body=CreateSparkJobRequestBody(queue=queue, **body)))


@pytest.fixture(scope="module")
def good(sdk):
    return submit(
        sdk,
        file="good.py",
        name="nightly",
        args=["--day", "a b"],
        sc_type="C",
        resources=[JobResource(name="tools/words.py", type="pyFile")],
        conf={"spark.sql.shuffle.partitions": 5},
        feature="basic",
        spark_version="2.4.5",
        catalog_name="dli",
    )


@pytest.fixture(scope="module")
def bad(sdk, good):
    return submit(sdk, file="bad.py", name="failing", driver_memory="1G", auto_recovery=False, max_retry_times=3)


def state(sdk, batch):
    return sdk.show_spark_job_status(ShowSparkJobStatusRequest(batch_id=batch)).state


def end(sdk, batch):
    return steps.poll(lambda: state(sdk, batch), lambda s: s in {"success", "dead"}, f"the end of batch {batch}")


def log(sdk, batch):
    with pytest.warns(DeprecationWarning):
        return "\n".join(sdk.show_spark_job_log(ShowSparkJobLogRequest(batch_id=batch, _from=0, size=10000)).log)


def test_a_python_file_runs_with_all_it_was_given(sdk, good):
    assert (good.state, good.sc_type, good.queue, good.cluster_name, good.owner) == ("starting", "C", "test", "test", "ANNSACCESSKEY")
    assert good.create_time == good.update_time > 0
    assert end(sdk, good.id) == "success", log(sdk, good.id)
    told = log(sdk, good.id)
    assert "arguments ['--day', 'a b'] imported" in told
    assert "conf ['2', '8192m', '14'] 5" in told
    assert "sum 4950" in told
    assert "Spark 2.4.5" in told and "catalog_name has no meaning" in told
    shown = sdk.show_spark_job(ShowSparkJobRequest(batch_id=good.id))
    assert (shown.name, shown.kind, shown.feature, shown.spark_version) == ("nightly", "spark", "basic", "2.4.5")
    assert shown.app_id.startswith("local-")
    assert shown.update_time > shown.create_time


def test_a_program_that_fails_is_dead_and_the_log_says_why(sdk, bad):
    assert bad.sc_type == "CUSTOMIZED"
    assert end(sdk, bad.id) == "dead"
    assert "ValueError: no such day" in log(sdk, bad.id)
    with pytest.raises(ClientRequestException) as refused:
        sdk.cancel_spark_job(CancelSparkJobRequest(batch_id=bad.id))
    assert (refused.value.status_code, refused.value.error_code) == (400, "DLI.0007")


def test_with_auto_recovery_a_failed_program_runs_again(sdk, server, tmp_path):
    made = submit(sdk, queue="test_cluster", file="twice.py", args=[str(tmp_path / "tried")], auto_recovery=True, max_retry_times=1)
    assert end(sdk, made.id) == "success", log(sdk, made.id)
    assert "run again after: The program ended with exit code 3." in log(sdk, made.id)
    assert "came to its end" in log(sdk, made.id)
    assert not [command for _, command in steps.marked_processes(server.mark) if "twice.py" in command]


def test_lists_are_filtered_and_ordered(sdk, good, bad, stranger):
    def listed(**query):
        return [job.id for job in sdk.list_spark_jobs(ListSparkJobsRequest(**query)).sessions]

    end(sdk, good.id), end(sdk, bad.id)
    assert listed(queue_name="test", order="CREATE_TIME_DESC")[:2] == [bad.id, good.id]
    assert listed(job_name="nightly", state="success") == [good.id]
    assert listed(job_id=bad.id) == [bad.id]
    assert listed(cluster_name="narrow") == []
    assert listed(start=bad.create_time, queue_name="test", end=bad.create_time, job_name="failing") == [bad.id]
    assert listed(order="DURATION_DESC", size=1, job_name="nightly") == [good.id]
    assert listed(queue_name="test", _from=1, size=1) == [bad.id]
    assert good.id not in [s["id"] for s in stranger.ask("GET", "/batches")["sessions"]]
    assert stranger.refused("GET", f"/batches/{good.id}")[:2] == (404, "DLI.0023")


def test_a_jar_runs_its_class_by_the_example_of_the_reference(ann):
    """The example spells class_name, which no SDK of today does but Terraform's. Two
    of its jars have one name; what it asks for is made smaller."""
    made = ann.ask(
        "POST",
        "/batches",
        {
            "file": "batchTest/spark-examples_2.11-2.1.0.luxor.jar",
            "class_name": "SparkPi",
            "sc_type": "A",
            "jars": ["demo-1.0.0.jar"],
            "files": ["count.txt"],
            "resources": [{"name": "groupTest/testJar.jar", "type": "jar"}, {"name": "kafka-clients-0.10.0.0.jar", "type": "jar"}],
            "groups": [
                {"name": "groupTestJar", "resources": [{"name": "testJar.jar", "type": "jar"}, {"name": "testJar1.jar", "type": "jar"}]},
                {"name": "batchTest", "resources": [{"name": "luxor.jar", "type": "jar"}]},
            ],
            "args": [7],
            "queue": " test",
            "name": "TestDemo4",
            "driver_memory": "1G",
            "num_executors": 1,
        },
    )
    assert made["sc_type"] == "CUSTOMIZED"
    assert ann.batch_end(made["id"])["state"] == "success", ann.log(f"/batches/{made['id']}")
    assert "counted 7 beside gsjdbc4 gsjdbc3 gsjdbc2 and three days" in ann.log(f"/batches/{made['id']}")


def test_what_runs_is_cancelled_and_its_queue_has_room_again(bob, server, tmp_path):
    body = {"file": "waiting.py", "queue": "narrow", "args": [str(tmp_path / "started")]}
    made = bob.ask("POST", "/batches", body)
    path = f"/batches/{made['id']}"
    assert bob.refused("POST", "/batches", body)[:2] == (400, "DLI.1028")
    steps.wait_file(tmp_path / "started")
    assert bob.ask("GET", f"{path}/state") == {"id": made["id"], "state": "running"}
    assert bob.refused("GET", f"/sessions/{made['id']}")[:2] == (404, "DLI.0023")
    assert bob.ask("DELETE", path) == {"msg": "deleted"}
    shown = bob.ask("GET", path)
    assert shown["state"] == "dead" and shown["duration"] > 0
    assert not [command for _, command in steps.marked_processes(server.mark) if "waiting.py" in command]
    # Its memory has no unit, so that nothing starts.
    assert bob.ask("POST", "/batches", {**body, "driverMemory": "1"})["state"] == "dead"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"file": "obs://bucket/good.py"}, "DLI.0001"),
        ({"file": "absent.py"}, "DLI.0002"),
        ({"feature": "custom", "image": "a/b:c"}, "DLI.0007"),
        ({"max_retry_times": 101}, "DLI.0001"),
        ({"sc_type": "D"}, "DLI.0001"),
        ({"queue": "testqueue"}, "DLI.0002"),
    ],
)
def test_what_cannot_be_is_refused(ann, change, code):
    assert ann.refused("POST", "/batches", {"file": "good.py", "queue": "test", **change})[:2] == (400, code)
