"""Sessions over a crash of the server: nothing is lost, ids go on (InteractiveIT
"recover interactive session", which real Livy passes on YARN alone)."""

from rest import Livy

FIRST = "res0: Int = 2\n"


def test_sessions_outlive_a_crash_of_their_server(server, tmp_path):
    start = type(server)
    running = start(tmp_path)
    try:
        livy = Livy(running.url)
        gone = livy.create(kind="pyspark")
        kept = livy.create(kind="pyspark")
        assert livy.send("DELETE", f"/sessions/{gone}")[0] == 200
        assert livy.text(kept, "x = 41\nx") == "41"
        assert livy.text(kept, "1+1", kind="spark") == FIRST
        running.process.kill()
        running.process.wait()

        running = start(tmp_path)
        livy = Livy(running.url)
        assert livy.send("GET", f"/sessions/{gone}")[0] == 404
        livy.wait_state(kept, "idle")
        assert livy.statement(kept, 0)["output"]["data"]["text/plain"] == "41"
        assert livy.text(kept, "x + 1") == "42"
        assert livy.statement(kept, 1)["output"]["data"]["text/plain"] == FIRST
        assert livy.text(kept, "res0 + 1", kind="spark").endswith("res1: Int = 3\n")
        assert livy.send("POST", "/sessions", {})[1]["id"] > kept
    finally:
        if running.process.poll() is None:
            running.stop()
