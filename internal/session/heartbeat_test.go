package session_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func beating(timeout time.Duration) func(*session.NewSession) {
	return func(n *session.NewSession) { n.HeartbeatTimeout = timeout }
}

func (h *fixture) touch(id string, active bool) {
	h.t.Helper()
	if _, err := h.Touch(h.t.Context(), ref(id), active); err != nil {
		h.t.Fatalf("touch %s: %v", id, err)
	}
}

func (h *fixture) wantCause(id string, cause session.Cause) {
	h.t.Helper()
	if s := h.want(id, session.StateEnded); s.Cause != cause {
		h.t.Errorf("cause is %s, want %s", s.Cause, cause)
	}
}

func TestManager_Heartbeat_PassesAtItsEdgeAlsoWhileBusy(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		created := h.ready("a", beating(time.Minute))
		if want := created.CreatedAt.Add(time.Minute); !created.HeartbeatDeadline.Equal(want) {
			t.Errorf("the first deadline is %v, want %v", created.HeartbeatDeadline, want)
		}
		h.run("a", "sleep 1h")
		time.Sleep(59 * time.Second)
		synctest.Wait()
		h.want("a", session.StateBusy)
		time.Sleep(3 * time.Second)
		h.wantCause("a", session.CauseHeartbeat)
	})
}

func TestManager_Touch_RenewsTheHeartbeatToTheMoment(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", beating(time.Minute))
		time.Sleep(14 * time.Second) // too little to be worth a write
		h.touch("a", false)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		h.want("a", session.StateIdle)
		time.Sleep(3 * time.Second)
		h.wantCause("a", session.CauseHeartbeat)
		h.touch("a", true)
		h.wantCause("a", session.CauseHeartbeat)
		_, err := h.Touch(t.Context(), ref("b"), true)
		wantKind(t, err, session.NotFound, session.ReasonNoSession)
	})
}

func TestManager_TouchByAPollingClient_WritesAtMostEveryQuarter(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		before := h.ready("a", beating(time.Minute), func(n *session.NewSession) { n.IdleTimeout = time.Minute })
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			h.touch("a", true)
		}
		after := h.want("a", session.StateIdle)
		if writes := after.Version - before.Version; writes < 1 || writes > 5 {
			t.Errorf("600 touches in a minute were %d writes", writes)
		}
	})
}

func TestManager_ActiveTouch_RestartsTheIdleClockAndALookDoesNot(t *testing.T) {
	for active, left := range map[bool]session.State{true: session.StateIdle, false: session.StateEnded} {
		within(t, nil, nil, func(t *testing.T, h *fixture) {
			h.ready("a", func(n *session.NewSession) { n.IdleTimeout = time.Minute })
			time.Sleep(10 * time.Second)
			h.touch("a", active)
			time.Sleep(59 * time.Second)
			synctest.Wait()
			h.want("a", left)
			time.Sleep(3 * time.Second)
			h.wantCause("a", session.CauseIdle)
		})
	}
}

func TestManager_ActiveTouchOfABusySession_StartsNoIdleClock(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", func(n *session.NewSession) { n.IdleTimeout = time.Minute })
		h.run("a", "sleep 10m")
		h.touch("a", true)
		time.Sleep(5 * time.Minute)
		h.want("a", session.StateBusy)
	})
}

func TestManager_Downtime_ExtendsHeartbeats(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", beating(time.Minute))
		time.Sleep(10 * time.Second)
		h.leave()
		time.Sleep(time.Hour)
		h.open()
		time.Sleep(30 * time.Second)
		h.want("a", session.StateIdle)
		time.Sleep(time.Minute)
		h.wantCause("a", session.CauseHeartbeat)
	})
}

func TestManager_ServerStandsStill_EndsNoSessionForIt(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		limits := func(n *session.NewSession) { n.IdleTimeout, n.HeartbeatTimeout = 10*time.Minute, 10*time.Minute }
		h.ready("a", limits)
		time.Sleep(9 * time.Minute)
		var once sync.Once
		// The sweeper's own writes stand still, as all of a stopped process does.
		h.store.(*sessiontest.Store).FailWrites(func() error {
			once.Do(func() { time.Sleep(time.Hour) })
			return nil
		})
		time.Sleep(time.Hour + 45*time.Second)
		h.want("a", session.StateIdle)
		time.Sleep(time.Minute)
		h.wantCause("a", session.CauseIdle)
	})
}
