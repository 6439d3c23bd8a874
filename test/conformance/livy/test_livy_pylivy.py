"""pylivy 0.8.0, unmodified: the flow of its own integration tests, for each kind."""

import contextlib

import livy as pylivy
import pandas
import pytest
from livy.client import LivyClient
from livy.models import SessionKind, SessionState

KINDS = [SessionKind.PYSPARK, SessionKind.SPARK]
VALUES = {SessionKind.PYSPARK: "2", SessionKind.SPARK: "Int = 2"}
FRAME = {
    SessionKind.PYSPARK: "made = spark.createDataFrame([(1, 'a'), (2, 'b')], ['n', 's'])",
    SessionKind.SPARK: 'val made = spark.createDataFrame(Seq((1, "a"), (2, "b"))).toDF("n", "s")',
}


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.value)
def session(request, server):
    with pylivy.LivySession.create(server.url, kind=request.param, echo=False) as opened:
        opened.wait()
        assert opened.state == SessionState.IDLE
        yield opened


def test_a_value_comes_back(session):
    assert VALUES[session.kind] in session.run("1 + 1").text


def test_an_error_is_raised(session):
    with pytest.raises(pylivy.SparkRuntimeError):
        session.run("1/0")


def test_frames_go_there_and_back(session):
    sent = pandas.DataFrame([{"n": 1, "s": "x"}, {"n": 2, "s": "y"}])
    session.upload("sent", sent)
    assert session.download("sent").sort_values("n").to_dict("records") == sent.to_dict("records")
    session.run(FRAME[session.kind])
    assert session.download("made").to_dict("records") == [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]


def test_sql_comes_as_a_frame(server):
    with pylivy.LivySession.create(server.url, kind=SessionKind.SQL, echo=False) as session:
        session.wait()
        session.run("create or replace temporary view v as select 1 as n union all select 2")
        assert session.download_sql("select * from v order by n").to_dict("records") == [{"n": 1}, {"n": 2}]


def test_sessions_and_versions_are_understood(server):
    with contextlib.closing(LivyClient(server.url)) as client:
        assert not client.legacy_server()
        made = client.create_session(SessionKind.PYSPARK, heartbeat_timeout=60, spark_conf={"spark.x.y": 1}, driver_cores=1)
        assert made.session_id in [one.session_id for one in client.list_sessions()]
        assert client.get_session(made.session_id).kind == SessionKind.PYSPARK
        client.delete_session(made.session_id)
        assert client.get_session(made.session_id) is None
