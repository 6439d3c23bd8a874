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
	}, func(id string) error {
		err := m.Delete(ctx, Ref{ID: id})
		if errors.Is(err, NotFound) {
			return nil // somebody else has deleted it by now
		}
		return err
	})
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
