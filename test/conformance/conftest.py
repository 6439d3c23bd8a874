"""What every client test starts from: one built server per module, on a free
port of loopback, with a data folder of its own."""

import os
import pathlib
import signal
import socket
import subprocess
import urllib.error
import urllib.request
import uuid

import boto3
import botocore.config
import pytest

import steps

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("HEARTH_BINARY") or ROOT / "bin" / "hearth")
REGION = "eu-central-1"


class Server:
    """A running `hearth serve`, seen from outside."""

    def __init__(self, home, *more):
        self.data = home / "data"
        self.log = home / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Planted in every process of every session, so that leaks are found:
        # variables of this prefix are passed on to sessions.
        self.mark = f"test-{uuid.uuid4()}"
        command = [BINARY, "serve", "-listen", f"127.0.0.1:{self.port}", "-data", self.data, "-files", home, "-max-instances", "100", *more]
        if runtime := os.environ.get("HEARTH_TEST_RUNTIME"):
            command += ["-runtime", runtime]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=home,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C of the tests is not one of the server
                env={**os.environ, steps.MARK: self.mark},
            )
        steps.poll(self._healthy, lambda ok: ok, what="a healthy server")

    def _healthy(self):
        assert self.process.poll() is None, f"the server ended:\n{self.tail()}"
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def tail(self, lines=30):
        """Returns the end of the log, without the requests that went well."""
        told = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in told if "msg=request" not in line or "status=200" not in line][-lines:])

    def client(self, service="glue", **more):
        """An unmodified boto3 client of this server."""
        more = {"region_name": REGION, "aws_access_key_id": "AKIDTEST", "aws_secret_access_key": "secret", **more}
        return boto3.client(service, endpoint_url=self.url, **more)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"SIGTERM did not end the server:\n{self.tail()}") from None
        assert code == 0, f"the server ended with {code}:\n{self.tail()}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pytest_configure():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there. Type: make build", returncode=2)
    # The user's own AWS settings must not decide what is tested.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        NO_PROXY="127.0.0.1,localhost",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and server is not None:
        report.sections.append(("the end of the server's log", server.tail()))
    return report


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from serving(tmp_path_factory.mktemp("hearth"))


@pytest.fixture(scope="session")
def serve():
    """What a suite with a server of its own makes it with."""
    return serving


def serving(home, *more):
    """Starts a server for a fixture; at the end nothing of it may be left."""
    started = Server(home, *more)
    yield started
    started.stop()
    left = steps.marked_processes(started.mark)
    assert not left, f"processes left after the server ended in order: {left}"


@pytest.fixture(scope="module")
def glue(server):
    return server.client()


@pytest.fixture(scope="module")
def unchecked(server):
    """A boto3 client that leaves every judgement to the server."""
    return server.client(config=botocore.config.Config(parameter_validation=False, retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def session(glue):
    """The id of a READY session that the tests of a module share."""
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    return session_id
