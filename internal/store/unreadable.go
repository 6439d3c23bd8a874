package store

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/session"
)

// kind is how rows of a table are read, and how much of a row that cannot be read: its name.
type kind[T, N any] struct {
	scan func(scanner) (T, error)
	name func(scanner) (N, error)
}

// sessions reads sessions. Those whose rows cannot be read cost no other one: beside the others, a
// session.UnreadableError names them.
func (r *reader) sessions(ctx context.Context, doing, query string, args ...any) ([]session.Session, error) {
	found, bad, why, err := readRows(ctx, r, doing, kind[session.Session, session.Unreadable]{scanSession, nameSession}, query, args...)
	if err == nil && bad != nil {
		err = &session.UnreadableError{Sessions: bad, Err: why}
	}
	return found, err
}

// statements reads statements of a session as sessions reads sessions, with a
// session.UnreadableStatementsError.
func statements[T any](
	ctx context.Context, r *reader, sessionID, doing string, k kind[T, session.UnreadableStatement], query string, args ...any,
) ([]T, error) {
	found, bad, why, err := readRows(ctx, r, doing+" of session "+sessionID, k, query, append([]any{sessionID}, args...)...)
	if err == nil && bad != nil {
		err = &session.UnreadableStatementsError{SessionID: sessionID, Statements: bad, Err: why}
	}
	return found, err
}

// statement reads one statement of a session. NotFound if there is none.
func statement[T any](
	ctx context.Context, r *reader, sessionID, doing string, k kind[T, session.UnreadableStatement], query string, args ...any,
) (T, error) {
	found, err := statements(ctx, r, sessionID, doing, k, query, args...)
	var none T
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, noStatement()
	}
	return found[0], nil
}

// readRows reads all rows, and the names of those that cannot be read; why is what is wrong with
// the last of them.
func readRows[T, N any](
	ctx context.Context, r *reader, doing string, k kind[T, N], query string, args ...any,
) (found []T, bad []N, why, err error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, nil, r.fail(ctx, doing, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has what matters
	for rows.Next() {
		v, err := k.scan(rows)
		if isUnreadable(err) {
			var which N
			why = fmt.Errorf("%s: %w", doing, err)
			if which, err = k.name(rows); err == nil {
				bad = append(bad, which)
				continue
			}
		}
		if err != nil {
			return nil, nil, nil, r.fail(ctx, doing, err)
		}
		found = append(found, v)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, nil, r.fail(ctx, doing, err)
	}
	return found, bad, why, nil
}

func isUnreadable(err error) bool {
	_, ok := errors.AsType[*unreadable](err)
	return ok
}

// nameSession reads no more of a session's row than its name.
func nameSession(row scanner) (session.Unreadable, error) {
	var name session.Unreadable
	err := scanNamed(row, allSessionColumns(), map[string]any{"id": &name.ID, "seq": &name.Seq})
	return name, err
}

// nameStatement returns a function that reads no more of a statement's row than its names and its
// state.
func nameStatement[T any](columns []column[T]) func(scanner) (session.UnreadableStatement, error) {
	return func(row scanner) (session.UnreadableStatement, error) {
		var name session.UnreadableStatement
		err := scanNamed(row, columns, map[string]any{
			"number": &name.Number, "place": &name.Place, "state": phrase[session.StatementState]{&name.State},
		})
		return name, err
	}
}

// scanNamed reads some columns of a row that has others too.
func scanNamed[T any](row scanner, columns []column[T], into map[string]any) error {
	args := make([]any, len(columns))
	for i, c := range columns {
		if args[i] = into[c.name]; args[i] == nil {
			args[i] = new(any)
		}
	}
	return row.Scan(args...)
}
