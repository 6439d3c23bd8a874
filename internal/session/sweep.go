package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Periods and sizes of the sweeper's work.
const (
	// aliveEvery is how often the server records that it lives. After a crash, idle and heartbeat
	// deadlines are extended by at most this much too little.
	aliveEvery = 10 * time.Second
	sweepBatch = 100
)

// sweep makes stored deadlines true until ctx ends.
func (m *Manager) sweep(ctx context.Context) {
	tick := time.NewTicker(m.cfg.SweepEvery)
	defer tick.Stop()
	var alive time.Time
	last := time.Now()
	for {
		now := time.Now()
		err := m.excuse(ctx, downtime(last, now, m.cfg.SweepEvery))
		m.report(ctx, "extend deadlines", err)
		if err == nil {
			last = now
			m.report(ctx, "expire sessions", m.expire(ctx, now))
		}
		if now.Sub(alive) >= aliveEvery || now.Before(alive) || m.Health() != nil {
			err := m.tx(ctx, func(tx Tx) error { return tx.SetAliveAt(ctx, now) })
			if err == nil {
				err = m.cfg.Store.Room(ctx)
			}
			m.report(ctx, "record that the server lives", err)
			if ctx.Err() == nil {
				m.health.look(err)
			}
			alive = now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// downtimeSlack is the longest delay of the sweeper that is not taken for downtime.
const downtimeSlack = 5 * time.Second

// downtime returns by how much the wall clock has moved between two looks of the sweeper while the
// server did not run: the machine was suspended, the process stopped, or the clock set, which may
// make it negative. The two times have a monotonic reading, which stands still while a machine is
// suspended; every is the period of the looks.
func downtime(last, now time.Time, every time.Duration) time.Duration {
	return movedBy(now.Round(0).Sub(last.Round(0)), now.Sub(last), every)
}

// movedBy is downtime for the wall clock's and the monotonic distance of two looks.
func movedBy(wall, monotonic, every time.Duration) time.Duration {
	away := wall - min(monotonic, every)
	if away.Abs() <= downtimeSlack {
		return 0
	}
	return away
}

// excuse moves idle and heartbeat deadlines by the time in which no client could be served, as a
// start does. Lifetimes are a promise about the wall clock.
func (m *Manager) excuse(ctx context.Context, away time.Duration) error {
	if away == 0 {
		return nil
	}
	m.cfg.Log.WarnContext(ctx, "the clock went on without the server, deadlines are moved", "away", away)
	return m.tx(ctx, func(tx Tx) error { return tx.ShiftIdleDeadlines(ctx, away) })
}

func (m *Manager) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		m.cfg.Log.ErrorContext(ctx, "a periodic task has failed, it is tried again", "task", what, "error", err)
	}
}

// expire ends the sessions whose deadline has passed.
func (m *Manager) expire(ctx context.Context, now time.Time) error {
	return m.eachOf(ctx, func(limit int) ([]string, error) { return m.cfg.Store.DueSessions(ctx, now, limit) },
		func(id string) error { return m.expireOne(ctx, id, now) })
}

// eachOf calls do once for each session that list finds, until there is no other one. The error of
// one keeps no other from its turn; those of rows that cannot be read are logged once.
func (m *Manager) eachOf(ctx context.Context, list func(limit int) ([]string, error), do func(id string) error) error {
	seen := make(map[string]bool)
	var failed []error
	for stuck := 0; ; {
		ids, err := list(sweepBatch + stuck)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		again := true
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id], again = true, false
			if err := do(id); err != nil {
				stuck++
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if !m.noteUnreadable(ctx, err) {
					failed = append(failed, fmt.Errorf("session %s: %w", id, err))
				}
			}
		}
		if again {
			return errors.Join(failed...)
		}
	}
}

// expireOne looks again under the transaction: a statement may have come since, or a touch that the
// store does not know yet.
func (m *Manager) expireOne(ctx context.Context, id string, now time.Time) error {
	var seen, active time.Time
	if r := m.runners.find(id); r != nil {
		seen, active = r.touched.last()
	}
	s, err := m.change(ctx, id, func(_ Tx, s *Session) (bool, error) {
		moved := s.renew(seen, active)
		switch {
		case passed(s.LifetimeDeadline, now):
			return s.stop(CauseLifetime)
		case passed(s.IdleDeadline, now):
			return s.stop(CauseIdle)
		case passed(s.HeartbeatDeadline, now):
			return s.stop(CauseHeartbeat)
		}
		return moved, nil
	})
	if err == nil && s.State == StateStopping {
		m.runners.wake(id)
	}
	return err
}

func passed(deadline, now time.Time) bool { return !deadline.IsZero() && !deadline.After(now) }
