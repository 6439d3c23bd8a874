package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// takeWaiting takes the next waiting statement of a session, nil if it is not idle or nothing
// waits.
func (m *Manager) takeWaiting(ctx context.Context, id string) (*Statement, error) {
	var next *Statement
	_, err := m.change(ctx, id, func(tx Tx, s *Session) (_ bool, err error) {
		next, err = m.takeNext(ctx, tx, s)
		return next != nil, err
	})
	return next, err
}

// takeNext marks the next waiting statement of an idle session as running, and the session as busy;
// the caller stores the session.
func (m *Manager) takeNext(ctx context.Context, tx Tx, s *Session) (*Statement, error) {
	if s.State != StateIdle {
		return nil, nil
	}
	next, err := tx.NextStatement(ctx, s.ID)
	for unread(err) {
		if err := m.endUnread(ctx, tx, s, err); err != nil {
			return nil, err
		}
		next, err = tx.NextStatement(ctx, s.ID)
	}
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.begin(&next, time.Now()); err != nil {
		return nil, err
	}
	return &next, tx.UpdateStatement(ctx, &next)
}

// begin marks a statement as handed to the instance.
func (s *Session) begin(st *Statement, now time.Time) (err error) {
	if s.State, err = Next(s.State, TriggerRun); err != nil {
		return err
	}
	st.State, st.StartedAt = StatementRunning, now
	s.ActiveAt, s.IdleDeadline = now, time.Time{}
	return nil
}

// refuse ends a statement that the engine will not run.
func (m *Manager) refuse(ctx context.Context, st Statement, why error) error {
	var a eventTx
	s, err := m.change(ctx, st.SessionID, func(tx Tx, s *Session) (bool, error) {
		a = eventTx{m: m, tx: tx, s: s, statements: make(map[int64]*Statement)}
		ev := engine.Event{
			Kind: engine.EventResult, Time: time.Now(), Statement: st.Number, Status: engine.StatusLost,
			Error: &engine.StatementError{Name: "StatementRefused", Value: refusalText(why), Traceback: []string{}},
		}
		if err := a.result(ctx, ev); err != nil {
			return false, err
		}
		return true, a.flush(ctx)
	})
	if err == nil {
		m.ended(&s, a.finished)
	}
	m.runners.wake(st.SessionID)
	return err
}

// refusalText is the part of a refusal that the client may know.
func refusalText(why error) string {
	if e, ok := errors.AsType[*engine.InvalidError](why); ok {
		return "The statement was refused: " + e.Text + "."
	}
	return "The statement was refused: the session does not run its language."
}
