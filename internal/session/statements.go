package session

import (
	"context"
	"time"

	"hearth/internal/engine"
)

// Run accepts a statement. NotFound; Conflict with ReasonState if the session
// is not ready; Unsupported for a language the engine does not run; Busy with
// ReasonQueue if too many statements wait.
func (m *Manager) Run(ctx context.Context, ref Ref, lang engine.Language, code string) (Statement, error) {
	return m.accept(ctx, ref, SeriesCode, lang, code)
}

func (m *Manager) accept(ctx context.Context, ref Ref, series Series, lang engine.Language, code string) (Statement, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return Statement{}, err
	}
	if !m.runs(&s, lang) {
		return Statement{}, errorf(Unsupported, "", "Statements of language %q are not supported.", lang)
	}
	st := Statement{SessionID: s.ID, Series: series, Language: lang, Code: code, State: StatementWaiting, CreatedAt: time.Now()}
	_, err = m.change(ctx, s.ID, func(tx Tx, s *Session) (bool, error) {
		if err := m.admitStatement(ctx, tx, s, series); err != nil {
			return false, err
		}
		s.Statements++
		st.Number = s.Statements
		s.ActiveAt, s.IdleDeadline = st.CreatedAt, time.Time{}
		return true, tx.InsertStatement(ctx, &st)
	})
	if err != nil {
		return Statement{}, err
	}
	m.wake(s.ID)
	return st, nil
}

// Refuse accepts a statement that is over at once, with the error why: what an
// API reports of a language whose interpreter is not there. Any text is a
// language here. NotFound, Conflict and Busy as for Run.
func (m *Manager) Refuse(ctx context.Context, ref Ref, lang engine.Language, code string, why engine.StatementError) (Statement, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return Statement{}, err
	}
	now := time.Now()
	st := Statement{
		SessionID: s.ID, Language: lang, Code: code, State: StatementDone, Status: engine.StatusError, Error: &why,
		Progress: 1, CreatedAt: now, StartedAt: now, CompletedAt: now,
	}
	_, err = m.change(ctx, s.ID, func(tx Tx, s *Session) (bool, error) {
		if err := m.admitStatement(ctx, tx, s, SeriesCode); err != nil {
			return false, err
		}
		s.Statements++
		st.Number = s.Statements
		st.ExecutionCount = int(st.Number)
		s.ActiveAt = now
		if s.State == StateIdle && !s.IdleDeadline.IsZero() {
			s.restIdle(now)
		}
		return true, tx.InsertStatement(ctx, &st)
	})
	return st, err
}

func (m *Manager) admitStatement(ctx context.Context, tx Tx, s *Session, series Series) error {
	if !s.DeletedAt.IsZero() {
		return errorf(NotFound, ReasonNoSession, "Session %s not found", s.ExternalID)
	}
	if err := s.acceptsIn(series); err != nil {
		return err
	}
	waiting, err := tx.CountWaiting(ctx, s.ID)
	if err != nil {
		return err
	}
	if waiting >= m.cfg.MaxWaiting {
		return errorf(Busy, ReasonQueue, "%d statements wait already.", waiting)
	}
	return nil
}

// Statement returns the statement at a place with its output. NotFound with
// ReasonNoSession or ReasonNoStatement.
func (m *Manager) Statement(ctx context.Context, ref Ref, place int64) (Statement, error) {
	return m.read(ctx, ref, SeriesCode, place)
}

func (m *Manager) read(ctx context.Context, ref Ref, series Series, place int64) (Statement, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return Statement{}, err
	}
	st, err := findStatement(ctx, m.cfg.Store, s.ID, series, place)
	if err != nil {
		return Statement{}, err
	}
	if err := m.fillStatement(ctx, &st); err != nil {
		return Statement{}, err
	}
	return st, nil
}

func findStatement(ctx context.Context, r Reader, sessionID string, series Series, place int64) (Statement, error) {
	found, err := r.ListStatements(ctx, sessionID, series, Page{After: place - 1, Limit: 1})
	if err != nil {
		return Statement{}, err
	}
	if len(found) == 0 || found[0].Place != place {
		return Statement{}, errorf(NotFound, ReasonNoStatement, "Statement %d not found", place)
	}
	return found[0], nil
}

func (m *Manager) fillStatement(ctx context.Context, st *Statement) error {
	out, err := m.cfg.Store.Output(ctx, st.SessionID, st.Number)
	if err != nil {
		return err
	}
	st.assemble(out)
	m.mu.Lock()
	r := m.runners[st.SessionID]
	m.mu.Unlock()
	if r != nil && !st.State.Final() {
		st.Progress = r.live.statement(st.Number)
	}
	return nil
}

// Statements returns statements with their output in order of acceptance, and
// the position of the next page, 0 if this is the last. A page ends early when
// its output is large.
func (m *Manager) Statements(ctx context.Context, ref Ref, p Page) ([]Statement, int64, error) {
	return m.list(ctx, ref, SeriesCode, p)
}

func (m *Manager) list(ctx context.Context, ref Ref, series Series, p Page) ([]Statement, int64, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return nil, 0, err
	}
	list, err := m.cfg.Store.ListStatements(ctx, s.ID, series, Page{After: p.After, Limit: p.Limit + 1})
	if err != nil {
		return nil, 0, err
	}
	var next int64
	if len(list) > p.Limit {
		list = list[:p.Limit]
		next = list[len(list)-1].Place
	}
	size := 0
	for i := range list {
		if err := m.fillStatement(ctx, &list[i]); err != nil {
			return nil, 0, err
		}
		if size += list[i].size(); size > maxPageBytes && i+1 < len(list) {
			return list[:i+1], list[i].Place, nil
		}
	}
	return list, next, nil
}

// CountStatements returns how many statements of a series were ever accepted. NotFound.
func (m *Manager) CountStatements(ctx context.Context, ref Ref, series Series) (int, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return 0, err
	}
	return m.cfg.Store.CountStatements(ctx, s.ID, series)
}

// maxPageBytes ends a page of statements early: one alone may have printed its
// output limit.
const maxPageBytes = 16 << 20

// size is about how many bytes of code and output the statement carries.
func (s *Statement) size() int {
	n := len(s.Code)
	for _, o := range s.Output {
		n += len(o.Text)
		for _, v := range o.Data {
			n += len(v)
		}
	}
	for _, v := range s.Result {
		n += len(v)
	}
	return n
}

// Cancel asks a statement to stop. A waiting one is cancelled at once, a running
// one is interrupted and stays StatementCancelling until its code has really
// stopped; a final one stays as it is. Cancelling again interrupts again.
// NotFound; Conflict with ReasonState if the session is ending or has ended.
func (m *Manager) Cancel(ctx context.Context, ref Ref, place int64) error {
	return m.cancel(ctx, ref, SeriesCode, place)
}

func (m *Manager) cancel(ctx context.Context, ref Ref, series Series, place int64) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	var st Statement
	_, err = m.change(ctx, s.ID, func(tx Tx, s *Session) (bool, error) {
		var err error
		if st, err = findStatement(ctx, tx, s.ID, series, place); err != nil {
			return false, err
		}
		if err := s.acceptsIn(series); err != nil {
			return false, err
		}
		return cancelIn(ctx, tx, s, &st)
	})
	if err != nil {
		return err
	}
	if st.State == StatementCancelling {
		m.attend(s.ID).interrupt(st.Number)
	}
	return nil
}

// cancelIn marks a statement and tells whether the session changed with it.
func cancelIn(ctx context.Context, tx Tx, s *Session, st *Statement) (bool, error) {
	switch st.State {
	case StatementRunning:
		st.State = StatementCancelling
		return false, tx.UpdateStatement(ctx, st)
	case StatementWaiting:
		st.State, st.CompletedAt, st.Progress = StatementCancelled, time.Now(), 1
		if err := tx.UpdateStatement(ctx, st); err != nil {
			return false, err
		}
		open, err := tx.OpenStatements(ctx, s.ID, 1)
		if err != nil || len(open) > 0 || s.State != StateIdle {
			return false, err
		}
		s.restIdle(st.CompletedAt)
		return true, nil
	}
	return false, nil
}
