"""Livy's REST API by hand, for what no client library shows. Waiting is polling
up to a generous deadline; no test asserts how long something took."""

import json
import urllib.error
import urllib.request

import steps

FINAL = {"available", "cancelled"}


class Livy:
    def __init__(self, url):
        self.url = url

    def send(self, method, path, body=None, **headers):
        """Sends a request and returns (status, answer)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text else None

    def get(self, path):
        status, answer = self.send("GET", path)
        assert status == 200, (path, status, answer)
        return answer

    def create(self, **body):
        """Creates a session and returns its id when it is idle."""
        status, made = self.send("POST", "/sessions", body)
        assert (status, made["state"]) == (201, "starting"), made
        found = steps.poll(
            lambda: self.get(f"/sessions/{made['id']}"), lambda s: s["state"] != "starting", "a session that is idle"
        )
        assert found["state"] == "idle", found["log"]
        return made["id"]

    def submit(self, session, code, kind=None):
        body = {"code": code} if kind is None else {"code": code, "kind": kind}
        status, made = self.send("POST", f"/sessions/{session}/statements", body)
        assert status == 201, made
        return made["id"]

    def statement(self, session, number):
        return self.get(f"/sessions/{session}/statements/{number}")

    def finish(self, session, number):
        return steps.poll(
            lambda: self.statement(session, number),
            lambda s: s["state"] in FINAL,
            f"the end of statement {number}",
        )

    def run(self, session, code, kind=None):
        """Runs code to its end and returns the output."""
        return self.finish(session, self.submit(session, code, kind))["output"]

    def text(self, session, code, kind=None):
        """Runs code that must succeed and returns its text."""
        output = self.run(session, code, kind)
        assert output["status"] == "ok", output
        return output["data"]["text/plain"]

    def wait_state(self, session, *wanted):
        return steps.poll(
            lambda: self.get(f"/sessions/{session}/state")["state"], lambda s: s in wanted, " or ".join(wanted)
        )
