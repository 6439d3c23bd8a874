"""What Livy's own Python client puts on the wire (apache/incubator-livy, python-api,
livy/client.py and livy/job_handle.py at 0.10.0-SNAPSHOT, the same in 0.9). It is on
no package registry: the package "livy" there is pylivy. So its requests are made
here as it makes them: paths, headers, bodies, what it reads of the answers, when it
asks again, and that it asks for everything as soon as its session is made."""

import base64
import time

import cloudpickle
import requests

STATES_IT_KNOWS = {"QUEUED", "STARTED"}  # of jobs that have not ended: another one fails the handle
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class JobError(Exception):
    """A job's `error`."""


class Cancelled(Exception):
    """A job was cancelled."""


class Client:
    def __init__(self, url, session=None, **create):
        self.url = url + "/sessions"
        if session is None:
            self.session = self.send("POST", "/", JSON, {"kind": "pyspark", "conf": {"livy.uri": url}, **create}).json()["id"]
        else:
            self.session = session
            assert self.send("POST", f"/{session}/connect", JSON).json()["id"] == session

    def send(self, method, path, headers=None, body=None, files=None):
        headers = {"X-Requested-By": "livy", **(headers or {})}
        return requests.request(method, self.url + path, timeout=10, headers=headers, files=files, json=body)

    def submit(self, job, route="submit-job"):
        payload = base64.b64encode(cloudpickle.dumps(job)).decode()
        answer = self.send("POST", f"/{self.session}/{route}", JSON, {"job": payload, "jobType": "pyspark"})
        assert answer.status_code == 201, answer.text
        assert {**answer.json(), "id": 0} == {"id": 0, "state": "SENT", "result": None, "error": None}
        return Handle(self, answer.json()["id"])

    def run(self, job):
        return self.submit(job, "run-job")

    def add(self, kind, uri):
        self.told(self.send("POST", f"/{self.session}/add-{kind}", JSON, {"uri": uri}))

    def upload(self, kind, path):
        with open(path, "rb") as file:
            self.told(self.send("POST", f"/{self.session}/upload-{kind}", files={"file": file}))

    def told(self, answer):
        # The client looks at no status. Its users would learn from the next job.
        assert (answer.status_code, answer.content) == (200, b"")

    def stop(self):
        assert self.send("DELETE", f"/{self.session}").json() == {"msg": "deleted"}


class Handle:
    def __init__(self, client, number):
        self.client, self.number = client, number
        self.path = f"/{client.session}/jobs/{number}"

    def status(self):
        answer = self.client.send("GET", self.path, {"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def result(self, deadline=180):
        """Polls as the client does: after 0.1 s, twice as long each time, at most 5 s."""
        end, pause = time.monotonic() + deadline, 0.1
        while time.monotonic() < end:
            time.sleep(pause)
            pause = min(2 * pause, 5)
            try:
                status = self.status()
            except requests.ConnectionError:
                continue  # the client gives up here; a test of restarts must not
            if status["state"] == "SUCCEEDED":
                return cloudpickle.loads(base64.b64decode(base64.b64decode(status["result"])))
            if status["state"] == "FAILED":
                raise JobError(status["error"])
            if status["state"] == "CANCELLED":
                raise Cancelled()
            assert status["state"] in STATES_IT_KNOWS, status
        raise AssertionError(f"waited {deadline} s for job {self.number}; last seen: {status!r}")

    def cancel(self):
        """What the client means to send: it calls a method that it does not have."""
        answer = self.client.send("POST", self.path + "/cancel", JSON)
        assert (answer.status_code, answer.content) == (200, b"")
