package session_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestFullStore_EndAndDelete_AreDoneAtOnceAndWhatWasPrintedIsStoredLater(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		store := h.store.(*sessiontest.Store)
		quiet, printing, deleted := h.ready("quiet"), h.ready("printing"), h.ready("deleted")
		h.run("quiet", "hang")
		h.run("quiet", "value 2")
		for _, id := range []string{"printing", "deleted"} {
			h.run(id, "print before; sleep 10s; print after; hang")
		}
		store.Fill(true)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if _, err := h.Run(t.Context(), ref("quiet"), session.NewStatement{Code: "value 3"}); !errors.Is(err, session.Unavailable) {
			t.Errorf("a statement is refused with %v", err)
		}
		if err := h.Health(); !errors.Is(err, session.Unavailable) {
			t.Errorf("health is %v", err)
		}
		if err := h.Delete(t.Context(), ref("deleted")); err != nil {
			t.Error(err)
		}
		for _, id := range []string{"quiet", "printing"} {
			if _, err := h.End(t.Context(), ref(id)); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		for _, s := range []session.Session{quiet, printing, deleted} {
			h.wantGone(s.Spec.ID)
		}
		h.want("quiet", session.StateEnded)
		h.wantStatement("quiet", 2, session.StatementFailed)
		h.want("printing", session.StateStopping) // what it printed is still to be stored
		if _, err := h.store.Session(t.Context(), deleted.ID); !errors.Is(err, session.NotFound) {
			t.Errorf("the row of the deleted session: %v", err)
		}

		store.Fill(false)
		time.Sleep(time.Minute)
		h.want("printing", session.StateEnded)
		if st := h.wantStatement("printing", 1, session.StatementFailed); text(st) != "before\nafter\n" {
			t.Errorf("output is %q", text(st))
		}
		if err := h.Health(); err != nil {
			t.Errorf("health is %v", err)
		}
	})
}

func TestStop_FullStore_WaitsForNoStorageAndTheNextStartStoresIt(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		store := h.store.(*sessiontest.Store)
		a := h.ready("a")
		h.run("a", "sleep 1s; print late; hang")
		store.Fill(true)
		time.Sleep(10 * time.Second)
		began := time.Now()
		if err := h.Stop(t.Context(), false); !errors.Is(err, session.Unavailable) {
			t.Errorf("error = %v", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
		h.wantGone(a.Spec.ID)
		store.Fill(false)
		h.open()
		time.Sleep(time.Minute)
		h.want("a", session.StateEnded)
		if st := h.wantStatement("a", 1, session.StatementFailed); text(st) != "late\n" {
			t.Errorf("output is %q", text(st))
		}
	})
}
