package session

import (
	"context"
	"errors"
	"time"
)

// tidyEvery is how often ended sessions are looked at, unless the sweeper looks more rarely.
const tidyEvery = time.Minute

// tidy keeps what ended sessions leave within its bounds until ctx ends. It is no work of the
// sweeper's, whose deadlines wait for nothing that takes long.
func (m *Manager) tidy(ctx context.Context) {
	tick := time.NewTicker(max(tidyEvery, m.cfg.SweepEvery))
	defer tick.Stop()
	for {
		m.report(ctx, "remove old sessions", m.retain(ctx, time.Now()))
		m.report(ctx, "count what ended sessions keep", m.count(ctx))
		m.report(ctx, "remove the oldest sessions", m.reduce(ctx))
		m.report(ctx, "give space back", m.shrink(ctx))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// retain removes sessions that ended longer ago than the retention.
func (m *Manager) retain(ctx context.Context, now time.Time) error {
	return m.eachOf(ctx, func(limit int) ([]string, error) {
		return m.cfg.Store.EndedSessions(ctx, now.Add(-m.cfg.Retention), limit)
	}, func(id string) error { return m.discard(ctx, id) })
}

// count records how much sessions keep that have ended since the last time: an ended session
// changes no more. It adds to the store, and waits for room.
func (m *Manager) count(ctx context.Context) error {
	if m.cfg.Store.Room(ctx) != nil {
		return nil //nolint:nilerr // which is reported as the server's health
	}
	return m.eachOf(ctx, func(limit int) ([]string, error) { return m.cfg.Store.UncountedSessions(ctx, limit) },
		func(id string) error { return m.countOne(ctx, id) })
}

func (m *Manager) countOne(ctx context.Context, id string) error {
	s, err := m.cfg.Store.Session(ctx, id)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	stored, err := m.cfg.Store.SessionBytes(ctx, id)
	if err != nil {
		return err
	}
	var files int64
	// What an engine keeps that the server does not have now is not to be reached.
	if driver, err := m.driver(&s); err == nil {
		if files, err = driver.Kept(ctx, s.instance()); err != nil {
			return err
		}
	}
	return m.tx(ctx, func(tx Tx) error { return tx.SetKept(ctx, id, stored+files) })
}

// reduce removes the sessions that ended first until the others keep no more than they may.
func (m *Manager) reduce(ctx context.Context) error {
	return m.eachOf(ctx, func(limit int) ([]string, error) {
		return m.cfg.Store.ExcessSessions(ctx, m.cfg.RetentionSize, limit)
	}, func(id string) error {
		err := m.discard(ctx, id)
		if err == nil {
			m.cfg.Log.InfoContext(ctx, "an ended session is removed, because together they keep too much", "session_id", id, "limit", m.cfg.RetentionSize)
		}
		return err
	})
}

// discard removes an ended session.
func (m *Manager) discard(ctx context.Context, id string) error {
	err := m.Delete(ctx, Ref{ID: id})
	if errors.Is(err, NotFound) {
		return nil // somebody else has deleted it by now
	}
	return err
}

// shrink gives the space of what was removed back to the disk, piece by piece.
func (m *Manager) shrink(ctx context.Context) error {
	for {
		more, err := m.cfg.Store.Shrink(ctx)
		if err != nil || !more {
			return err
		}
	}
}
