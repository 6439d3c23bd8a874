//go:build e2e

package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/test/harness"
)

// waits is a program that has used all that Spark opens late, tells so with a file, and has left
// its own process behind in a session of its own.
const waits = `
import subprocess, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.sparkContext.addFile(__file__)
assert spark.sparkContext.parallelize(range(8), 2).map(lambda x: x * x).sum() == 140
subprocess.Popen(["sleep", "3600"], start_new_session=True)
open(sys.argv[1], "w").close()
while True:
    time.sleep(60)
`

// startBatch submits waits and returns its id when it waits.
func startBatch(t *testing.T, s *harness.Server) int {
	t.Helper()
	program, marker := filepath.Join(s.Home.Dir, "waits.py"), filepath.Join(s.Home.Dir, "started")
	if err := os.WriteFile(program, []byte(waits), 0o600); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"file":%q,"args":[%q]}`, program, marker)
	answer, err := http.Post(s.URL+"/batches", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	made := decode[struct{ ID int }](t, answer, http.StatusCreated)
	harness.WaitFile(t, marker)
	return made.ID
}

func decode[T any](t *testing.T, answer *http.Response, status int) T {
	t.Helper()
	defer answer.Body.Close()
	var v T
	if err := json.NewDecoder(answer.Body).Decode(&v); err != nil || answer.StatusCode != status {
		t.Fatalf("answered %d: %v", answer.StatusCode, err)
	}
	return v
}

func batchState(t *testing.T, s *harness.Server, id int) string {
	t.Helper()
	answer, err := http.Get(fmt.Sprintf("%s/batches/%d/state", s.URL, id))
	if err != nil {
		t.Fatal(err)
	}
	return decode[struct{ State string }](t, answer, http.StatusOK).State
}

func TestSockets_OfARunningBatch_AreAllOnLoopback(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	startBatch(t, s)
	sockets := harness.Listening(t, h.Processes(t))
	if len(sockets) < 2 {
		t.Fatalf("found %v; the program's gateway and the driver's port should be among them", sockets)
	}
	for _, socket := range sockets {
		if !socket.Address.IP.IsLoopback() {
			t.Errorf("process %d listens on %v, where others can reach it", socket.PID, &socket.Address)
		}
	}
	s.Terminate(t) // takes the batch along, and NewHome looks for what is left
}

func TestKillSupervisor_BatchRuns_ItIsKilledAndNothingIsLeft(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	id := startBatch(t, s)
	harness.KillProcess(t, h.Find(t, "supervisor"))
	harness.Wait(t, "the end of the batch", func() bool { return batchState(t, s, id) == "killed" })
	harness.Wait(t, "that nothing of it runs", func() bool { return len(h.Processes(t)) == 0 })
	s.Terminate(t)
}

func TestKillServerAndSupervisor_BatchRuns_TheNextStartClearsItAway(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	id := startBatch(t, s)
	s.Kill(t)
	harness.KillProcess(t, h.Find(t, "supervisor"))
	s = harness.Start(t, h)
	harness.Wait(t, "the end of the batch", func() bool { return batchState(t, s, id) == "killed" })
	harness.Wait(t, "that nothing of it runs", func() bool { return len(h.Processes(t)) == 0 })
	s.Terminate(t)
}
