"""Scripts as DLI's users wrote them: signed HTTP requests, or an X-Auth-Token."""

import json

import steps


class Script:
    """Requests to a project, with a token of the identity service."""

    def __init__(self, url, project, token=None):
        self.url, self.project, self.token = url, project, token

    def send(self, method, path, body=None, **query):
        """Sends a request and returns (status, answer)."""
        headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": self.token} if self.token else {})
        data = None if body is None else json.dumps(body)
        return deliver(method, f"{self.url}/v2.0/{self.project}{path}", headers, data, params=query)

    def ask(self, method, path, body=None, **query):
        """Sends a request that must succeed, which is 200 for all of this API."""
        status, answer = self.send(method, path, body, **query)
        assert status == 200, (method, path, status, answer)
        return answer

    def refused(self, method, path, body=None, **query):
        """Sends a request that must fail and returns (status, code, message)."""
        status, answer = self.send(method, path, body, **query)
        assert set(answer) == {"error_code", "error_msg"}, (method, path, status, answer)
        return status, answer["error_code"], answer["error_msg"]

    def create(self, body):
        """Creates a session and returns it when it is idle."""
        made = self.ask("POST", "/sessions", body)
        assert (made["state"], made["update_time"]) == ("starting", 0), made
        path = f"/sessions/{made['id']}"
        found = steps.poll(lambda: self.ask("GET", path), lambda s: s["state"] != "starting", "a session that is idle")
        assert found["state"] == "idle", self.log(path)
        return found

    def submit(self, session, code, **more):
        return self.ask("POST", f"/sessions/{session}/statements", {"code": code, **more})["id"]

    def finish(self, session, number):
        path = f"/sessions/{session}/statements/{number}"
        final = {"available", "error", "cancelled"}
        return steps.poll(lambda: self.ask("GET", path), lambda s: s["state"] in final, f"the end of statement {number}")

    def text(self, session, code, **more):
        """Runs code that must succeed and returns its text."""
        done = self.finish(session, self.submit(session, code, **more))
        assert (done["state"], done["output"]["status"]) == ("available", "ok"), done
        return done["output"]["data"]["text/plain"]

    def log(self, path):
        return "\n".join(self.ask("GET", path + "/log", **{"from": 0, "size": -1})["log"])

    def batch_end(self, batch):
        return steps.poll(
            lambda: self.ask("GET", f"/batches/{batch}"), lambda b: b["state"] in {"success", "dead"}, "the end of a batch"
        )


class Signed(Script):
    """The same with an access key, signed by the signer of Huawei's SDK."""

    def __init__(self, url, project, key, secret):
        super().__init__(url, project)
        self.key, self.secret = key, secret

    def sign(self, method, path, body=None, query=(), headers=()):
        """Returns the address, headers and body of a signed request."""
        from huaweicloudsdkcore.auth.credentials import BasicCredentials
        from huaweicloudsdkcore.sdk_request import SdkRequest
        from huaweicloudsdkcore.signer.signer import Signer

        request = SdkRequest(
            method=method,
            schema="http",
            host=self.url.removeprefix("http://"),
            resource_path=f"/v2.0/{self.project}{path}",
            query_params=list(query),
            header_params={"Content-Type": "application/json", "X-Project-Id": self.project, **dict(headers)},
            body="" if body is None else json.dumps(body),
        )
        signed = Signer(BasicCredentials(self.key, self.secret)).sign(request)
        return self.url + signed.uri, signed.header_params, signed.body

    def send(self, method, path, body=None, **query):
        return deliver(method, *self.sign(method, path, body, query.items()))


def deliver(method, url, headers, body, **more):
    import requests  # like the SDK, in this suite's environment alone

    answer = requests.request(method, url, headers=headers, data=body, timeout=120, **more)
    return answer.status_code, answer.json()
