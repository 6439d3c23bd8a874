//go:build e2e

package integration_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"hearth/test/harness"
)

func TestTerminate_SessionsRun_TheyAreEndedAndStayReadable(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "evening")
	done := harness.Submit(t, s.Glue(), "evening", "'done before'")
	harness.Finish(t, s.Glue(), "evening", done)
	g := newGate(h, "late")
	running := harness.Submit(t, s.Glue(), "evening", g.code())
	harness.WaitFile(t, g.started)

	s.Terminate(t)

	if left := h.Processes(t); len(left) > 0 {
		t.Errorf("when the server has ended, %v still run", left)
	}
	s = harness.Start(t, h)
	if got := harness.Session(t, s.Glue(), "evening").Status; got != types.SessionStatusStopped {
		t.Errorf("the session is %s", got)
	}
	if got := harness.Shown(t, harness.Statement(t, s.Glue(), "evening", done)); got != "'done before'" {
		t.Errorf("its statement says %s", got)
	}
	if st := harness.Finish(t, s.Glue(), "evening", running); st.State == types.StatementStateAvailable {
		t.Errorf("the statement that was ended with the server is %s", st.State)
	}
	s.Terminate(t)
}

func TestTerminate_SessionStarts_NothingIsLeft(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	if _, err := s.Glue().CreateSession(t.Context(), harness.Request("early")); err != nil {
		t.Fatal(err)
	}
	s.Terminate(t)
	if left := h.Processes(t); len(left) > 0 {
		t.Errorf("when the server has ended, %v still run", left)
	}
}

func TestTerminate_KeepSessions_TheNextServerHasThem(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h, "-keep-sessions")
	harness.Create(t, s.Glue(), "kept")
	harness.Text(t, s.Glue(), "kept", "kept = 'kept'")
	g := newGate(h, "night")
	number := harness.Submit(t, s.Glue(), "kept", g.code())
	harness.WaitFile(t, g.started)

	s.Terminate(t)
	if len(h.Processes(t)) == 0 {
		t.Fatal("with -keep-sessions the session was ended")
	}
	s = harness.Start(t, h)
	g.open(t)
	wantWhole(t, harness.Shown(t, harness.Finish(t, s.Glue(), "kept", number)))
	if got := harness.Text(t, s.Glue(), "kept", "kept"); got != "'kept'" {
		t.Errorf("the session says %s", got)
	}
	s.Terminate(t)
}

func TestStart_DataInUse_IsRefusedWithWords(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	out := refusedStart(t, h, "127.0.0.1:0")
	if !strings.Contains(out, h.Data()) {
		t.Errorf("the second server said %q, which does not name the folder in use", out)
	}
	harness.Create(t, s.Glue(), "unharmed")
	s.Terminate(t)
}

func TestStart_ListeningElsewhereWithoutAuthentication_IsRefusedWithWords(t *testing.T) {
	out := refusedStart(t, harness.NewHome(t), "0.0.0.0:0")
	if !strings.Contains(out, "loopback") && !strings.Contains(out, "127.0.0.1") {
		t.Errorf("the server said %q, which does not say what to do", out)
	}
}

// refusedStart starts a server that must end by itself, and returns its words.
func refusedStart(t *testing.T, h harness.Home, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, harness.Binary(t), "serve", "-listen", address, "-data", h.Data()).CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("a server that must be refused ran: %v\n%s", err, out)
	}
	return string(out)
}
