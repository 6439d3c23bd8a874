package session

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"hearth/internal/engine"
)

// Get returns a session. NotFound with ReasonNoSession.
func (m *Manager) Get(ctx context.Context, ref Ref) (Session, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return Session{}, err
	}
	m.fillProgress(&s)
	return s, nil
}

// GetByID returns a session by its internal id. NotFound with ReasonNoSession, also if it is
// deleted.
func (m *Manager) GetByID(ctx context.Context, id string) (Session, error) {
	return m.Get(ctx, Ref{ID: id})
}

// find reads the session that ref names, with the error dialects rely on.
func (m *Manager) find(ctx context.Context, r Reader, ref Ref) (Session, error) {
	var s Session
	var err error
	if ref.ID != "" {
		s, err = r.Session(ctx, ref.ID)
	} else {
		s, err = r.FindSession(ctx, ref)
	}
	switch {
	case errors.Is(err, NotFound), err == nil && !s.DeletedAt.IsZero():
		return Session{}, errorf(NotFound, ReasonNoSession, "Session %s not found", cmp.Or(ref.ExternalID, ref.ID))
	case err != nil:
		return Session{}, err
	}
	return s, nil
}

func (m *Manager) fillProgress(s *Session) {
	s.Progress, s.Waiting = 1, 0
	r := m.runners.find(s.ID)
	switch {
	case s.State == StateStarting && r == nil:
		s.Progress = 0
	case s.State == StateStarting:
		s.Progress, s.Waiting = r.live.start(), r.place()
	case s.State == StateBusy && r != nil:
		s.Progress = r.live.current()
	}
}

// Await returns the session as soon as done returns true of it, or with the context's error and the
// session as it was last seen. NotFound, also when it is deleted meanwhile.
func (m *Manager) Await(ctx context.Context, ref Ref, done func(Session) bool) (Session, error) {
	for {
		changed := m.nextChange()
		s, err := m.Get(ctx, ref)
		if err != nil || done(s) {
			return s, err
		}
		ref = s.Ref // and none that gets its name
		select {
		case <-changed:
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}

// List returns sessions, newest first, and the position of the next page, 0 if this is the last.
// One whose stored row cannot be read is left out and logged.
func (m *Manager) List(ctx context.Context, f Filter, p Page) ([]Session, int64, error) {
	if p.Limit <= 0 {
		return nil, 0, nil
	}
	more := p
	more.Limit++
	list, err := m.cfg.Store.ListSessions(ctx, f, more)
	if err != nil && !m.noteUnreadable(ctx, err) {
		return nil, 0, err
	}
	var bad []Unreadable
	if rows, ok := errors.AsType[*UnreadableError](err); ok {
		bad = rows.Sessions
	}
	var next int64
	switch {
	case len(list) > p.Limit:
		list = list[:p.Limit]
		next = list[len(list)-1].Seq
	case len(list)+len(bad) > p.Limit:
		next = lastSeq(list, bad, p.Order == OldestFirst)
	}
	for i := range list {
		m.fillProgress(&list[i])
	}
	return list, next, nil
}

// lastSeq returns the position of the last row of a page, of which some could not be read.
func lastSeq(list []Session, bad []Unreadable, rising bool) int64 {
	last := bad[len(bad)-1].Seq
	if len(list) == 0 {
		return last
	}
	if rising {
		return max(last, list[len(list)-1].Seq)
	}
	return min(last, list[len(list)-1].Seq)
}

// All returns every session that f selects, newest first. They are read page by page; an error ends
// the sequence.
func (m *Manager) All(ctx context.Context, f Filter) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		for p := (Page{Limit: allPage}); ; {
			list, next, err := m.List(ctx, f, p)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for _, s := range list {
				if !yield(s, nil) {
					return
				}
			}
			if next == 0 {
				return
			}
			p.After = next
		}
	}
}

// allPage is how many sessions All reads at a time.
const allPage = 500

// Count returns how many sessions f selects.
func (m *Manager) Count(ctx context.Context, f Filter) (int, error) {
	return m.cfg.Store.CountSessions(ctx, f)
}

// End requests the end of a session and returns at once; a session that is stopping or ended stays
// as it is. NotFound.
func (m *Manager) End(ctx context.Context, ref Ref) (Session, error) {
	s, err := m.changeRef(ctx, ref, func(_ Tx, s *Session) (bool, error) { return s.stop(CauseStopped) })
	return m.wakeToStop(s, err)
}

// EndWithin requests the end of a session and waits for it, for at most wait. A session that is
// slower goes on ending, and one that is deleted meanwhile has ended: neither is an error, nor is
// the end of ctx while it waits. NotFound.
func (m *Manager) EndWithin(ctx context.Context, ref Ref, wait time.Duration) (Session, error) {
	s, err := m.End(ctx, ref)
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	ended, err := m.Await(ctx, s.Ref, func(s Session) bool { return !s.State.Live() })
	if errors.Is(err, NotFound) || ctx.Err() != nil {
		return s, nil
	}
	return ended, err
}

func (m *Manager) end(ctx context.Context, id string, cause Cause) (Session, error) {
	s, err := m.change(ctx, id, func(_ Tx, s *Session) (bool, error) { return s.stop(cause) })
	return m.wakeToStop(s, err)
}

func (m *Manager) wakeToStop(s Session, err error) (Session, error) {
	if err == nil && s.State == StateStopping {
		m.runners.wake(s.ID)
	}
	return s, err
}

// stop moves a living session towards its end and reports whether that changed it.
func (s *Session) stop(cause Cause) (bool, error) {
	if s.State == StateStopping || s.State == StateEnded {
		return false, nil
	}
	to, err := Next(s.State, TriggerStop)
	if err != nil {
		return false, err
	}
	s.State, s.Cause, s.IdleDeadline, s.HeartbeatDeadline = to, cause, time.Time{}, time.Time{}
	return true, nil
}

// Delete ends a session if it lives and frees its external id at once; it can no longer be found.
// NotFound.
func (m *Manager) Delete(ctx context.Context, ref Ref) error {
	s, err := m.changeRef(ctx, ref, func(_ Tx, s *Session) (bool, error) {
		s.DeletedAt = time.Now()
		_, err := s.stop(CauseStopped)
		return true, err
	})
	if err != nil {
		return err
	}
	// The session's goroutine clears away what is left, also of an ended one.
	m.runners.wakeAgain(s.ID)
	return nil
}

// Log opens the log of a session. NotFound, also for a session whose instance has not been made
// yet.
func (m *Manager) Log(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return nil, err
	}
	driver, err := m.driver(&s)
	if err != nil {
		return nil, err
	}
	log, err := driver.Log(ctx, s.instance())
	if errors.Is(err, engine.ErrNotFound) {
		if m.fillProgress(&s); s.Waiting > 0 {
			return waitingLog(s.Waiting), nil
		}
		return nil, &Error{Kind: NotFound, Reason: ReasonNoSession, Msg: "The session has no log yet.", Err: err}
	}
	return log, err
}
