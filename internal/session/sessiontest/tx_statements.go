package sessiontest

import (
	"context"
	"fmt"
	"slices"

	"hearth/internal/session"
)

// InsertStatement implements session.Tx.
func (t *tx) InsertStatement(ctx context.Context, s *session.Statement) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if err := room(t.full); err != nil {
		return err
	}
	if err := known(s); err != nil {
		return err
	}
	rec := t.record(s.SessionID)
	if rec == nil {
		return noSession()
	}
	at, found := rec.find(s.Number)
	if found {
		return &session.Error{Kind: session.Exists, Msg: "a statement with this number exists"}
	}
	row := NormalStatement(*s)
	row.Place, row.Version = 1, 1
	for _, other := range rec.statements {
		if other.Series == s.Series {
			row.Place = max(row.Place, other.Place+1)
		}
	}
	rec.statements = slices.Insert(rec.statements, at, row)
	s.Place, s.Version = row.Place, row.Version
	return nil
}

// UpdateStatement implements session.Tx.
func (t *tx) UpdateStatement(ctx context.Context, s *session.Statement) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if err := known(s); err != nil {
		return err
	}
	rec := t.record(s.SessionID)
	if rec == nil {
		return noStatement()
	}
	at, found := rec.find(s.Number)
	if !found {
		return noStatement()
	}
	if rec.statements[at].Version != s.Version {
		return changed("statement")
	}
	row, changed := rec.statements[at], NormalStatement(*s)
	row.State, row.Status, row.Error, row.Result = changed.State, changed.Status, changed.Error, changed.Result
	row.ExecutionCount, row.Progress = changed.ExecutionCount, changed.Progress
	row.StartedAt, row.CompletedAt = changed.StartedAt, changed.CompletedAt
	row.Version++
	rec.statements[at] = row
	s.Version = row.Version
	return nil
}

// EndWaiting implements session.Tx.
func (t *tx) EndWaiting(ctx context.Context, sessionID string, end session.Statement) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if err := known(&end); err != nil {
		return err
	}
	rec := t.record(sessionID)
	if rec == nil {
		return nil
	}
	end = cloneStatement(end)
	end.CompletedAt = normalTime(end.CompletedAt)
	for i := range rec.statements {
		if s := &rec.statements[i]; s.State == session.StatementWaiting {
			s.State, s.Error, s.CompletedAt, s.Progress = end.State, end.Error, end.CompletedAt, 1
			s.Version++
		}
	}
	return nil
}

// EndUnread implements session.Tx. Every row can be read here.
func (t *tx) EndUnread(ctx context.Context, sessionID string, number int64, end session.Statement) error {
	s, err := t.Statement(ctx, sessionID, number)
	if err != nil {
		return err
	}
	if s.State.Final() {
		return noStatement()
	}
	end.SessionID, end.Number, end.Version = sessionID, number, s.Version
	return t.UpdateStatement(ctx, &end)
}

// AppendOutput implements session.Tx.
func (t *tx) AppendOutput(ctx context.Context, sessionID string, number int64, out []session.Output) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if err := room(t.full); err != nil {
		return err
	}
	for _, o := range out {
		rec := t.record(sessionID)
		if rec == nil {
			return noStatement()
		}
		at, stored := rec.findOutput(o.Seq)
		if stored {
			continue
		}
		if _, found := rec.find(number); !found {
			return noStatement()
		}
		rec.addOutput(at, number, o)
	}
	return nil
}

// known refuses states that a database refuses by a constraint.
func known(s *session.Statement) error {
	switch s.State {
	case session.StatementWaiting, session.StatementRunning, session.StatementCancelling,
		session.StatementDone, session.StatementCancelled, session.StatementFailed:
		return nil
	}
	return fmt.Errorf("statement %d of session %s: unknown state %q", s.Number, s.SessionID, s.State)
}
