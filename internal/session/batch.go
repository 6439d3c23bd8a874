package session

import (
	"context"
	"strings"
	"time"

	"hearth/internal/engine"
)

// A batch is a session whose instance runs one program to its end (engine.Launch.Batch): it starts,
// is owned, limited, found again after a restart, stopped, kept and deleted like any other. It is
// busy from the moment its program runs, takes no statements, and ends with CauseCompleted or the
// cause of its accident.

// IsBatch reports whether the session is a batch.
func (s *Session) IsBatch() bool { return s.Spec.Launch.Batch != nil }

// accepts refuses statements and all other requests to a kernel where there is none: Conflict with
// ReasonState.
func (s *Session) accepts() error { return s.acceptsIn(SeriesCode) }

// acceptsIn is accepts for a series. Jobs are accepted while the session starts: nobody waits in
// front of the program that sends one.
func (s *Session) acceptsIn(series Series) error {
	switch {
	case s.IsBatch():
		return errorf(Conflict, ReasonState, "A batch takes no statements.")
	case series == SeriesJobs && s.State == StateStarting:
		return nil
	case !s.State.Runnable():
		return errorf(Conflict, ReasonState, "The session is %s.", s.State)
	}
	return nil
}

// runsAgain reports whether a batch whose program ended for this cause runs again: it has retries
// left, and nobody requested the end.
func (s *Session) runsAgain(c Cause) bool {
	return s.State == StateBusy && s.IsBatch() && s.Retries > 0 && c != CauseCompleted && !c.Asked()
}

// retry assigns the program another instance. The state machine goes back to the start.
func (a *eventTx) retry(e *engine.Exit) error {
	if err := a.move(TriggerRetry); err != nil {
		return err
	}
	s := a.s
	s.Retries, s.Tries = s.Retries-1, s.Tries+1
	s.LastTry, _, _ = strings.Cut(reasonOf(e), "\n")
	s.Spec.ID, s.Handle, s.Info, s.Applied = newID("i-"), nil, engine.Info{}, 0
	return nil
}

// Bounds of the pause before a batch runs again, which doubles with every try.
const (
	minRest = time.Second
	maxRest = time.Minute
)

// rest waits before the next try of a batch, and reports whether its runner is to go on. A session
// that is to end meanwhile does not wait.
func (m *Manager) rest(ctx context.Context, r *runner) bool {
	var over <-chan time.Time
	for {
		s, err := m.cfg.Store.Session(ctx, r.id)
		if err != nil || s.State != StateStarting {
			return ctx.Err() == nil // whoever serves it sees the same
		}
		if over == nil {
			over = time.After(min(minRest<<min(max(s.Tries-1, 0), 10), maxRest))
		}
		select {
		case <-over:
			return true
		case <-r.woken:
		case <-ctx.Done():
			return false
		}
	}
}
