package livyapi

import (
	"context"

	"hearth/internal/session"
)

// ListBytes bounds the code and output of a list of statements, unless it has one alone. A page
// that ends early because it is large ends the list, too. An answer takes several times as much
// memory while it is written.
const ListBytes = 16 << 20

// Statements reads pages of statements; session.Manager does.
type Statements interface {
	Statements(ctx context.Context, ref session.Ref, series session.Series, p session.Page) ([]session.Statement, int64, error)
}

// statementsPage is how many statements, with their output, are read at a time.
const statementsPage = 100

// EachStatement calls add for the statements of a page of any length, in order, until they are as
// large as ListBytes.
func EachStatement(ctx context.Context, from Statements, ref session.Ref, series session.Series, p session.Page, add func(session.Statement)) error {
	for size, n := 0, 0; p.Limit > 0; {
		limit := min(p.Limit, statementsPage)
		list, next, err := from.Statements(ctx, ref, series, session.Page{After: p.After, Limit: limit})
		if err != nil {
			return err
		}
		for _, st := range list {
			if size += st.Size(); size > ListBytes && n > 0 {
				return nil
			}
			add(st)
			n++
		}
		if next == 0 || len(list) < limit {
			return nil
		}
		p.After, p.Limit = next, p.Limit-len(list)
	}
	return nil
}
