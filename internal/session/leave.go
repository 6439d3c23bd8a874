package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"hearth/internal/engine"
)

// Stop ends the Manager. With keep it leaves every session running for the next start; otherwise it
// ends them all first and returns when nothing is left, or with ctx's error when ctx ends before
// that.
//
// It does not need the store for that, and no session holds it up for much longer than StopGrace:
// the instances of sessions whose end cannot be stored, or which do not end, are stopped all the
// same. The error then says why, and the next start stores their ends.
func (m *Manager) Stop(ctx context.Context, keep bool) error {
	m.mu.Lock()
	m.leaving = true
	m.mu.Unlock()
	// A creation that was admitted before is in the store when this returns.
	m.creating.Lock()
	m.creating.Unlock() //nolint:staticcheck // the wait is the point
	// The permits of those that end are for nobody: what waits must not start now.
	m.starts.close()
	var err error
	if !keep {
		if err = m.endAll(ctx); err != nil && ctx.Err() == nil {
			err = errors.Join(err, m.stopInstances(ctx))
		}
	}
	m.runners.stop()
	return err
}

// errSlowEnd is the cause of a context for sessions that should have ended.
var errSlowEnd = errors.New("some sessions do not end")

// endAll requests the end of every session and waits for it.
func (m *Manager) endAll(ctx context.Context) error {
	began, limit := time.Now(), m.cfg.StopGrace+2*stopMargin
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlowEnd)
	defer cancel()
	owners, err := m.cfg.Store.InstanceOwners(ctx)
	if err != nil {
		return fmt.Errorf("list live sessions: %w", err)
	}
	for _, o := range owners {
		if _, err := m.cfg.Engines.Driver(o.Engine); err != nil || !o.Unfinished {
			continue // ended, or of an engine that another server has and kept as it is
		}
		// A deleted one may be gone by now, which is as good. What one session's end failed for
		// will be the same for the next one.
		if _, err := m.end(ctx, o.SessionID, CauseShutdown); err != nil && !errors.Is(err, NotFound) {
			return fmt.Errorf("end session %s: %w", o.SessionID, err)
		}
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for _, r := range m.runners.all() {
		for ended := false; !ended; {
			select {
			case <-r.done:
				ended = true
			case <-tick.C:
				// What cannot be stored is not waited for, only its instance.
				if err := m.health.since(began); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// stopInstances stops every instance of every engine, and destroys those that do not end within
// StopGrace, without a look at the store.
func (m *Manager) stopInstances(ctx context.Context) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	}
	for _, name := range m.cfg.Engines.Names() {
		driver := m.cfg.Engines[name]
		found, err := driver.Find(ctx)
		note(err)
		for _, f := range found {
			if !f.Alive {
				continue
			}
			wait.Go(func() {
				if err := m.stopInstance(ctx, driver, f.Known()); err != nil {
					note(fmt.Errorf("stop instance %s: %w", f.ID, err))
				}
			})
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}

// stopInstance stops an instance in order, or else destroys it.
func (m *Manager) stopInstance(ctx context.Context, d engine.Driver, k engine.Known) error {
	ending, cancel := context.WithTimeout(ctx, m.cfg.StopGrace+stopMargin)
	defer cancel()
	// Its events are for whoever stores them.
	if inst, err := d.Attach(ending, k, math.MaxInt64); err == nil {
		err = inst.Stop(ending, m.cfg.StopGrace)
		for err == nil {
			var f engine.Found
			if f, err = d.Inspect(ending, k); !f.Alive {
				break
			}
			select {
			case <-time.After(minBackoff):
			case <-ending.Done():
				err = ending.Err()
			}
		}
		inst.Close()
	}
	return destroy(ctx, d, k)
}
