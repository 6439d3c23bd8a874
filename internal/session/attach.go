package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// attach starts or finds the instance and connects to it. An outcome other than goesOn says that
// there is no instance to connect to.
func (c *connection) attach(ctx context.Context, s *Session) (outcome, error) {
	if c.r.stopping.IsZero() && s.State == StateStopping {
		c.r.stopping = time.Now()
	}
	if s.State == StateStopping && time.Since(c.r.stopping) > c.m.cfg.StopGrace+stopMargin {
		// It did not end when it was asked to, and may not be reachable any more.
		if err := destroy(ctx, c.driver, c.known); err != nil {
			return goesOn, err
		}
	}
	found, err := c.driver.Inspect(ctx, c.known)
	if err == nil && found.Alive && s.State == StateStarting {
		// Another server began it, or another connection: it is let in already.
		c.r.queue(func() *startTicket { return c.m.starts.seize(s.Seq) })
	}
	switch {
	case err == nil && c.known.Handle == nil && found.Handle != nil:
		err = c.keep(ctx, found.Handle) // the server died before it stored it
	case errors.Is(err, engine.ErrNotFound) && s.State == StateStopping:
		return c.exit(ctx, engine.CauseStopped, neverStarted)
	case errors.Is(err, engine.ErrNotFound) && s.State == StateStarting:
		if err := c.letIn(ctx, s); err != nil {
			return goesOn, err
		}
		if s.State != StateStarting {
			return c.exit(ctx, engine.CauseStopped, neverStarted)
		}
		handle, failed := c.driver.Start(ctx, s.startSpec(c.r.waited()))
		if ctx.Err() != nil {
			return goesOn, ctx.Err()
		}
		if failed != nil {
			c.m.cfg.Log.ErrorContext(ctx, "session start failed", "session_id", s.ID, "instance_id", s.Spec.ID, "error", failed)
			return c.exit(ctx, engine.CauseFailedStart, startMessage(failed))
		}
		err = c.keep(ctx, handle)
	case errors.Is(err, engine.ErrNotFound):
		return c.exit(ctx, engine.CauseLost, "The session's instance has left no trace.")
	}
	if err != nil {
		return goesOn, err
	}
	switch c.inst, err = c.driver.Attach(ctx, c.known, s.Applied); {
	case errors.Is(err, engine.ErrNotFound):
		return c.exit(ctx, engine.CauseLost, "The session's instance has left no trace.")
	case errors.Is(err, engine.ErrTrimmed):
		// The store is older than it was: nobody knows what the session's statements did meanwhile.
		c.m.cfg.Log.ErrorContext(ctx, "the store lacks events that it had, ending the session", "session_id", s.ID,
			"instance_id", s.Spec.ID, "stored", s.Applied, "error", err)
		return c.exit(ctx, engine.CauseLost, "The server's database is older than the session: it lacks results that it had.")
	}
	return goesOn, err
}

// acknowledge tells the instance which of its events are stored, as far as it is connected.
func (m *Manager) acknowledge(ctx context.Context, r *runner, s *Session) {
	inst := r.connection()
	if inst == nil || inst.ID() != s.Spec.ID {
		return
	}
	if err := inst.Acknowledge(s.Applied); err != nil {
		m.cfg.Log.DebugContext(ctx, "stored events are not given up", "session_id", s.ID, "error", err)
	}
}

// keep stores the driver's record of the instance.
func (c *connection) keep(ctx context.Context, h engine.Handle) error {
	_, err := c.m.change(ctx, c.r.id, func(_ Tx, s *Session) (bool, error) {
		s.Handle = h
		return true, nil
	})
	c.known.Handle = h
	return err
}

// neverStarted is the message of an end that came before the start.
const neverStarted = "The session was stopped before it started."

// startMessage is the part of a failed start that the client may know.
func startMessage(err error) string {
	if e, ok := errors.AsType[*engine.InvalidError](err); ok {
		return "The session could not be started: " + e.Text
	}
	if errors.Is(err, engine.ErrNoSpace) {
		return "The session could not be started: no space is left on the server's disk."
	}
	return "The session could not be started. The server's log says why."
}
