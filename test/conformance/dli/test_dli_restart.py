"""A server without queues, keys or tokens, as the README starts it: the README's
commands as they are printed, those of the page about DLI, and a crash."""

import json
import pathlib
import re
import subprocess
import sys

import steps
from script import Script

ROOT = pathlib.Path(__file__).resolve().parents[3]


def printed(page, heading, server):
    """Returns the blocks of code below a heading of a page, for this server."""
    part = re.search(rf"\n(##+) {heading}\n(.*?)\n\1 ", (ROOT / page).read_text(), re.DOTALL)[2]
    blocks = re.findall(r"```\w*\n(.*?)```", part, re.DOTALL)
    assert blocks and all("localhost:8998" in block for block in blocks)
    return [block.replace("localhost:8998", f"localhost:{server.port}") for block in blocks]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_readme_work_and_what_they_made_outlives_a_crash(server, packages, tmp_path):
    start, serve = type(server), (tmp_path, "-dli-packages", packages)
    running = start(*serve)
    try:
        [commands] = printed("README.md", "Huawei DLI", running)
        told = run("bash", "-euo", "pipefail", "-c", commands)
        assert '"state":"idle"' in told and '"text/plain":"res0: Long = 10"' in told, told

        script = Script(running.url, "my_project", "another")
        kept = script.ask("GET", "/sessions", queue="etl")["sessions"][0]["id"]
        script.text(kept, "val x = 41")
        batch = script.ask("POST", "/batches", {"file": "brief.py", "queue": "etl", "args": [str(tmp_path / "started")]})["id"]
        steps.wait_file(tmp_path / "started")
        running.process.kill()
        running.process.wait()
        steps.poll(
            lambda: [command for _, command in steps.marked_processes(running.mark) if "brief.py" in command],
            lambda left: not left,
            "the end of a program while there is no server",
        )

        running = start(*serve)
        script = Script(running.url, "my_project", "another")
        assert script.batch_end(batch)["state"] == "success"
        assert "came to its end" in script.log(f"/batches/{batch}")
        assert script.ask("GET", f"/sessions/{kept}")["state"] == "idle"
        assert script.ask("GET", f"/sessions/{kept}/statements/0")["output"]["data"] == {"text/plain": "res0: Long = 10"}
        assert script.text(kept, "println(x + 1)") == "42"
        assert script.ask("DELETE", f"/sessions/{kept}") == {"msg": "deleted"}

        by_curl, by_sdk = printed("docs/dialects/dli.md", "Moving a script", running)
        made = json.loads(run("bash", "-c", by_curl))
        assert (made["state"], made["sc_type"], made["queue"]) == ("starting", "A", "test_cluster")
        assert "'owner': 'MYACCESSKEY'" in run(sys.executable, "-c", by_sdk)
    finally:
        if running.process.poll() is None:
            running.stop()
    assert not steps.marked_processes(running.mark)
