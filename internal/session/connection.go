package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// connection is one connection of a runner to the instance of its session.
type connection struct {
	m      *Manager
	r      *runner
	driver engine.Driver
	known  engine.Known
	inst   engine.Instance
	// resent is set when the statements that the store believes to be running were handed over:
	// they may not have arrived before the last connection was lost. No instance runs one twice.
	resent bool
	// overdue fires when the instance should have ended; nil until its end was requested.
	overdue <-chan time.Time
}

// Bounds of a connection.
const (
	// answerLimit bounds how long an instance may leave requests without an answer.
	answerLimit = 20 * time.Second
	// drainLimit bounds the wait for the last events of an instance that takes nothing any more.
	drainLimit = 10 * time.Second
	// stopMargin is the time that an instance gets beyond its grace before it is destroyed.
	stopMargin = 10 * time.Second
)

// serve makes one connection to the session's instance and uses it until it ends: attach, hand
// over, apply, exit, clear. The error says why the connection was lost, and that another must be
// made. One goroutine does all of it, because the answer of an instance never waits for its events
// to be read.
func (m *Manager) serve(ctx context.Context, r *runner) (outcome, error) {
	s, err := m.cfg.Store.Session(ctx, r.id)
	if errors.Is(err, NotFound) {
		return hasEnded, nil
	}
	if err != nil {
		return goesOn, err
	}
	driver, err := m.driver(&s)
	if err != nil {
		return goesOn, err
	}
	c := &connection{m: m, r: r, driver: driver, known: s.instance()}
	r.see(&s)
	became := hasEnded
	if s.State != StateEnded {
		r.hold(driver.Footprint(s.Spec.Launch))
		if became, err = c.attach(ctx, &s); err != nil {
			return goesOn, err
		}
	}
	if c.inst != nil {
		r.connected(c.inst)
		defer c.inst.Close()
		defer r.connected(nil)
	}

	var refused error // the instance takes nothing any more, and this is why
	var drained <-chan time.Time
	for news := true; became == goesOn; {
		if news && refused == nil {
			switch err := c.handOver(ctx); {
			case errors.Is(err, engine.ErrGone), errors.Is(err, engine.ErrDetached):
				// Its last events are still on their way and must be stored.
				refused, drained = err, time.After(drainLimit)
			case err != nil:
				return goesOn, err
			}
		}
		news = false
		select {
		case ev, open := <-c.inst.Events():
			if !open {
				return goesOn, cmp.Or(refused, engine.ErrDetached)
			}
			if became, err = m.apply(ctx, r, collect(ev, c.inst.Events())); err != nil {
				return goesOn, err
			}
		case <-r.woken:
			news = true
		case <-c.overdue:
			// The instance must end, whatever its supervisor does; the exit then arrives as an
			// event or at the next attempt to attach.
			if err := destroy(ctx, driver, c.known); err != nil {
				return goesOn, err
			}
			c.overdue = time.After(stopMargin)
		case <-drained:
			return goesOn, refused
		case <-ctx.Done():
			return goesOn, ctx.Err()
		}
	}

	if became == runsAgain {
		return became, c.forget(ctx)
	}
	return became, c.clear(ctx)
}

// Bounds of the events stored in one transaction.
const (
	maxEvents     = 256
	maxEventBytes = 1 << 20
)

// collect returns an event and those that are there already.
func collect(first engine.Event, more <-chan engine.Event) []engine.Event {
	events, size := []engine.Event{first}, first.Size()
	for len(events) < maxEvents && size < maxEventBytes {
		select {
		case ev, open := <-more:
			if !open {
				return events
			}
			events = append(events, ev)
			size += ev.Size()
		default:
			return events
		}
	}
	return events
}

// exit applies the end of an instance that does not report it itself.
func (c *connection) exit(ctx context.Context, cause engine.Cause, message string) (outcome, error) {
	exit := engine.Exit{Cause: cause, Time: time.Now(), Message: message}
	return c.m.apply(ctx, c.r, []engine.Event{{Kind: engine.EventExit, Time: exit.Time, Exit: &exit}})
}

// forget removes an instance that another one replaces. Nothing of it is kept: no session would
// know it.
func (c *connection) forget(ctx context.Context) error {
	if err := destroy(ctx, c.driver, c.known); err != nil {
		return err
	}
	return ignoreNotFound(c.driver.Purge(ctx, c.known))
}

// clear makes sure that nothing of an ended session runs, and removes the session if it was
// deleted. A deletion that comes meanwhile is seen by the next look at the store.
func (c *connection) clear(ctx context.Context) error {
	if err := ignoreNotFound(c.driver.Destroy(ctx, c.known)); err != nil {
		return err
	}
	s, err := c.m.cfg.Store.Session(ctx, c.r.id)
	if errors.Is(err, NotFound) || err == nil && s.DeletedAt.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := ignoreNotFound(c.driver.Purge(ctx, c.known)); err != nil {
		return err
	}
	return c.m.remove(ctx, c.r.id)
}

// trimBytes is how much of a deleted session is removed in one transaction.
const trimBytes = 4 << 20

// remove removes a deleted session from the store: piece by piece, so that no other write waits for
// long, and its row last, so that a server that dies meanwhile finds it again.
func (m *Manager) remove(ctx context.Context, id string) error {
	for removed := 1; removed > 0; {
		err := m.tx(ctx, func(tx Tx) (err error) {
			removed, err = tx.TrimSession(ctx, id, trimBytes)
			return err
		})
		if err != nil {
			return err
		}
	}
	return m.tx(ctx, func(tx Tx) error { return tx.DeleteSession(ctx, id) })
}
