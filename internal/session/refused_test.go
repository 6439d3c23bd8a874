package session_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestApply_EventThatTheStateRefuses_IsSkippedAndTheSessionGoesOn(t *testing.T) {
	for name, odd := range map[string]engine.Event{
		"ready while busy":               {Kind: engine.EventReady, Info: &engine.Info{SparkVersion: "odd"}},
		"result of no statement":         {Kind: engine.EventResult, Statement: 99, Status: engine.StatusOK},
		"output of no statement":         {Kind: engine.EventStream, Statement: 99, Stream: "stdout", Text: "odd"},
		"rich output of no statement":    {Kind: engine.EventDisplay, Statement: 99, Data: map[string]string{"text/plain": "odd"}},
		"part of a value of no one":      {Kind: engine.EventPart, Statement: 99, Data: map[string]string{"text/plain": "odd"}},
		"result of number 0":             {Kind: engine.EventResult, Status: engine.StatusOK},
		"a kind that is not there":       {Kind: "odd"},
		"a kind that is not there of 99": {Kind: "odd", Statement: 99},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, nil, func(t *testing.T, h *fixture) {
				s := h.ready("a")
				n := h.run("a", "print before; hang")
				h.driver.Report(s.Spec.ID, odd)
				h.driver.Report(s.Spec.ID, engine.Event{Kind: engine.EventStream, Statement: n, Stream: "stdout", Text: "after\n"})
				synctest.Wait()

				if got := h.wantStatement("a", n, session.StatementRunning); text(got) != "before\nafter\n" {
					t.Errorf("output is %q", text(got))
				}
				if got := h.want("a", session.StateBusy); got.Info.SparkVersion == "odd" || got.ReadyAt != s.ReadyAt {
					t.Errorf("the event changed the session: %+v", got)
				}
				h.restart() // events that were applied do not come again
				synctest.Wait()
				h.cancel("a", n)
				h.wantStatement("a", n, session.StatementCancelled)
				h.wantStatement("a", h.run("a", "value 2"), session.StatementDone)
				h.want("a", session.StateIdle)
			})
		})
	}
}

func TestApply_RefusedEvents_AreCounted(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "hang")
		for range 1000 {
			h.driver.Report(s.Spec.ID, engine.Event{Kind: engine.EventReady})
		}
		synctest.Wait()
		if got := h.RefusedEvents(); got != 1000 {
			t.Errorf("%d refused events are counted, want 1000", got)
		}
		h.cancel("a", n)
		h.want("a", session.StateIdle)
	})
}

func TestApply_RefusedEventsWithoutEnd_EndTheSessionWithAReason(t *testing.T) {
	for name, more := range map[string]int{"at the limit": 0, "beyond it": 1} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, nil, func(t *testing.T, h *fixture) {
				s := h.ready("a")
				n := h.run("a", "hang")
				for range 10_000 + more {
					h.driver.Report(s.Spec.ID, engine.Event{Kind: engine.EventReady})
				}
				time.Sleep(time.Minute)
				if more == 0 {
					h.want("a", session.StateBusy)
					h.cancel("a", n)
					return
				}
				got := h.want("a", session.StateEnded)
				if got.Cause != session.CauseCrashed || !strings.Contains(got.Reason, "10000 events") {
					t.Errorf("ended with cause %s: %s", got.Cause, got.Reason)
				}
				h.wantStatement("a", n, session.StatementFailed)
			})
		})
	}
}

func TestApply_StoreThatIsAway_IsNoRefusal(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "hang")
		h.store.(*sessiontest.Store).FailWrites(func() error { return errors.New("the disk is full") })
		h.driver.Report(s.Spec.ID, engine.Event{Kind: engine.EventStream, Statement: n, Stream: "stdout", Text: "kept"})
		time.Sleep(time.Minute)
		h.store.(*sessiontest.Store).FailWrites(nil)
		time.Sleep(time.Minute)
		if got := h.wantStatement("a", n, session.StatementRunning); text(got) != "kept" {
			t.Errorf("output is %q", text(got))
		}
		if got := h.RefusedEvents(); got != 0 {
			t.Errorf("%d events are counted as refused", got)
		}
	})
}
