package session

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/engine"
)

// recover compares the store with the instances that the engines find: sessions get a runner,
// instances that no session knows are destroyed.
func (m *Manager) recover(ctx context.Context) error {
	now := time.Now()
	if err := m.extendIdle(ctx, now); err != nil {
		return err
	}
	owners, err := m.cfg.Store.InstanceOwners(ctx)
	if err != nil {
		return err
	}
	if err := m.destroyStrangers(ctx, owners); err != nil {
		return err
	}
	var waits []*runner
	for _, o := range owners {
		if o.Unfinished {
			r := m.runners.attend(o.SessionID)
			if d, err := m.cfg.Engines.Driver(o.Engine); err == nil {
				r.expect(d.Footprint(engine.Launch{}))
			}
			waits = append(waits, r)
		}
	}
	// Only now, so that those that have to wait start in the order of their creation.
	defer m.starts.open()
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

// extendIdle moves idle and heartbeat deadlines by the time the server was away. Lifetimes are not
// moved: they are a promise about the wall clock.
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
func (m *Manager) destroyStrangers(ctx context.Context, owners []InstanceOwner) error {
	type instance struct{ engine, id string }
	live, ended := make(map[instance]bool), make(map[instance]bool)
	for _, o := range owners {
		if o.Unfinished {
			live[instance{o.Engine, o.InstanceID}] = true
		} else {
			ended[instance{o.Engine, o.InstanceID}] = true
		}
	}
	for _, name := range m.cfg.Engines.Names() {
		driver := m.cfg.Engines[name]
		found, err := driver.Find(ctx)
		if err != nil {
			return fmt.Errorf("find instances of engine %s: %w", name, err)
		}
		for _, f := range found {
			if id := (instance{name, f.ID}); !live[id] && (!ended[id] || f.Alive) {
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
