package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// fixture is a store and a driver that outlive the managers over them.
type fixture struct {
	t      *testing.T
	store  session.Store
	driver *fake.Driver
	change func(*session.Config)
	*session.Manager
}

// within runs fn in a bubble of fake time over a new fixture.
func within(t *testing.T, behave func(engine.Spec) fake.Behaviour, change func(*session.Config), fn func(*testing.T, *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		h := newFixture(t, behave, change)
		defer h.close()
		fn(t, h)
	})
}

func newFixture(t *testing.T, behave func(engine.Spec) fake.Behaviour, change func(*session.Config)) *fixture {
	h := &fixture{t: t, store: sessiontest.NewStore(), driver: fake.New(fake.Config{Behave: behave}), change: change}
	h.open()
	return h
}

func (h *fixture) close() {
	h.leave()
	h.driver.Close()
}

func (h *fixture) open() {
	cfg := session.Config{Store: h.store, Engines: engine.Fleet{"local": h.driver}, Files: files{}, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil))}
	if h.change != nil {
		h.change(&cfg)
	}
	h.Manager = session.NewManager(cfg)
	if err := h.Start(h.t.Context()); err != nil {
		h.t.Fatalf("start manager: %v", err)
	}
}

// leave ends the manager as a dying server does: sessions go on.
func (h *fixture) leave() {
	if err := h.Stop(context.Background(), true); err != nil {
		h.t.Errorf("stop manager: %v", err)
	}
}

func (h *fixture) restart() {
	h.leave()
	h.open()
}

func ref(id string) session.Ref {
	return session.Ref{Dialect: "glue", Scope: "000000000000/us-east-1", ExternalID: id}
}

func asked(id string) session.NewSession {
	spec := engine.Spec{Launch: engine.Launch{Runtime: "spark-3.5"}, Setup: engine.Setup{Language: engine.Python}}
	return session.NewSession{Ref: ref(id), Spec: spec, Size: session.Size{Units: 5}}
}

func (h *fixture) create(id string, change ...func(*session.NewSession)) session.Session {
	h.t.Helper()
	n := asked(id)
	for _, c := range change {
		c(&n)
	}
	s, err := h.Create(h.t.Context(), n)
	if err != nil {
		h.t.Fatalf("create %s: %v", id, err)
	}
	return s
}

// ready creates a session and waits for it.
func (h *fixture) ready(id string, change ...func(*session.NewSession)) session.Session {
	h.t.Helper()
	h.create(id, change...)
	synctest.Wait()
	return h.want(id, session.StateIdle)
}

func (h *fixture) want(id string, state session.State) session.Session {
	h.t.Helper()
	s, err := h.Get(h.t.Context(), ref(id))
	if err != nil {
		h.t.Fatalf("get %s: %v", id, err)
	}
	if s.State != state {
		h.t.Fatalf("%s is %s (%s %s), want %s", id, s.State, s.Cause, s.Reason, state)
	}
	return s
}

func (h *fixture) run(id, code string) int64 {
	h.t.Helper()
	st, err := h.Run(h.t.Context(), ref(id), session.NewStatement{Code: code})
	if err != nil {
		h.t.Fatalf("run %q: %v", code, err)
	}
	synctest.Wait()
	return st.Number
}

func (h *fixture) wantStatement(id string, n int64, state session.StatementState) session.Statement {
	h.t.Helper()
	st, err := h.Statement(h.t.Context(), ref(id), session.StatementRef{Place: n})
	if err != nil {
		h.t.Fatalf("get statement %d: %v", n, err)
	}
	if st.State != state {
		h.t.Fatalf("statement %d is %s (%v), want %s", n, st.State, st.Error, state)
	}
	return st
}

func (h *fixture) cancel(id string, n int64) {
	h.t.Helper()
	if err := h.Cancel(h.t.Context(), ref(id), session.StatementRef{Place: n}); err != nil {
		h.t.Fatalf("cancel %d: %v", n, err)
	}
	synctest.Wait()
}

func (h *fixture) wantGone(instance string) {
	h.t.Helper()
	if found, err := h.driver.Inspect(h.t.Context(), engine.Known{ID: instance}); err == nil && found.Alive {
		h.t.Errorf("instance %s still runs", instance)
	}
}

func wantKind(t *testing.T, err error, kind session.Kind, reason session.Reason) {
	t.Helper()
	if e := session.AsError(err); err == nil || e.Kind != kind || e.Reason != reason {
		t.Errorf("error is %v, want kind %q, reason %q", err, kind, reason)
	}
}

func text(st session.Statement) string {
	var b strings.Builder
	for _, o := range st.Output {
		b.WriteString(o.Text)
	}
	return b.String()
}

func TestManager_SessionFromCreateToStop_PassesThroughItsStates(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: 2 * time.Second} }
	within(t, slow, nil, func(t *testing.T, h *fixture) {
		created := h.create("a")
		if created.State != session.StateStarting || created.Seq == 0 {
			t.Fatalf("created session is %+v", created)
		}
		time.Sleep(3 * time.Second)
		h.want("a", session.StateIdle)
		n := h.run("a", "print hello; sleep 1s; value 2")
		h.want("a", session.StateBusy)
		h.wantStatement("a", n, session.StatementRunning)
		time.Sleep(2 * time.Second)
		st := h.wantStatement("a", n, session.StatementDone)
		if st.Status != engine.StatusOK || st.Result["text/plain"] != "2" || text(st) != "hello\n" {
			t.Errorf("statement is %+v", st)
		}
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s := h.want("a", session.StateEnded)
		if s.Cause != session.CauseStopped {
			t.Errorf("cause is %s", s.Cause)
		}
		if got := s.ExecutionTime(time.Now()); got < 3*time.Second || got > 4*time.Second {
			t.Errorf("execution time is %v, from READY to the end", got)
		}
		h.wantGone(s.Spec.ID)
	})
}

func TestManager_UserError_IsTheStatementsAlone(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		n := h.run("a", "print one; error ValueError 1")
		st := h.wantStatement("a", n, session.StatementDone)
		if st.Status != engine.StatusError || st.Error == nil || st.Error.Name != "ValueError" || text(st) != "one\n" {
			t.Errorf("statement is %+v", st)
		}
		h.wantStatement("a", h.run("a", "value 2"), session.StatementDone)
	})
}

func TestManager_ServerDiesWhileAStatementRuns_FullOutputArrivesOnce(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "print before; sleep 10s; print after; value 7")
		later := h.run("a", "print later")
		time.Sleep(time.Second)
		h.leave()
		time.Sleep(30 * time.Second)
		h.open()
		synctest.Wait()
		st := h.wantStatement("a", n, session.StatementDone)
		if text(st) != "before\nafter\n" || st.Result["text/plain"] != "7" {
			t.Errorf("output is %q, value %v", text(st), st.Result)
		}
		h.wantStatement("a", later, session.StatementDone)
		if ran := fmt.Sprint(h.driver.Ran(s.Spec.ID)); ran != "[1 2]" {
			t.Errorf("statements ran: %s", ran)
		}
	})
}

func TestManager_ConnectionLostAgainAndAgain_NothingIsLostDoubledOrReordered(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		var want strings.Builder
		var steps []string
		for i := range 40 {
			steps = append(steps, fmt.Sprintf("print %d; sleep 100ms", i))
			fmt.Fprintf(&want, "%d\n", i)
		}
		n := h.run("a", strings.Join(steps, ";"))
		for range 20 {
			time.Sleep(170 * time.Millisecond)
			h.driver.Disconnect(s.Spec.ID)
		}
		time.Sleep(time.Minute)
		if st := h.wantStatement("a", n, session.StatementDone); text(st) != want.String() {
			t.Errorf("output is %q", text(st))
		}
	})
}

func TestManager_AcceptedSessionWhoseServerDiedBeforeItsStart_IsStarted(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.leave()
		s := sessiontest.Session(func(s *session.Session) {
			s.Ref, s.State, s.Spec.Setup.Language = ref("a"), session.StateStarting, engine.Python
		})
		if err := h.store.WithTx(t.Context(), func(tx session.Tx) error { return tx.InsertSession(t.Context(), &s) }); err != nil {
			t.Fatal(err)
		}
		h.open()
		synctest.Wait()
		h.want("a", session.StateIdle)
	})
}

func TestManager_InstanceThatNoSessionKnows_IsDestroyedAtStart(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		if _, err := h.driver.Start(t.Context(), engine.Spec{ID: "i-stranger", Setup: engine.Setup{Language: engine.Python}}); err != nil {
			t.Fatal(err)
		}
		kept := h.ready("a")
		h.restart()
		synctest.Wait()
		h.wantGone("i-stranger")
		h.want("a", session.StateIdle)
		if found, err := h.driver.Inspect(t.Context(), engine.Known{ID: kept.Spec.ID}); err != nil || !found.Alive {
			t.Errorf("the session's own instance: %+v, %v", found, err)
		}
	})
}

func TestManager_InstanceThatVanishedWhileTheServerWasAway_EndsTheSessionAsLost(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "hang")
		h.leave()
		if err := errors.Join(h.driver.Destroy(t.Context(), engine.Known{ID: s.Spec.ID}), h.driver.Purge(t.Context(), engine.Known{ID: s.Spec.ID})); err != nil {
			t.Fatal(err)
		}
		h.open()
		synctest.Wait()
		if got := h.want("a", session.StateEnded); got.Cause != session.CauseLost {
			t.Errorf("cause is %s", got.Cause)
		}
		h.wantStatement("a", n, session.StatementFailed)
	})
}

func TestManager_Crash_FailsOpenStatementsAndFreesTheNextSession(t *testing.T) {
	for _, c := range []struct {
		code  string
		cause session.Cause
	}{
		{"crash", session.CauseCrashed},
		{"oom", session.CauseOutOfMemory},
		{"exit 3", session.CauseExited},
	} {
		t.Run(c.code, func(t *testing.T) {
			within(t, nil, nil, func(t *testing.T, h *fixture) {
				s := h.ready("a")
				n := h.run("a", "print partial; sleep 1s; "+c.code)
				waiting := h.run("a", "print never")
				time.Sleep(5 * time.Second)
				ended := h.want("a", session.StateEnded)
				if ended.Cause != c.cause || ended.Reason == "" || ended.EndedAt.IsZero() {
					t.Errorf("ended as %s: %q at %v", ended.Cause, ended.Reason, ended.EndedAt)
				}
				if st := h.wantStatement("a", n, session.StatementFailed); text(st) != "partial\n" || st.Error == nil {
					t.Errorf("statement is %+v", st)
				}
				h.wantStatement("a", waiting, session.StatementFailed)
				h.wantGone(s.Spec.ID)
				_, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: "value 1"})
				wantKind(t, err, session.Conflict, session.ReasonState)
				h.ready("b")
			})
		})
	}
}

func TestManager_StartThatFails_SaysWhy(t *testing.T) {
	behave := func(s engine.Spec) fake.Behaviour {
		if s.Setup.AppName == "at once" {
			return fake.Behaviour{StartError: engine.Invalidf("no runtime spark-9")}
		}
		return fake.Behaviour{ReadyAfter: time.Second, FailStart: "py4j did not answer"}
	}
	within(t, behave, nil, func(t *testing.T, h *fixture) {
		h.create("a", func(n *session.NewSession) { n.Spec.Setup.AppName = "at once" })
		h.create("b")
		time.Sleep(5 * time.Second)
		for id, want := range map[string]string{"a": "no runtime spark-9", "b": "py4j did not answer"} {
			if s := h.want(id, session.StateEnded); s.Cause != session.CauseFailedStart || !strings.Contains(s.Reason, want) {
				t.Errorf("%s ended as %s: %q", id, s.Cause, s.Reason)
			}
		}
	})
}
