package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestStop_StoreThatCannotBeWritten_StopsEveryInstanceAndTheNextStartStoresIt(t *testing.T) {
	for name, stopTakes := range map[string]time.Duration{"they end": time.Second, "they do not end": time.Hour} {
		t.Run(name, func(t *testing.T) {
			behave := func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: stopTakes} }
			within(t, behave, nil, func(t *testing.T, h *fixture) {
				a, b := h.ready("a"), h.ready("b")
				h.run("a", "print kept; hang")
				full := errors.New("the disk is full")
				h.store.(*sessiontest.Store).FailWrites(func() error { return full })
				began := time.Now()
				if err := h.Stop(t.Context(), false); !errors.Is(err, full) {
					t.Errorf("error = %v", err)
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %v", took)
				}
				h.wantGone(a.Spec.ID)
				h.wantGone(b.Spec.ID)

				h.store.(*sessiontest.Store).FailWrites(nil)
				h.open()
				synctest.Wait()
				h.want("a", session.StateEnded)
				h.want("b", session.StateEnded)
				if st := h.wantStatement("a", 1, session.StatementFailed); text(st) != "kept\n" {
					t.Errorf("output is %q", text(st))
				}
			})
		})
	}
}

func TestStop_StoreThatFailsAtAnyWrite_LeavesNoInstanceAndLosesNothing(t *testing.T) {
	for n := range 30 {
		within(t, nil, nil, func(t *testing.T, h *fixture) {
			s := h.ready("a")
			h.run("a", "print kept; hang")
			writes := 0
			h.store.(*sessiontest.Store).FailWrites(func() error {
				if writes++; writes > n {
					return errors.New("the disk is full")
				}
				return nil
			})
			_ = h.Stop(context.Background(), false) // whether it fails depends on n
			h.wantGone(s.Spec.ID)
			h.store.(*sessiontest.Store).FailWrites(nil)
			h.open()
			synctest.Wait()
			h.want("a", session.StateEnded)
			if st, err := h.Statement(t.Context(), ref("a"), session.StatementRef{Place: 1}); err != nil || !st.State.Final() || text(st) != "kept\n" {
				t.Errorf("after %d writes: %v, %s with %q", n, err, st.State, text(st))
			}
		})
	}
}

func TestHealth_OfAStoreThatCannotBeWritten_IsItsErrorUntilItCan(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		full := errors.New("the disk is full")
		time.Sleep(time.Minute)
		if err := h.Health(); err != nil {
			t.Errorf("health is %v", err)
		}
		h.store.(*sessiontest.Store).FailWrites(func() error { return full })
		time.Sleep(20 * time.Second)
		if err := h.Health(); !errors.Is(err, full) {
			t.Errorf("health is %v", err)
		}
		h.store.(*sessiontest.Store).FailWrites(nil)
		time.Sleep(20 * time.Second)
		if err := h.Health(); err != nil {
			t.Errorf("health is %v", err)
		}
	})
}
