"""Requests that run nothing: what is refused and leaves nothing behind, what the
settings of the server change, and what monitoring asks."""

import urllib.error
import urllib.request

import pytest

import steps
from rest import Livy

REFUSED = [
    ("/sessions", {"name": "7"}),
    ("/sessions", {"kind": "pyspark3"}),
    ("/sessions", {"unknown": 1}),
    ("/sessions", {"ttl": "soon"}),
    ("/sessions", {"driverMemory": "1g --conf spark.master=yarn"}),
    ("/sessions", {"jars": ["/etc/passwd"]}),
    ("/sessions", {"files": ["{home}/../../../../../../etc/passwd"]}),
    ("/sessions", {"pyFiles": ["file://{home}/%2e%2e/%2e%2e/etc/passwd"]}),
    ("/sessions", {"files": ["{home}/leads-out/passwd"]}),
    ("/sessions", {"archives": ["{home}/there.txt#../../out"]}),
    ("/sessions", {"conf": {"spark.jars": "/etc/passwd"}}),
    ("/sessions", {"conf": {"spark.yarn.dist.files": "{home}/../etc/passwd"}}),
    ("/sessions", {"conf": {"spark.master": "yarn"}}),
    ("/sessions", {"conf": {"spark.driver.extraJavaOptions": "-javaagent:{home}/there.txt"}}),
    ("/sessions", {"conf": {"spark.driver.extraClassPath": "/tmp"}}),
    ("/sessions", {"conf": {"spark.plugins": "evil.Plugin"}}),
    ("/batches", {}),
    ("/batches", {"file": "/etc/passwd"}),
    ("/batches", {"file": "{home}/not-there.py"}),
    ("/batches", {"file": "{home}"}),
    ("/batches", {"file": "{home}/there.txt", "name": "12"}),
    ("/batches", {"file": "{home}/there.txt", "kind": "spark"}),
    ("/batches", {"file": "{home}/there.txt", "args": "one"}),
    ("/batches", {"file": "{home}/there.txt", "conf": {"spark.submit.deployMode": "cluster"}}),
]


def filled(value, home):
    if isinstance(value, dict):
        return {key: filled(item, home) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, home) for item in value]
    return value.replace("{home}", str(home)) if isinstance(value, str) else value


def test_what_is_refused_leaves_no_row_no_folder_and_no_process(livy, server):
    home = server.data.parent
    (home / "there.txt").write_text("readable")
    (home / "leads-out").symlink_to("/etc")
    # Livy 0.9 leaves a driver per refused name, a list entry per refused batch, and
    # the ids are used up.
    for path, body in REFUSED:
        status, answer = livy.send("POST", path, filled(body, home))
        assert status == 400, (path, body, answer)
        assert "root:" not in str(answer)
    assert livy.get("/sessions") == {"from": 0, "total": 0, "sessions": []}
    assert livy.get("/batches") == {"from": 0, "total": 0, "sessions": []}
    instances = server.data / "instances"
    assert not instances.exists() or list(instances.iterdir()) == []
    assert [pid for pid, _ in steps.marked_processes(server.mark) if pid != server.process.pid] == []


def test_the_root_ends_in_a_page_and_the_ping_pongs(server):
    with urllib.request.urlopen(server.url + "/") as answer:
        assert (answer.status, answer.url) == (200, server.url + "/ui/")
        assert b"/batches" in answer.read()
    with urllib.request.urlopen(server.url + "/metrics/ping") as answer:
        assert answer.read().strip() == b"pong"
    with urllib.request.urlopen(server.url + "/metrics") as answer:
        assert b"hearth_requests_total" in answer.read()


@pytest.fixture(scope="module")
def strict(server, tmp_path_factory):
    """A server with all settings of the Livy API."""
    home = tmp_path_factory.mktemp("strict")
    (home / "hearth.yaml").write_text(
        'livy: {base_path: /gateway/default/livy, fields: "0.7", require_requested_by: true, impersonation: true, superusers: [hue]}'
    )
    started = type(server)(home, "-config", home / "hearth.yaml")
    yield Livy(started.url + "/gateway/default/livy")
    started.stop()


HUE, ALICE = {"Authorization": "Basic aHVlOng="}, {"Authorization": "Basic YWxpY2U6eA=="}
ASKED = {"X-Requested-By": "tests"}


def test_settings_of_the_server_are_kept(strict):
    assert strict.get("/version")["version"] == "0.7.1-incubating"
    request = urllib.request.Request(strict.url + "/sessions", b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400 and b"Missing Required Header for CSRF protection." in refused.value.read()
    status, answer = strict.send("POST", "/sessions", {"proxyUser": "bob"}, **ALICE, **ASKED)
    assert (status, answer["msg"]) == (403, "User 'alice' not allowed to impersonate 'Some(bob)'.")
    status, made = strict.send("POST", "/sessions?doAs=bob", {"proxyUser": "carol"}, **HUE, **ASKED)
    assert status == 201 and (made["owner"], made["proxyUser"]) == ("hue", "bob")
    assert list(made) == ["id", "name", "appId", "owner", "proxyUser", "state", "kind", "appInfo", "log"]
    assert strict.send("DELETE", f"/sessions/{made['id']}", **ASKED) == (200, {"msg": "deleted"})
