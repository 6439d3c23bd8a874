//go:build e2e

package integration_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"

	"hearth/test/harness"
)

func TestSockets_OfALiveSession_AreAllOnLoopback(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "open")
	// Work makes Spark open what it opens late: Python workers, file servers.
	code := "sc.addFile(__import__('os').__file__)\nsc.parallelize(range(8), 2).map(lambda x: x * x).sum()"
	if got := harness.Text(t, s.Glue(), "open", code); got != "140" {
		t.Fatal(got)
	}
	all := append(h.Processes(t), harness.Process{PID: s.PID(), Command: "the server"})
	sockets := harness.Listening(t, all)
	if len(sockets) < 2 {
		t.Fatalf("found %v; the server's own listener and the session's gateway should be among them", sockets)
	}
	for _, socket := range sockets {
		if !socket.Address.IP.IsLoopback() {
			t.Errorf("process %d listens on %v, where others can reach it", socket.PID, &socket.Address)
		}
	}
	s.Terminate(t)
}

func TestTemporaryFiles_OfASession_AreItsOwn(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "tidy")
	// A shuffle unpacks a library for its compression; IPython and Python make files of their own.
	code := "import tempfile\nkept = tempfile.NamedTemporaryFile()\nspark.range(1000).groupBy('id').count().count()"
	if got := harness.Text(t, s.Glue(), "tidy", code); got != "1000" {
		t.Fatal(got)
	}
	places := 0
	inherited := harness.OpenFiles(t, s.PID())
	for _, p := range h.Processes(t) {
		for _, file := range harness.OpenFiles(t, p.PID) {
			if strings.HasPrefix(file, h.Dir+"/") {
				places++
			} else if strings.HasPrefix(file, os.TempDir()+"/") && !slices.Contains(inherited, file) {
				t.Errorf("the %s uses %s", p.Kind(), file)
			}
		}
	}
	if places == 0 {
		t.Error("no process has a file of the session open")
	}
	s.Terminate(t)
}

func TestStop_LeavesLogAndOutput_AndDeleteTakesThem(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "story")
	number := harness.Submit(t, s.Glue(), "story", "print('told')")
	harness.Finish(t, s.Glue(), "story", number)
	stop(t, s.Glue(), "story")

	if scratch := h.Scratch(t); len(scratch) > 0 {
		t.Errorf("of the stopped session %v are left", scratch)
	}
	if sockets := h.Sockets(t); len(sockets) > 0 {
		t.Errorf("of the stopped session %v are left", sockets)
	}
	if len(h.Traces(t)) == 0 {
		t.Error("the stopped session's log is gone")
	}
	if got := harness.Shown(t, harness.Statement(t, s.Glue(), "story", number)); got != "told" {
		t.Errorf("its statement says %s", got)
	}

	if _, err := s.Glue().DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: aws.String("story")}); err != nil {
		t.Fatal(err)
	}
	harness.Wait(t, "the deleted session's files to be gone", func() bool { return len(h.Traces(t)) == 0 })
	s.Terminate(t)
}

func TestFiles_OfTheServer_AreNobodyElses(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "private")
	info, err := os.Stat(h.Data())
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the data folder has mode %v", info.Mode().Perm())
	}
	s.Terminate(t)
}
