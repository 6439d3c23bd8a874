package session_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"hearth/internal/session"
)

func named(name string) func(*session.NewSession) {
	return func(n *session.NewSession) {
		n.Labels, n.Unique = map[string]string{"name": name}, []string{"name"}
	}
}

func TestManager_UniqueLabel_IsFreeAgainWhenItsSessionHasEnded(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", named("etl"))
		h.ready("b", named("other"))
		h.ready("c", func(n *session.NewSession) { n.Labels = map[string]string{"name": "etl"} })
		h.ready("d", func(n *session.NewSession) { n.Unique = []string{"name"} })
		again := asked("e")
		named("etl")(&again)
		_, err := h.Create(t.Context(), again)
		wantKind(t, err, session.Exists, session.ReasonLabel)
		elsewhere := again
		elsewhere.Scope = "another"
		if _, err := h.Create(t.Context(), elsewhere); err != nil {
			t.Errorf("in another scope: %v", err)
		}
		for _, id := range []string{"a", "c"} {
			if _, err := h.End(t.Context(), ref(id)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		h.ready("e", named("etl"))
	})
}

func TestManager_UniqueLabelTakenBySeveralAtOnce_OneWins(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		var all sync.WaitGroup
		results := make(chan error, 8)
		for i := range cap(results) {
			all.Go(func() {
				n := asked(fmt.Sprint(i))
				named("etl")(&n)
				_, err := h.Create(t.Context(), n)
				results <- err
			})
		}
		all.Wait()
		close(results)
		won := 0
		for err := range results {
			if err == nil {
				won++
				continue
			}
			wantKind(t, err, session.Exists, session.ReasonLabel)
		}
		if won != 1 {
			t.Errorf("%d sessions have the name", won)
		}
	})
}

func TestManager_SessionThatCannotStart_HasEndedAtOnceAndStaysReadable(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.MaxSessions = 1 }, func(t *testing.T, h *fixture) {
		for _, id := range []string{"a", "b"} { // the first takes no room
			s := h.create(id, func(n *session.NewSession) { n.Failed, n.Lifetime, n.HeartbeatTimeout = "It is not to be.", 1, 1 })
			if s.State != session.StateEnded || s.Cause != session.CauseFailedStart || s.Reason != "It is not to be." || s.EndedAt.IsZero() {
				t.Errorf("created as %+v", s)
			}
		}
		synctest.Wait()
		h.restart()
		h.want("a", session.StateEnded)
		_, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: "1"})
		wantKind(t, err, session.Conflict, session.ReasonState)
		if found, err := h.driver.Find(t.Context()); err != nil || len(found) != 0 {
			t.Errorf("the engine was asked for %v, %v", found, err)
		}
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.create("a")
	})
}

func numbered(series string) session.NewSession {
	n := asked("")
	n.Numbered, n.AppPrefix = series, "app-"
	return n
}

func TestManager_NumberedSession_IsNamedByTheNextNumberOfItsSeries(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.MaxSessions = 4 }, func(t *testing.T, h *fixture) {
		create := func(n session.NewSession, id, app string) session.Session {
			t.Helper()
			s, err := h.Create(t.Context(), n)
			if err != nil || s.ExternalID != id || s.Spec.Setup.AppName != app || s.Spec.Labels["external_id"] != id {
				t.Errorf("created %s for %s (%v), labels %v, want %s for %s", s.ExternalID, s.Spec.Setup.AppName, err, s.Spec.Labels, id, app)
			}
			return s
		}
		first := create(numbered("x"), "0", "app-0")
		own := numbered("x")
		own.Spec.Setup.AppName = "etl"
		named("etl")(&own)
		create(own, "1", "etl")
		other := numbered("y")
		other.Collection = "batches"
		create(other, "0", "app-0")
		_, err := h.Create(t.Context(), own)
		wantKind(t, err, session.Exists, session.ReasonLabel)
		if err := h.Delete(t.Context(), first.Ref); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.restart()
		create(numbered("x"), "2", "app-2") // what was refused has no number, and none is given twice
		create(numbered("x"), "3", "app-3")
		_, err = h.Create(t.Context(), numbered("x"))
		wantKind(t, err, session.Quota, "")
	})
}

func TestCreate_Description_IsBoundedInBytes(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		conf := func(bytes int) func(*session.NewSession) {
			return func(n *session.NewSession) {
				n.Spec.Launch.Conf = map[string]string{"spark.app.note": strings.Repeat("x", bytes)}
			}
		}
		small := asked("x")
		conf(0)(&small)
		rest, err := json.Marshal([]any{small.Spec, nil, nil, nil, ""})
		if err != nil {
			t.Fatal(err)
		}
		room := 256<<10 - len(rest)
		h.create("largest", conf(room))
		for name, change := range map[string]func(*session.NewSession){
			"larger":      conf(room + 1),
			"extra":       func(n *session.NewSession) { n.Extra = json.RawMessage(`"` + strings.Repeat("x", 256<<10) + `"`) },
			"tags":        func(n *session.NewSession) { n.Tags = map[string]string{"a": strings.Repeat("x", 256<<10)} },
			"description": func(n *session.NewSession) { n.Description = strings.Repeat("x", 256<<10) },
		} {
			n := asked(name)
			change(&n)
			_, err := h.Create(t.Context(), n)
			wantKind(t, err, session.Invalid, "")
		}
		if n, err := h.Count(t.Context(), session.Filter{}); err != nil || n != 1 {
			t.Errorf("%d sessions, %v", n, err)
		}
	})
}
