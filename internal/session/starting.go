package session

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hearth/internal/engine"
)

// letIn waits until the instance of a starting session may start, and brings s up to date where
// that took time: the session may be to end by then. The place in the queue is kept over errors.
func (c *connection) letIn(ctx context.Context, s *Session) error {
	t := c.r.queue(func() *startTicket { return c.m.starts.ask(s.Seq) })
	select {
	case <-t.in:
		return nil
	default:
	}
	c.m.cfg.Log.InfoContext(ctx, "session waits to start", "session_id", s.ID, "instance_id", s.Spec.ID, "place", t.place())
	c.m.announce()
	c.r.markAttached() // a server that starts must not wait for it
	for in := false; !in; {
		select {
		case <-t.in:
			in = true
		case <-c.r.woken:
		case <-ctx.Done():
			return ctx.Err()
		}
		now, err := c.m.cfg.Store.Session(ctx, c.r.id)
		if err != nil {
			return err
		}
		if *s = now; s.State != StateStarting {
			return nil
		}
	}
	return nil
}

// queue returns the session's ticket, and takes one if it has none.
func (r *runner) queue(take func() *startTicket) *startTicket {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ticket == nil {
		r.ticket = take()
	}
	return r.ticket
}

// startOver gives the place or permit of a start back, and tells the observer how it went. Called
// again it does nothing.
func (m *Manager) startOver(r *runner, s *Session) {
	t := r.leaveQueue()
	if t == nil {
		return
	}
	if waited, took, ok := t.times(); ok {
		m.cfg.Observer.StartEnded(s, Start{Outcome: outcomeOf(s), Waited: waited, Took: took})
	}
}

// leaveQueue gives the place or permit of a start back and returns the ticket, nil if there is
// none.
func (r *runner) leaveQueue() *startTicket {
	r.mu.Lock()
	t := r.ticket
	r.ticket = nil
	r.mu.Unlock()
	if t != nil {
		t.leave()
	}
	return t
}

// place returns the place of the session in the queue of starts, from 1; 0 if it does not wait.
func (r *runner) place() int {
	r.mu.Lock()
	t := r.ticket
	r.mu.Unlock()
	if t == nil {
		return 0
	}
	return t.place()
}

// waited returns how long the start waited until it was let in.
func (r *runner) waited() time.Duration {
	r.mu.Lock()
	t := r.ticket
	r.mu.Unlock()
	if t == nil {
		return 0
	}
	waited, _, _ := t.times()
	return waited
}

// startSpec returns what the instance is started with. Its log begins with why the last try failed,
// if this is a further one, and how long the start had to wait.
func (s *Session) startSpec(waited time.Duration) engine.Spec {
	spec := s.Spec
	spec.Notes = slices.Clone(spec.Notes)
	if s.LastTry != "" {
		spec.Notes = append(spec.Notes, "run again after: "+s.LastTry)
	}
	if waited = waited.Round(time.Second); waited > 0 {
		spec.Notes = append(spec.Notes, fmt.Sprintf("waited %s to start", waited))
	}
	return spec
}

// waitingLog is the log of a session at a place in the queue of starts.
func waitingLog(place int) io.ReadCloser {
	return io.NopCloser(strings.NewReader(fmt.Sprintf("The session waits to start: it is number %d of those that wait.\n", place)))
}
