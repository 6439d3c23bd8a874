package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// A client that deletes a session and creates another one of its name must not reach the new one
// through what it knew of the old one.
func TestManager_RefByID_OfADeletedSession_IsNotFoundThoughItsNameHasASuccessor(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		old := h.ready("a")
		h.run("a", "value 1")
		if s, err := h.GetByID(t.Context(), old.ID); err != nil || s.ExternalID != "a" {
			t.Errorf("by its id: %s, %v", s.ExternalID, err)
		}
		if err := h.Delete(t.Context(), old.Ref); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		fresh := h.ready("a")
		h.run("a", "value 2")
		if s, err := h.GetByID(t.Context(), fresh.ID); err != nil || s.ID != fresh.ID || s.Ref != fresh.Ref {
			t.Errorf("the successor: %+v, %v, want %+v", s.Ref, err, fresh.Ref)
		}
		ctx, first := t.Context(), session.StatementRef{Place: 1}
		for verb, do := range map[string]func(session.Ref) error{
			"Get":     func(r session.Ref) error { _, err := h.Get(ctx, r); return err },
			"GetByID": func(r session.Ref) error { _, err := h.GetByID(ctx, r.ID); return err },
			"Touch":   func(r session.Ref) error { _, err := h.Touch(ctx, r, true); return err },
			"Await": func(r session.Ref) error {
				_, err := h.Await(ctx, r, func(session.Session) bool { return true })
				return err
			},
			"Run":             func(r session.Ref) error { _, err := h.Run(ctx, r, session.NewStatement{Code: "value 3"}); return err },
			"Statement":       func(r session.Ref) error { _, err := h.Statement(ctx, r, first); return err },
			"Statements":      func(r session.Ref) error { _, _, err := h.Statements(ctx, r, "", session.Page{Limit: 1}); return err },
			"CountStatements": func(r session.Ref) error { _, err := h.CountStatements(ctx, r, ""); return err },
			"Cancel":          func(r session.Ref) error { return h.Cancel(ctx, r, first) },
			"Complete":        func(r session.Ref) error { _, err := h.Complete(ctx, r, engine.Python, "v", 1); return err },
			"AddFile":         func(r session.Ref) error { return h.AddFile(ctx, r, "jar", "/a.jar") },
			"Log":             func(r session.Ref) error { _, err := h.Log(ctx, r); return err },
			"Tag":             func(r session.Ref) error { return h.Tag(ctx, r, map[string]string{"a": "b"}, 9) },
			"Untag":           func(r session.Ref) error { return h.Untag(ctx, r, []string{"a"}) },
			"End":             func(r session.Ref) error { _, err := h.End(ctx, r); return err },
			"EndWithin":       func(r session.Ref) error { _, err := h.EndWithin(ctx, r, time.Second); return err },
			"Delete":          func(r session.Ref) error { return h.Delete(ctx, r) },
		} {
			if err := do(old.Ref); !errors.Is(err, session.NotFound) || !errors.Is(err, session.ReasonNoSession) {
				t.Errorf("%s: %v, want that there is no such session", verb, err)
			}
		}
		if s := h.want("a", session.StateIdle); s.Statements != 1 || len(s.Tags) != 0 {
			t.Errorf("the successor has %d statements and the tags %v", s.Statements, s.Tags)
		}
	})
}

func TestManager_StatementOfALiveSession_IsNotFoundByItsPlaceAlone(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		for _, ref := range []session.Ref{ref("a"), s.Ref, {ID: s.ID}} {
			_, err := h.Statement(t.Context(), ref, session.StatementRef{Place: 1})
			wantKind(t, err, session.NotFound, session.ReasonNoStatement)
		}
	})
}

func TestManager_Run_KeepsWhatTheDialectGives(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := session.NewStatement{Series: "third", Code: "value 1", ExternalID: "8f14", Description: "one", Extra: []byte(`{"n":1}`)}
		st, err := h.Run(t.Context(), s.Ref, n)
		if err != nil || st.Place != 1 || st.Language != engine.Python {
			t.Fatalf("accepted as %+v, %v", st, err)
		}
		synctest.Wait()
		got, err := h.Statement(t.Context(), s.Ref, session.StatementRef{Series: "third", Place: 1})
		if err != nil || got.State != session.StatementDone || got.ExternalID != "8f14" || got.Description != "one" || string(got.Extra) != `{"n":1}` {
			t.Errorf("statement is %+v, %v", got, err)
		}
		refused, err := h.Run(t.Context(), s.Ref, session.NewStatement{Language: "r", Code: "1"})
		wantKind(t, err, session.Unsupported, "")
		if refused.SessionID != s.ID {
			t.Errorf("a refused statement is of session %q, want %q", refused.SessionID, s.ID)
		}
	})
}

func TestManager_All_YieldsEveryPageAndEndsWithTheLoop(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.SweepEvery = 24 * time.Hour }, func(t *testing.T, h *fixture) {
		for range 1001 {
			n := numbered("x")
			n.Failed = "no"
			if _, err := h.Create(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Second) // more would be refused
		}
		var seen []int64
		for s, err := range h.All(t.Context(), session.Filter{Dialect: "glue"}) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, s.Seq)
		}
		if slices.Reverse(seen); len(seen) != 1001 || !slices.IsSorted(seen) || len(slices.Compact(seen)) != 1001 {
			t.Errorf("%d sessions, want 1001, each once and the newest first", len(seen))
		}
		for s := range h.All(t.Context(), session.Filter{}) {
			if s.ExternalID != "1000" {
				t.Errorf("the first is %s", s.ExternalID)
			}
			break
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for _, err := range h.All(ended, session.Filter{}) {
			if n++; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want the context's", err)
			}
		}
		if n != 1 {
			t.Errorf("%d items, want the error alone", n)
		}
	})
}

func TestManager_EndWithin_WaitsForTheEndAndNoLonger(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: 5 * time.Second} }
	within(t, slow, nil, func(t *testing.T, h *fixture) {
		for _, c := range []struct {
			id          string
			wait, waits time.Duration
			state       session.State
		}{
			{"a", time.Minute, 5 * time.Second, session.StateEnded},
			{"b", time.Second, time.Second, session.StateStopping},
		} {
			h.ready(c.id)
			began := time.Now()
			s, err := h.EndWithin(t.Context(), ref(c.id), c.wait)
			if err != nil || s.State != c.state || time.Since(began) != c.waits {
				t.Errorf("%s is %s after %v (%v), want %s after %v", c.id, s.State, time.Since(began), err, c.state, c.waits)
			}
		}
		h.ready("c")
		go func() {
			time.Sleep(time.Second)
			_ = h.Delete(t.Context(), ref("c"))
		}()
		if _, err := h.EndWithin(t.Context(), ref("c"), time.Minute); err != nil {
			t.Errorf("deleted while it ends: %v", err)
		}
	})
}
