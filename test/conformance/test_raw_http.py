"""No client at all: what a confused program, a curious person or a hostile web
page sends. Whatever comes, the answer is a clear refusal, and the next ordinary
request is served."""

import http.client
import json

import pytest

SIGNED = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSGlue.ListSessions",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDRAW/20260101/eu-central-1/glue/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
}


def send(server, method="POST", path="/", body=b"{}", headers=None, host=None):
    """Sends one request and returns (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.port}")
        for name, value in (SIGNED if headers is None else headers).items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        try:
            connection.send(body)
        except OSError:
            pass  # refused before all of it was read: the answer is there
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def still_served(server):
    yield
    assert send(server)[0] == 200, "an ordinary request after all this"


def changed(**headers):
    """The ordinary headers with some changed; None takes one away."""
    merged = {**SIGNED, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {name: value for name, value in merged.items() if value is not None}


def code(body):
    return json.loads(body)["__type"].rpartition("#")[2]


def test_an_ordinary_request_is_answered(server):
    status, headers, body = send(server)
    assert status == 200
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert headers["X-Amzn-RequestId"]
    assert json.loads(body)["Ids"] == []


BODIES = {
    "nothing": b"",
    "half an object": b'{"Ids":',
    "no JSON": b"hello",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "bytes that are no UTF-8": b'{"NextToken": "\xff\xfe"}',
    "two objects": b"{}{}",
    "the wrong type": b'{"MaxResults": "ten"}',
    "a number that is too large": b'{"MaxResults": 1e400}',
    "a fraction of a page": b'{"MaxResults": 1.5}',
    "brackets without end": b"[" * 200_000,
    "XML": b"<ListSessions/>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_garbage_body_is_the_clients_fault(server, body):
    status, _, answer = send(server, body=body)
    if body in (b"", b"null"):
        assert status in (200, 400)  # nothing where every member is optional
        return
    assert status == 400
    assert code(answer) in ("SerializationException", "ValidationException", "InvalidInputException")


def test_a_member_of_another_case_is_another_member(server):
    assert send(server, body=b'{"maxresults": 0}')[0] == 200


def test_members_that_nobody_knows_are_ignored(server):
    # AWS's own clients send members that the public model does not have.
    assert send(server, body=b'{"PartitionId": "y", "Whatever": {"deep": [1, null]}}')[0] == 200


def test_a_body_of_a_hundred_megabytes_is_refused(server):
    status, _, _ = send(server, body=b'{"NextToken": "' + b"x" * (100 << 20) + b'"}')
    assert status in (400, 413)


TARGETS = {
    "none": None,
    "empty": "",
    "of nobody": "AWSNobody.ListSessions",
    "without an operation": "AWSGlue.",
    "of another case": "awsglue.listsessions",
    "unknown": "AWSGlue.FlySessions",
    "with a path": "AWSGlue.../ListSessions",
    "very long": "AWSGlue." + "x" * 5000,
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_target_that_is_not_ours_is_refused(server, target):
    status, _, answer = send(server, headers=changed(X_Amz_Target=target))
    assert 400 <= status < 500
    assert code(answer)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_the_api_answers_post_alone(server, method):
    status, _, _ = send(server, method=method)
    assert 400 <= status < 500


@pytest.mark.parametrize("path", ["//", "/../", "/%2e%2e/", "/x", "/;", "/?" + "q" * 9000])
def test_another_path_is_never_redirected(server, path):
    status, headers, _ = send(server, path=path)
    assert status not in range(300, 400)
    assert "Location" not in headers


HOSTS = ["evil.example", "evil.example:8998", "127.0.0.1.evil.example", "169.254.169.254", "localhost.evil.example", "[::2]"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_was_rebound_to_loopback_is_refused(server, host):
    status, _, body = send(server, host=host)
    assert status in (400, 403, 421)
    assert b"Sessions" not in body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_names_of_loopback_are_welcome(server, host):
    assert send(server, host=f"{host}:{server.port}")[0] == 200


BROWSERS = {
    "a form": {"Content-Type": "text/plain", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    "a fetch": {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSGlue.ListSessions",
        "Origin": "http://evil.example",
        "Sec-Fetch-Site": "cross-site",
    },
    "an old browser": {"Content-Type": "text/plain", "Origin": "http://evil.example"},
    "a sandboxed frame": {"Content-Type": "application/json", "Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "a neighbour of another port": {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSGlue.ListSessions",
        "Origin": "http://localhost:3000",
        "Sec-Fetch-Site": "same-site",
    },
}


@pytest.mark.parametrize("headers", BROWSERS.values(), ids=BROWSERS.keys())
def test_a_web_page_of_somebody_else_is_refused(server, headers):
    status, answered, body = send(server, headers=headers)
    assert 400 <= status < 500
    assert "Access-Control-Allow-Origin" not in answered
    assert b"Sessions" not in body


def test_a_preflight_gets_no_permission(server):
    headers = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target",
    }
    _, answered, _ = send(server, method="OPTIONS", body=b"", headers=headers)
    assert not [name for name in answered if name.lower().startswith("access-control-allow")]


def test_health_is_there_for_everybody(server):
    assert send(server, method="GET", path="/healthz", body=b"", headers={})[0] == 200
