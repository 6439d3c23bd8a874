package session

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/engine"
)

// recover compares the store with what the driver finds: sessions get their
// goroutine back, instances that no session knows are destroyed.
func (m *Manager) recover(ctx context.Context) error {
	now := time.Now()
	if err := m.extendIdle(ctx, now); err != nil {
		return err
	}
	unfinished, err := m.cfg.Store.UnfinishedSessions(ctx)
	if err != nil {
		return err
	}
	if err := m.destroyStrangers(ctx, unfinished); err != nil {
		return err
	}
	var waits []*runner
	for _, s := range unfinished {
		waits = append(waits, m.runners.attend(s.ID))
	}
	deadline := time.After(m.cfg.RecoverBudget)
	for _, r := range waits {
		select {
		case <-r.attached:
		case <-deadline:
			m.cfg.Log.WarnContext(ctx, "some sessions are still being attached", "sessions", len(waits))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// extendIdle moves idle and heartbeat deadlines by the time the server was away. Lifetimes
// are not moved: they are a promise about the wall clock.
func (m *Manager) extendIdle(ctx context.Context, now time.Time) error {
	return m.tx(ctx, func(tx Tx) error {
		alive, err := tx.AliveAt(ctx)
		if err != nil {
			return err
		}
		if away := now.Sub(alive); !alive.IsZero() && away > 0 {
			if err := tx.ShiftIdleDeadlines(ctx, away); err != nil {
				return err
			}
		}
		return tx.SetAliveAt(ctx, now)
	})
}

// destroyStrangers ends instances that belong to no session, and those that still run though their
// session has ended, of every engine.
func (m *Manager) destroyStrangers(ctx context.Context, unfinished []Session) error {
	live, ended, err := m.instances(ctx, unfinished)
	if err != nil {
		return err
	}
	for _, name := range m.cfg.Engines.Names() {
		driver := m.cfg.Engines[name]
		found, err := driver.Find(ctx)
		if err != nil {
			return fmt.Errorf("find instances of engine %s: %w", name, err)
		}
		for _, f := range found {
			if id := (owned{name, f.ID}); !live[id] && (!ended[id] || f.Alive) {
				m.destroyStranger(ctx, driver, f, !ended[id])
			}
		}
	}
	return nil
}

// destroyStranger ends one instance, and forgets it if no session keeps its log.
func (m *Manager) destroyStranger(ctx context.Context, d engine.Driver, f engine.Found, forget bool) {
	m.cfg.Log.WarnContext(ctx, "destroying an instance without a session", "instance_id", f.ID, "alive", f.Alive)
	err := destroy(ctx, d, f.Known())
	if err == nil && forget {
		err = ignoreNotFound(d.Purge(ctx, f.Known()))
	}
	if err != nil {
		// It is no reason to keep the server from its sessions; the next start tries again.
		m.cfg.Log.ErrorContext(ctx, "an instance without a session is left", "instance_id", f.ID, "error", err)
	}
}

const instancesPage = 500

// owned names an instance among those of all engines.
type owned struct{ engine, id string }

// instances lists the instances of sessions that need theirs, and of sessions that have ended and
// only keep its log.
func (m *Manager) instances(ctx context.Context, unfinished []Session) (live, ended map[owned]bool, err error) {
	live, ended = make(map[owned]bool), make(map[owned]bool)
	for _, s := range unfinished {
		live[owned{s.Engine, s.Spec.ID}] = true
	}
	page := Page{Limit: instancesPage}
	for {
		list, err := m.cfg.Store.ListSessions(ctx, Filter{States: []State{StateEnded}}, page)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range list {
			ended[owned{s.Engine, s.Spec.ID}] = true
		}
		if len(list) < instancesPage {
			return live, ended, nil
		}
		page.After = list[len(list)-1].Seq
	}
}
