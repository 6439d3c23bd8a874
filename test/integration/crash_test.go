//go:build e2e

package integration_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"hearth/test/harness"
)

func TestKillProcess_StatementRuns_TheSessionFailsWithWordsAndNothingIsLeft(t *testing.T) {
	for _, kind := range []string{"jvm", "python", "supervisor"} {
		t.Run(kind, func(t *testing.T) {
			h := harness.NewHome(t)
			s := harness.Start(t, h)
			for round := range stress(t) {
				crash(t, h, s.Glue(), kind, fmt.Sprint("victim", round))
			}
			s.Terminate(t)
		})
	}
}

func crash(t *testing.T, h harness.Home, c *glue.Client, kind, id string) {
	t.Helper()
	harness.Create(t, c, id)
	before := harness.Submit(t, c, id, "'before'")
	harness.Finish(t, c, id, before)
	g := newGate(h, id)
	running := harness.Submit(t, c, id, g.code())
	waiting := harness.Submit(t, c, id, "'never'")
	harness.WaitFile(t, g.started)

	harness.KillProcess(t, h.Find(t, kind))

	st := harness.Finish(t, c, id, running)
	if st.State != types.StatementStateError || st.Output == nil || st.Output.Status != "error" {
		t.Errorf("the statement that ran is %s: %s", st.State, harness.Told(st))
	}
	if st := harness.Finish(t, c, id, waiting); st.State == types.StatementStateAvailable {
		t.Errorf("the statement that waited is %s", st.State)
	}
	failed := waitFailed(t, c, id)
	if aws.ToString(failed.ErrorMessage) == "" {
		t.Error("the session does not say why it failed")
	}
	t.Logf("%s: %s", kind, aws.ToString(failed.ErrorMessage))
	if got := harness.Shown(t, harness.Statement(t, c, id, before)); got != "'before'" {
		t.Errorf("the statement before it says %s", got)
	}
	harness.Wait(t, "every process of the session to be gone", func() bool { return len(h.Processes(t)) == 0 })

	if _, err := c.DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: aws.String(id)}); err != nil {
		t.Fatal(err)
	}
	harness.Create(t, c, id)
	if got := harness.Text(t, c, id, "spark.range(3).count()"); got != "3" {
		t.Errorf("the next session says %s", got)
	}
	if _, err := c.DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: aws.String(id)}); err != nil {
		t.Fatal(err)
	}
	harness.Wait(t, "every process of the next session to be gone", func() bool { return len(h.Processes(t)) == 0 })
}

func waitFailed(t *testing.T, c *glue.Client, id string) *types.Session {
	t.Helper()
	var s *types.Session
	harness.Wait(t, id+" to be FAILED", func() bool {
		s = harness.Session(t, c, id)
		return s.Status == types.SessionStatusFailed
	})
	return s
}

func TestKillProcess_ServerIsAway_TheNextServerSaysSo(t *testing.T) {
	for _, kind := range []string{"jvm", "supervisor"} {
		t.Run(kind, func(t *testing.T) {
			h := harness.NewHome(t)
			s := harness.Start(t, h)
			harness.Create(t, s.Glue(), "orphan")
			g := newGate(h, "orphan")
			running := harness.Submit(t, s.Glue(), "orphan", g.code())
			harness.WaitFile(t, g.started)
			s.Kill(t)
			harness.KillProcess(t, h.Find(t, kind))

			s = harness.Start(t, h)

			if failed := waitFailed(t, s.Glue(), "orphan"); aws.ToString(failed.ErrorMessage) == "" {
				t.Error("the session does not say why it failed")
			}
			if st := harness.Finish(t, s.Glue(), "orphan", running); st.State != types.StatementStateError {
				t.Errorf("the statement is %s", st.State)
			}
			harness.Wait(t, "every process to be gone", func() bool { return len(h.Processes(t)) == 0 })
			s.Terminate(t)
		})
	}
}

func TestStop_UserCodeForkedProcesses_TheyEndWithTheSession(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "parent")
	code := `
import subprocess
children = [subprocess.Popen(["sleep", "3600"]), subprocess.Popen(["sleep", "3600"], start_new_session=True)]
len(children)`
	if got := harness.Text(t, s.Glue(), "parent", code); got != "2" {
		t.Fatal(got)
	}
	before := len(h.Processes(t))
	if before < 5 {
		t.Fatalf("%d processes run, want supervisor, jvm, python and two more", before)
	}
	stop(t, s.Glue(), "parent")
	harness.Wait(t, "every process to be gone", func() bool { return len(h.Processes(t)) == 0 })
	s.Terminate(t)
}

func stop(t *testing.T, c *glue.Client, id string) {
	t.Helper()
	if _, err := c.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String(id)}); err != nil {
		t.Fatal(err)
	}
	harness.WaitStatus(t, c, id, types.SessionStatusStopped)
}
