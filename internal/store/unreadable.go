package store

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/session"
)

// sessions reads sessions. Those whose rows cannot be read cost no other one: beside the others, a
// session.UnreadableError names them.
func (r *reader) sessions(ctx context.Context, doing, query string, args ...any) (found []session.Session, err error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has what matters
	var bad []session.Unreadable
	var why error
	for rows.Next() {
		s, err := scanSession(rows)
		if isUnreadable(err) {
			var which session.Unreadable
			why = err
			if which, err = nameSession(rows); err == nil {
				bad = append(bad, which)
				continue
			}
		}
		if err != nil {
			return nil, r.fail(ctx, doing, err)
		}
		found = append(found, s)
	}
	if err := rows.Err(); err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	if bad != nil {
		return found, &session.UnreadableError{Sessions: bad, Err: fmt.Errorf("%s: %w", doing, why)}
	}
	return found, nil
}

func isUnreadable(err error) bool {
	_, ok := errors.AsType[*unreadable](err)
	return ok
}

// nameSession reads no more of a session's row than its name.
func nameSession(row scanner) (session.Unreadable, error) {
	columns := allSessionColumns()
	var name session.Unreadable
	args := make([]any, len(columns))
	for i, c := range columns {
		switch c.name {
		case "id":
			args[i] = &name.ID
		case "seq":
			args[i] = &name.Seq
		default:
			args[i] = new(any)
		}
	}
	return name, row.Scan(args...)
}
