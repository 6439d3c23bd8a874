package session_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// onlooker is an Observer that writes down what it is told.
type onlooker struct {
	mu   sync.Mutex
	told []string
}

func (w *onlooker) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *onlooker) SessionMoved(s *session.Session, from session.State) {
	w.note("session %s %s>%s %s", s.ExternalID, from, s.State, s.Cause)
}

func (w *onlooker) StartEnded(s *session.Session, start session.Start) {
	w.note("start %s %s %v %v", s.ExternalID, start.Outcome, start.Waited, start.Took)
}

func (w *onlooker) StatementEnded(s *session.Session, st *session.Statement) {
	w.note("statement %s %d %s %s", s.ExternalID, st.Number, st.State, st.Status)
}

// take returns what was told since the last call.
func (w *onlooker) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.told
	w.told = nil
	return told
}

func (w *onlooker) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := w.take(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestObserver_OfALife_LearnsEveryStepOnce(t *testing.T) {
	w := new(onlooker)
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: 3 * time.Second} }
	within(t, slow, func(c *session.Config) { c.Observer, c.Budget.Starts = w, 1 }, func(t *testing.T, h *fixture) {
		h.create("a")
		synctest.Wait()
		h.create("b")
		w.want(t, "session a >starting ", "session b >starting ")
		time.Sleep(3 * time.Second)
		w.want(t, "session a starting>idle ", "start a ready 0s 3s")
		time.Sleep(3 * time.Second)
		w.want(t, "session b starting>idle ", "start b ready 3s 3s")

		h.run("a", "value 1")
		w.want(t, "session a idle>busy ", "session a busy>idle ", "statement a 1 done ok")
		h.run("a", "hang")
		waits := h.run("a", "value 1")
		synctest.Wait()
		w.take()
		h.cancel("a", waits)
		w.want(t, "statement a 3 cancelled ")
		h.cancel("a", waits)
		w.want(t)
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if told := w.take(); len(told) != 3 || told[0] != "session a busy>stopping stopped" || !slices.Contains(told, "session a stopping>ended stopped") {
			t.Errorf("told %q", told)
		}
	})
}

func TestObserver_OfStarts_LearnsHowEachEnded(t *testing.T) {
	w := new(onlooker)
	bad := func(s engine.Spec) fake.Behaviour {
		b := fake.Behaviour{ReadyAfter: 2 * time.Second}
		if s.Labels["external_id"] == "bad" {
			b.FailStart = "no"
		}
		return b
	}
	within(t, bad, func(c *session.Config) { c.Observer, c.Budget.Starts = w, 1 }, func(t *testing.T, h *fixture) {
		h.create("bad")
		time.Sleep(2 * time.Second)
		w.want(t, "session bad >starting ", "session bad starting>ended failed_start", "start bad failed 0s 2s")
		h.create("stopped")
		synctest.Wait()
		h.create("waits")
		synctest.Wait()
		w.take()
		for _, id := range []string{"waits", "stopped"} {
			if _, err := h.End(t.Context(), ref(id)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		told := w.take()
		if !slices.Contains(told, "start stopped stopped 0s 0s") || slices.ContainsFunc(told, func(s string) bool { return s == "start waits stopped 0s 0s" }) {
			t.Errorf("told %q", told)
		}
	})
}

func TestStats_OfSessions_AreThoseThatLiveAlsoAfterARestart(t *testing.T) {
	never := func(s engine.Spec) fake.Behaviour {
		if s.Labels["external_id"] == "idle" {
			return fake.Behaviour{}
		}
		return fake.Behaviour{ReadyAfter: -1}
	}
	within(t, never, func(c *session.Config) { c.Budget = session.Budget{Starts: 1, MemoryMB: 100} }, func(t *testing.T, h *fixture) {
		h.ready("idle", heap(10))
		h.create("starts", heap(20))
		synctest.Wait()
		h.create("waits", heap(30))
		h.create("fails", func(n *session.NewSession) { n.Failed = "no" })
		check := func() {
			t.Helper()
			synctest.Wait()
			st := h.Stats()
			if st.Sessions[session.Origin{Dialect: "glue", State: session.StateIdle}] != 1 ||
				st.Sessions[session.Origin{Dialect: "glue", State: session.StateStarting}] != 2 || len(st.Sessions) != 2 ||
				st.Instances != 3 || st.MemoryMB != 60 || st.Budget.MemoryMB != 100 || st.Starting != 1 || st.Waiting != 1 {
				t.Errorf("stats %+v", st)
			}
			if u, err := h.Usage(t.Context()); err != nil || u.MemoryBytes != 2<<20 {
				t.Errorf("usage %+v, %v, want that of two instances", u, err)
			}
		}
		check()
		h.restart()
		check()
		for _, id := range []string{"idle", "starts", "waits"} {
			if err := h.Delete(t.Context(), ref(id)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if st := h.Stats(); len(st.Sessions) != 0 || st.Instances != 0 || st.MemoryMB != 0 || st.Starting != 0 || st.Waiting != 0 {
			t.Errorf("after the end: %+v", st)
		}
	})
}
