package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// Run accepts a statement and returns it as it was accepted: waiting, though it may run by then.
// Its Place in its series is drawn with it; where it is refused, the statement returned has the
// SessionID alone. NotFound; Unsupported for a language that the engine does not run, unless n has
// Failed; Conflict with ReasonState if the session takes no statements now; Busy with ReasonQueue
// if too many statements wait.
func (m *Manager) Run(ctx context.Context, ref Ref, n NewStatement) (Statement, error) {
	var st Statement
	s, err := m.changeRef(ctx, ref, func(tx Tx, s *Session) (bool, error) {
		st = newStatement(s, n, time.Now())
		waiting, err := m.admitStatement(ctx, tx, s, n, st.Language)
		if err != nil {
			return false, err
		}
		s.Statements++
		st.Number = s.Statements
		s.ActiveAt = st.CreatedAt
		switch {
		case n.Failed == nil:
			s.IdleDeadline = time.Time{}
		case s.State == StateIdle && !s.IdleDeadline.IsZero():
			s.restIdle(st.CreatedAt)
		}
		switch {
		case n.Failed != nil:
			st.ExecutionCount = int(st.Number)
		case s.State == StateIdle && waiting == 0 && m.instance(s.ID) != nil:
			// Nothing is before it, so that no other transaction need take it.
			if err := s.begin(&st, st.CreatedAt); err != nil {
				return false, err
			}
		}
		// The session first: of two statements that come at once, one finds another version there
		// and tries again, where the number of the statement would be taken.
		if err := tx.UpdateSession(ctx, s); err != nil {
			return false, err
		}
		return false, tx.InsertStatement(ctx, &st)
	})
	if err != nil {
		return Statement{SessionID: s.ID}, err
	}
	switch st.State {
	case StatementRunning:
		m.runners.attend(s.ID).hand(st)
		st.State, st.StartedAt = StatementWaiting, time.Time{}
	case StatementWaiting:
		m.runners.wake(s.ID)
	}
	return st, nil
}

func newStatement(s *Session, n NewStatement, now time.Time) Statement {
	st := Statement{
		SessionID: s.ID, Series: n.Series, Language: n.Language, Code: n.Code, State: StatementWaiting, CreatedAt: now,
		ExternalID: n.ExternalID, Description: n.Description, Extra: n.Extra,
	}
	if st.Language == "" {
		st.Language = s.Spec.Setup.Language
	}
	if n.Failed != nil {
		st.State, st.Status, st.Error = StatementDone, engine.StatusError, n.Failed
		st.Progress, st.StartedAt, st.CompletedAt = 1, now, now
	}
	return st
}

// admitStatement refuses a statement that the session does not take, and returns how many wait.
func (m *Manager) admitStatement(ctx context.Context, r Reader, s *Session, n NewStatement, lang engine.Language) (int, error) {
	if s.IsBatch() {
		return 0, s.accepts()
	}
	switch runs, err := m.runs(s, lang); {
	case n.Failed != nil: // it needs no engine
	case err != nil:
		return 0, err
	case !runs:
		return 0, errorf(Unsupported, "", "Statements of language %q are not supported.", lang)
	}
	if err := s.acceptsIn(n.Series); err != nil {
		return 0, err
	}
	waiting, bytes, err := r.CountWaiting(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	switch {
	case waiting >= m.cfg.MaxWaiting:
		return waiting, errorf(Busy, ReasonQueue, "%d statements wait already.", waiting)
	case bytes+int64(len(n.Code)) > maxWaitingBytes:
		return waiting, errorf(Busy, ReasonQueue, "Statements with %d MiB of code wait already.", bytes>>20)
	}
	return waiting, nil
}

// maxWaitingBytes bounds the code that waits in one session.
const maxWaitingBytes = 64 << 20

// Open returns the statements of all series that have not ended, in rising order, without code,
// result and output. One that cannot be read is left out and logged. NotFound.
func (m *Manager) Open(ctx context.Context, ref Ref) ([]Statement, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return nil, err
	}
	open, err := m.cfg.Store.OpenStatements(ctx, s.ID, m.cfg.MaxWaiting+1)
	if _, ok := m.unreadStatements(ctx, err); err != nil && !ok {
		return nil, err
	}
	return open, nil
}

// Statement returns a statement with its output. NotFound with ReasonNoSession or
// ReasonNoStatement; Throttled while other large answers are read.
func (m *Manager) Statement(ctx context.Context, ref Ref, which StatementRef) (Statement, error) {
	return m.statement(ctx, ref, which, withOutput)
}

// EndedStatement is Statement for an API that shows no output before the end: of a statement that
// has not ended it reads none.
func (m *Manager) EndedStatement(ctx context.Context, ref Ref, which StatementRef) (Statement, error) {
	return m.statement(ctx, ref, which, func(st *Statement) bool { return st.State.Final() })
}

func withOutput(*Statement) bool { return true }

func (m *Manager) statement(ctx context.Context, ref Ref, which StatementRef, output func(*Statement) bool) (Statement, error) {
	if ref.ID == "" {
		s, err := m.find(ctx, m.cfg.Store, ref)
		if err != nil {
			return Statement{}, err
		}
		ref.ID = s.ID
	}
	found, err := m.cfg.Store.FindStatement(ctx, ref.ID, which)
	if errors.Is(err, NotFound) {
		_, errSession := m.find(ctx, m.cfg.Store, ref)
		return Statement{}, cmp.Or(errSession, noStatement(which))
	}
	if err != nil {
		return Statement{}, err
	}
	bytes := found.Bytes
	if output(&found.Statement) {
		bytes += found.OutputBytes
	}
	if err := m.takeMemory(ctx, bytes); err != nil {
		return Statement{}, err
	}
	return m.whole(ctx, found, output)
}

// takeMemory takes memory for what is read next. Throttled.
func (m *Manager) takeMemory(ctx context.Context, bytes int64) error {
	if err := m.cfg.TakeMemory(ctx, bytes); err != nil {
		return &Error{Kind: Throttled, Msg: "Too many large answers are being read. Try again.", Err: err}
	}
	return nil
}

func noStatement(which StatementRef) error {
	return errorf(NotFound, ReasonNoStatement, "Statement %d not found", which.Place)
}

// whole returns all of a statement, its output where that is wanted: of a brief one that has ended
// by the time it is read again, too.
func (m *Manager) whole(ctx context.Context, b BriefStatement, output func(*Statement) bool) (Statement, error) {
	st := b.Statement
	if b.Brief {
		var err error
		if st, err = m.cfg.Store.Statement(ctx, b.SessionID, b.Number); err != nil {
			return Statement{}, err
		}
	}
	if output(&st) {
		out, err := m.cfg.Store.Output(ctx, st.SessionID, st.Number)
		if err != nil {
			return Statement{}, err
		}
		st.assemble(out)
	}
	if r := m.runners.find(st.SessionID); r != nil && !st.State.Final() {
		st.Progress = r.live.statement(st.Number)
	}
	return st, nil
}

// Statements returns the statements of a series with their output in order of acceptance, and the
// position of the next page, 0 if this is the last. A page ends early when its output is large, or
// when there is no memory for more of it. One that cannot be read is left out and logged. NotFound;
// Throttled if there is no memory for the beginning of the page.
func (m *Manager) Statements(ctx context.Context, ref Ref, series Series, p Page) ([]Statement, int64, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return nil, 0, err
	}
	total, err := m.cfg.Store.CountStatements(ctx, s.ID, series)
	if err != nil {
		return nil, 0, err
	}
	var list []Statement
	at, size := p.After, int64(0)
	for len(list) < p.Limit && at < int64(total) {
		part, err := m.cfg.Store.ListStatements(ctx, s.ID, series, Page{After: at, Limit: min(briefRows, p.Limit-len(list))})
		bad, ok := m.unreadStatements(ctx, err)
		if err != nil && !ok {
			return nil, 0, err
		}
		if len(part)+len(bad) == 0 {
			return list, 0, nil
		}
		fits, bytes := fitting(part, maxPageBytes-size)
		if fits == 0 && len(list) == 0 && len(part) > 0 {
			fits, bytes = 1, part[0].Bytes+part[0].OutputBytes
		}
		err = m.takeMemory(ctx, bytes)
		switch {
		case err != nil && len(list) > 0:
			return list, at, nil // the page ends early
		case err != nil:
			return nil, 0, err
		}
		for _, b := range part[:fits] {
			at = b.Place
			st, err := m.whole(ctx, b, withOutput)
			if _, ok := m.unreadStatements(ctx, err); ok {
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			list = append(list, st)
		}
		size += bytes
		switch {
		case fits == len(part):
			for _, b := range bad {
				at = max(at, b.Place)
			}
		case len(list) > 0:
			return list, at, nil
		}
	}
	if len(list) == 0 || at >= int64(total) {
		return list, 0, nil
	}
	return list, at, nil
}

// fitting returns how many of the first statements have at most limit bytes together, and how many
// they have.
func fitting(list []BriefStatement, limit int64) (n int, bytes int64) {
	for ; n < len(list); n++ {
		more := list[n].Bytes + list[n].OutputBytes
		if bytes+more > limit {
			break
		}
		bytes += more
	}
	return n, bytes
}

// CountStatements returns how many statements of a series were ever accepted. NotFound.
func (m *Manager) CountStatements(ctx context.Context, ref Ref, series Series) (int, error) {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return 0, err
	}
	return m.cfg.Store.CountStatements(ctx, s.ID, series)
}

// briefRows is how many brief statements are read at a time.
const briefRows = 32

// maxPageBytes ends a page of statements early: one alone may have printed its output limit.
const maxPageBytes = 16 << 20

// Size returns about how many bytes of code and output the statement carries.
func (s *Statement) Size() int {
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

// Cancel requests the end of a statement. A waiting one is cancelled at once, a running one is
// interrupted and stays StatementCancelling until its code has really stopped; a final one stays as
// it is. Cancelling again interrupts again. NotFound; Conflict with ReasonState if the session is
// ending or has ended.
func (m *Manager) Cancel(ctx context.Context, ref Ref, which StatementRef) error {
	var st Statement
	var was StatementState
	s, err := m.changeRef(ctx, ref, func(tx Tx, s *Session) (bool, error) {
		found, err := tx.FindStatement(ctx, s.ID, which)
		if errors.Is(err, NotFound) {
			return false, noStatement(which)
		}
		if err != nil {
			return false, err
		}
		if st = found.Statement; found.Brief {
			if st, err = tx.Statement(ctx, s.ID, st.Number); err != nil {
				return false, err
			}
		}
		if err := s.acceptsIn(which.Series); err != nil {
			return false, err
		}
		was = st.State
		return cancelIn(ctx, tx, s, &st)
	})
	if err != nil {
		return err
	}
	if was == StatementWaiting {
		m.ended(&s, []*Statement{&st})
	}
	if st.State == StatementCancelling {
		m.runners.attend(s.ID).interrupt(st.Number)
	}
	return nil
}

// cancelIn marks a statement and reports whether the session changed with it.
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
		if unread(err) {
			return false, nil // one that is open, and ends when it is taken
		}
		if err != nil || len(open) > 0 || s.State != StateIdle {
			return false, err
		}
		s.restIdle(st.CompletedAt)
		return true, nil
	}
	return false, nil
}
