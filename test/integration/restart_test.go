//go:build e2e

package integration_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"hearth/test/harness"
)

// wantWhole demands that the text is what gate.code prints, from its first line to its last, each
// once.
func wantWhole(t *testing.T, text string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i, line := range lines[:len(lines)-1] {
		if line != fmt.Sprint(i) {
			t.Fatalf("line %d of %d is %q", i, len(lines), line)
		}
	}
	if want := fmt.Sprintf("total %d", len(lines)-1); lines[len(lines)-1] != want {
		t.Fatalf("the last line is %q, want %q", lines[len(lines)-1], want)
	}
}

func TestKillServer_StatementPrints_OutputIsWholeAndTheSessionGoesOn(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "keeper")
	for round := range stress(t) {
		g := newGate(h, fmt.Sprint("round", round))
		number := harness.Submit(t, s.Glue(), "keeper", g.code())
		harness.WaitFile(t, g.started)
		harness.Wait(t, "some output", func() bool {
			st := harness.Statement(t, s.Glue(), "keeper", number)
			return st.Output != nil && st.Output.Data != nil && len(aws.ToString(st.Output.Data.TextPlain)) > 20
		})

		s.Kill(t)
		s = harness.Start(t, h)

		if st := harness.Statement(t, s.Glue(), "keeper", number); st.State != types.StatementStateRunning {
			t.Fatalf("after the restart the statement is %s", st.State)
		}
		g.open(t)
		wantWhole(t, harness.Shown(t, harness.Finish(t, s.Glue(), "keeper", number)))
		if got := harness.Text(t, s.Glue(), "keeper", "count > 0, spark.range(7).count()"); got != "(True, 7)" {
			t.Errorf("after the restart the session says %s", got)
		}
	}
	s.Terminate(t)
}

func TestKillServer_StatementEndsMeanwhile_ItsResultIsThereAndTheQueueGoesOn(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "keeper")
	g, ran := newGate(h, "first"), filepath.Join(h.Dir, "ran")
	first := harness.Submit(t, s.Glue(), "keeper", g.code())
	second := harness.Submit(t, s.Glue(), "keeper", fmt.Sprintf("with open(%q, 'a') as f: f.write('x')", ran))
	harness.WaitFile(t, g.started)

	s.Kill(t)
	g.open(t)
	s = harness.Start(t, h)

	wantWhole(t, harness.Shown(t, harness.Finish(t, s.Glue(), "keeper", first)))
	harness.Shown(t, harness.Finish(t, s.Glue(), "keeper", second))
	if text, err := os.ReadFile(ran); err != nil || string(text) != "x" {
		t.Errorf("the waiting statement left %q, %v: it must run exactly once", text, err)
	}
	s.Terminate(t)
}

func TestKillServer_SessionStarts_ItBecomesReady(t *testing.T) {
	for range stress(t) {
		h := harness.NewHome(t)
		s := harness.Start(t, h)
		if _, err := s.Glue().CreateSession(t.Context(), harness.Request("early")); err != nil {
			t.Fatal(err)
		}
		s.Kill(t)
		s = harness.Start(t, h)
		harness.WaitStatus(t, s.Glue(), "early", types.SessionStatusReady)
		if got := harness.Text(t, s.Glue(), "early", "1+1"); got != "2" {
			t.Errorf("1+1 is %s", got)
		}
		s.Terminate(t)
	}
}

func TestKillServer_SessionStops_ItIsStoppedAfterwards(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "leaving")
	if _, err := s.Glue().StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String("leaving")}); err != nil {
		t.Fatal(err)
	}
	s.Kill(t)
	s = harness.Start(t, h)
	harness.WaitStatus(t, s.Glue(), "leaving", types.SessionStatusStopped)
	s.Terminate(t)
}

func TestKillServer_CancelWasAsked_ItIsCancelledAfterwards(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "keeper")
	g := newGate(h, "endless")
	number := harness.Submit(t, s.Glue(), "keeper", g.code())
	harness.WaitFile(t, g.started)
	if _, err := s.Glue().CancelStatement(t.Context(), &glue.CancelStatementInput{SessionId: aws.String("keeper"), Id: number}); err != nil {
		t.Fatal(err)
	}
	s.Kill(t)
	s = harness.Start(t, h)
	if st := harness.Finish(t, s.Glue(), "keeper", number); st.State != types.StatementStateCancelled {
		t.Errorf("the statement is %s", st.State)
	}
	s.Terminate(t)
}

func TestRestart_WithANewerBuild_FindsItsSessions(t *testing.T) {
	h := harness.NewHome(t)
	older, newer := build(t, "older"), build(t, "newer")
	s := harness.StartBinary(t, h, older)
	harness.Create(t, s.Glue(), "upgraded")
	g := newGate(h, "over")
	number := harness.Submit(t, s.Glue(), "upgraded", g.code())
	harness.WaitFile(t, g.started)

	s.Kill(t)
	s = harness.StartBinary(t, h, newer)

	g.open(t)
	wantWhole(t, harness.Shown(t, harness.Finish(t, s.Glue(), "upgraded", number)))
	if got := harness.Text(t, s.Glue(), "upgraded", "spark.range(2).count()"); got != "2" {
		t.Errorf("the session says %s", got)
	}
	s.Terminate(t)
}

// build builds the program with a version of its own.
func build(t *testing.T, version string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hearth-"+version)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-X main.version="+version, "-o", binary, "./cmd/hearth")
	cmd.Dir = harness.Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", version, err, out)
	}
	out, err := exec.CommandContext(t.Context(), binary, "version").Output()
	if err != nil || !strings.Contains(string(out), version) {
		t.Fatalf("hearth version says %q, %v; want %s", out, err, version)
	}
	return binary
}
