package session

import (
	"context"
	"errors"
	"io"
	"maps"
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

// find reads a session by its external id, with the error dialects rely on.
func (m *Manager) find(ctx context.Context, r Reader, ref Ref) (Session, error) {
	s, err := r.FindSession(ctx, ref)
	if errors.Is(err, NotFound) {
		return Session{}, errorf(NotFound, ReasonNoSession, "Session %s not found", ref.ExternalID)
	}
	return s, err
}

func (m *Manager) fillProgress(s *Session) {
	s.Progress = 1
	m.mu.Lock()
	r := m.runners[s.ID]
	m.mu.Unlock()
	switch {
	case s.State == StateStarting && r == nil:
		s.Progress = 0
	case s.State == StateStarting:
		s.Progress = r.live.start()
	case s.State == StateBusy && r != nil:
		s.Progress = r.live.current()
	}
}

// Await returns the session as soon as done says so, or with the context's error
// and the session as it was last seen. NotFound, also when it is deleted
// meanwhile.
func (m *Manager) Await(ctx context.Context, ref Ref, done func(Session) bool) (Session, error) {
	for {
		changed := m.nextChange()
		s, err := m.Get(ctx, ref)
		if err != nil || done(s) {
			return s, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}

// List returns sessions, newest first, and the position of the next page, 0 if
// this is the last.
func (m *Manager) List(ctx context.Context, f Filter, p Page) ([]Session, int64, error) {
	list, err := m.cfg.Store.ListSessions(ctx, f, Page{After: p.After, Limit: p.Limit + 1})
	if err != nil {
		return nil, 0, err
	}
	var next int64
	if len(list) > p.Limit {
		list = list[:p.Limit]
		next = list[len(list)-1].Seq
	}
	for i := range list {
		m.fillProgress(&list[i])
	}
	return list, next, nil
}

// End asks for the end of a session and returns at once; a session that is
// stopping or ended stays as it is. NotFound.
func (m *Manager) End(ctx context.Context, ref Ref) (Session, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return Session{}, err
	}
	return m.end(ctx, s.ID, CauseStopped)
}

func (m *Manager) end(ctx context.Context, id string, cause Cause) (Session, error) {
	s, err := m.change(ctx, id, func(_ Tx, s *Session) (bool, error) { return s.stop(cause) })
	if err == nil && s.State == StateStopping {
		m.wake(id)
	}
	return s, err
}

// stop moves a living session towards its end and tells whether that changed it.
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

// Delete ends a session if it lives and frees its external id at once; it can
// no longer be found. NotFound.
func (m *Manager) Delete(ctx context.Context, ref Ref) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	return m.remove(ctx, s.ID)
}

func (m *Manager) remove(ctx context.Context, id string) error {
	_, err := m.change(ctx, id, func(_ Tx, s *Session) (bool, error) {
		if !s.DeletedAt.IsZero() {
			return false, nil
		}
		s.DeletedAt = time.Now()
		_, err := s.stop(CauseStopped)
		return true, err
	})
	if err != nil {
		return err
	}
	// The session's goroutine clears away what is left, also of an ended one.
	m.wakeAgain(id)
	return nil
}

// Tag adds or replaces tags. Invalid if more than limit would remain; NotFound.
func (m *Manager) Tag(ctx context.Context, ref Ref, tags map[string]string, limit int) error {
	return m.changeTags(ctx, ref, func(have map[string]string) error {
		maps.Copy(have, tags)
		if len(have) > limit {
			return errorf(Invalid, "", "A session has at most %d tags.", limit)
		}
		return nil
	})
}

// Untag removes the tags with these keys. NotFound.
func (m *Manager) Untag(ctx context.Context, ref Ref, keys []string) error {
	return m.changeTags(ctx, ref, func(have map[string]string) error {
		for _, k := range keys {
			delete(have, k)
		}
		return nil
	})
}

func (m *Manager) changeTags(ctx context.Context, ref Ref, edit func(map[string]string) error) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	_, err = m.change(ctx, s.ID, func(_ Tx, s *Session) (bool, error) {
		have := maps.Clone(s.Tags)
		if have == nil {
			have = make(map[string]string)
		}
		if err := edit(have); err != nil {
			return false, err
		}
		s.Tags = have
		return true, nil
	})
	return err
}

// Log opens the log of a session. NotFound, also for a session whose instance
// has not been made yet.
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
		return nil, &Error{Kind: NotFound, Reason: ReasonNoSession, Msg: "The session has no log yet.", Err: err}
	}
	return log, err
}
