package sessiontest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"hearth/internal/session"
)

// Statement implements session.Reader.
func (r *reader) Statement(ctx context.Context, sessionID string, number int64) (session.Statement, error) {
	st, err := r.at(ctx)
	if err != nil {
		return session.Statement{}, err
	}
	if rec, ok := st.records[sessionID]; ok {
		if i, ok := rec.find(number); ok {
			return cloneStatement(rec.statements[i]), nil
		}
	}
	return session.Statement{}, noStatement()
}

// FindStatement implements session.Reader.
func (r *reader) FindStatement(ctx context.Context, sessionID string, which session.StatementRef) (session.BriefStatement, error) {
	s, err := r.Session(ctx, sessionID)
	if err == nil && !s.DeletedAt.IsZero() || errors.Is(err, session.NotFound) {
		return session.BriefStatement{}, noStatement()
	}
	if err != nil {
		return session.BriefStatement{}, err
	}
	found, err := r.statements(ctx, sessionID, 1, func(s *session.Statement) bool {
		return s.Series == which.Series && s.Place == which.Place
	})
	if err != nil || len(found) == 0 {
		return session.BriefStatement{}, cmp.Or(err, noStatement())
	}
	brief, err := r.brief(ctx, found)
	if err != nil {
		return session.BriefStatement{}, err
	}
	return brief[0], nil
}

// ListStatements implements session.Reader.
func (r *reader) ListStatements(ctx context.Context, sessionID string, series session.Series, page session.Page) ([]session.BriefStatement, error) {
	found, err := r.statements(ctx, sessionID, unlimited, func(s *session.Statement) bool {
		return s.Series == series && s.Place > page.After
	})
	slices.SortStableFunc(found, func(a, b session.Statement) int { return cmp.Compare(a.Place, b.Place) })
	if err != nil {
		return nil, err
	}
	return r.brief(ctx, found[:min(len(found), max(page.Limit, 0))])
}

// brief returns statements as lists have them.
func (r *reader) brief(ctx context.Context, list []session.Statement) ([]session.BriefStatement, error) {
	var all []session.BriefStatement
	for _, s := range list {
		own := len(s.Code) + dictionaryBytes(s.Result) + jsonBytes(s.Error)
		b := session.BriefStatement{Statement: s, Brief: own > session.BriefBytes, Bytes: int64(own)}
		if b.Brief {
			b.Code, b.Result, b.Error = "", nil, nil
		}
		out, err := r.Output(ctx, s.SessionID, s.Number)
		if err != nil {
			return nil, err
		}
		for _, o := range out {
			b.OutputBytes += int64(len(o.Text) + dictionaryBytes(o.Data))
		}
		all = append(all, b)
	}
	return all, nil
}

// dictionaryBytes returns how many bytes a dictionary has as JSON, in which none is an empty one.
func dictionaryBytes(values map[string]string) int {
	if len(values) == 0 {
		return len("{}")
	}
	return jsonBytes(values)
}

// jsonBytes returns how many bytes a value has as JSON.
func jsonBytes(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was stored always encodes
	}
	return len(b)
}

// OpenStatements implements session.Reader.
func (r *reader) OpenStatements(ctx context.Context, sessionID string, limit int) ([]session.Statement, error) {
	open, err := r.statements(ctx, sessionID, limit, func(s *session.Statement) bool { return !s.State.Final() })
	for i := range open {
		open[i].Code, open[i].Result = "", nil
	}
	return open, err
}

// CountStatements implements session.Reader.
func (r *reader) CountStatements(ctx context.Context, sessionID string, series session.Series) (int, error) {
	found, err := r.statements(ctx, sessionID, unlimited, func(s *session.Statement) bool { return s.Series == series })
	return len(found), err
}

// NextStatement implements session.Reader.
func (r *reader) NextStatement(ctx context.Context, sessionID string) (session.Statement, error) {
	found, err := r.statements(ctx, sessionID, 1, func(s *session.Statement) bool { return !s.State.Final() })
	if err == nil && len(found) == 0 {
		err = noStatement()
	}
	if err != nil {
		return session.Statement{}, err
	}
	return found[0], nil
}

// CountWaiting implements session.Reader.
func (r *reader) CountWaiting(ctx context.Context, sessionID string) (n int, bytes int64, err error) {
	waiting, err := r.statements(ctx, sessionID, unlimited, func(s *session.Statement) bool {
		return s.State == session.StatementWaiting
	})
	for _, s := range waiting {
		bytes += int64(len(s.Code))
	}
	return len(waiting), bytes, err
}

func (r *reader) statements(ctx context.Context, sessionID string, limit int, keep func(*session.Statement) bool) ([]session.Statement, error) {
	st, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	rec, ok := st.records[sessionID]
	if !ok {
		return nil, nil
	}
	var found []session.Statement
	for i := range rec.statements {
		if len(found) >= limit {
			break
		}
		if keep(&rec.statements[i]) {
			found = append(found, cloneStatement(rec.statements[i]))
		}
	}
	return found, nil
}

// Output implements session.Reader.
func (r *reader) Output(ctx context.Context, sessionID string, number int64) ([]session.Output, error) {
	st, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	rec, ok := st.records[sessionID]
	if !ok {
		return nil, nil
	}
	var found []session.Output
	for _, o := range rec.output {
		if o.number == number {
			found = append(found, cloneOutput(o.Output))
		}
	}
	return found, nil
}
