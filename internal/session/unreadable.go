package session

import (
	"context"
	"errors"
	"sync"
)

// unreadable remembers the sessions whose rows could not be read, so that each is logged once.
type unreadable struct {
	mu    sync.Mutex
	known map[string]bool
}

// first reports whether a session was not known yet.
func (u *unreadable) first(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known[id] {
		return false
	}
	if u.known == nil {
		u.known = make(map[string]bool)
	}
	u.known[id] = true
	return true
}

// noteUnreadable reports whether an error is only about rows that cannot be read, and logs each of
// them the first time.
func (m *Manager) noteUnreadable(ctx context.Context, err error) bool {
	rows, ok := errors.AsType[*UnreadableError](err)
	if !ok {
		return false
	}
	for _, s := range rows.Sessions {
		if m.unreadable.first(s.ID) {
			m.cfg.Log.ErrorContext(ctx, "a session cannot be read from the store and is left as it is", "session_id", s.ID, "error", rows.Err)
		}
	}
	return true
}
