package session

import (
	"context"
	"sync"
	"time"
)

// touches are the times of the last requests for a session. They are exact and in memory; the store
// follows coarsely, so that polling costs no writes.
type touches struct {
	mu           sync.Mutex
	seen, active time.Time
}

func (t *touches) note(now time.Time, active bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = now
	if active {
		t.active = now
	}
}

func (t *touches) last() (seen, active time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen, t.active
}

// Touch returns the session, as Get does, for a client that keeps it alive by that: it renews the
// heartbeat deadline, and with active also restarts the idle clock of a session that has nothing to
// do. After a crash of the server a deadline may be early by up to a quarter of its timeout. A
// session that is ending or has ended stays as it is. NotFound.
func (m *Manager) Touch(ctx context.Context, ref Ref, active bool) (Session, error) {
	s, err := m.Get(ctx, ref)
	if err != nil || s.State == StateStopping || s.State == StateEnded {
		return s, err
	}
	now := time.Now()
	r := m.runners.find(s.ID)
	if r != nil {
		r.touched.note(now, active)
	}
	worth := lags(s.HeartbeatDeadline, s.HeartbeatTimeout, now) || active && lags(s.IdleDeadline, s.IdleTimeout, now)
	if r != nil && !worth {
		return s, nil
	}
	touched, err := m.changeRef(ctx, s.Ref, func(_ Tx, s *Session) (bool, error) {
		if active {
			return s.renew(now, now), nil
		}
		return s.renew(now, time.Time{}), nil
	})
	touched.Progress = s.Progress
	return touched, err
}

// lags reports whether a stored deadline is behind by enough to be written again.
func lags(deadline time.Time, timeout time.Duration, now time.Time) bool {
	return !deadline.IsZero() && now.Add(timeout).Sub(deadline) >= timeout/4
}

// renew moves the deadlines of a living session to where its last touches put them and reports
// whether one moved. Neither moves backwards.
func (s *Session) renew(seen, active time.Time) bool {
	if s.State == StateStopping || s.State == StateEnded {
		return false
	}
	moved := false
	if next := seen.Add(s.HeartbeatTimeout); !s.HeartbeatDeadline.IsZero() && next.After(s.HeartbeatDeadline) {
		s.HeartbeatDeadline, moved = next, true
	}
	if !s.IdleDeadline.IsZero() && active.Add(s.IdleTimeout).After(s.IdleDeadline) {
		s.restIdle(active)
		moved = true
	}
	return moved
}
