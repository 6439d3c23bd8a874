package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hearth/internal/engine"
)

// unreadable remembers the sessions and statements whose rows could not be read, so that each is
// logged once.
type unreadable struct {
	mu    sync.Mutex
	known map[string]bool
}

// first reports whether a name was not known yet.
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

// unread reports whether an error is only about statements that cannot be read.
func unread(err error) bool {
	_, ok := errors.AsType[*UnreadableStatementsError](err)
	return ok
}

// unreadStatements returns the statements that an error is about, and logs each of them the first
// time. It reports what unread does.
func (m *Manager) unreadStatements(ctx context.Context, err error) ([]UnreadableStatement, bool) {
	rows, ok := errors.AsType[*UnreadableStatementsError](err)
	if !ok {
		return nil, false
	}
	for _, st := range rows.Statements {
		if m.unreadable.first(fmt.Sprint(rows.SessionID, " ", st.Number)) {
			m.cfg.Log.ErrorContext(ctx, "a statement cannot be read from the store", "session_id", rows.SessionID,
				"statement", st.Number, "error", rows.Err)
		}
	}
	return rows.Statements, true
}

// endUnread ends statements of a session that cannot be read, as far as they are open, so that
// nothing waits for them: an error about those alone becomes nil.
func (m *Manager) endUnread(ctx context.Context, tx Tx, s *Session, err error) error {
	bad, ok := m.unreadStatements(ctx, err)
	if !ok {
		return err
	}
	now := time.Now()
	end := Statement{
		State: StatementFailed, Progress: 1, StartedAt: now, CompletedAt: now,
		Error: &engine.StatementError{Name: "StatementUnreadable", Value: "The statement cannot be read from the server's database.", Traceback: []string{}},
	}
	for _, st := range bad {
		if err := tx.EndUnread(ctx, s.ID, st.Number, end); err != nil && !errors.Is(err, NotFound) {
			return err
		}
	}
	return nil
}
