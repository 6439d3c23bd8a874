package store

import (
	"context"
)

// NextNumber implements session.Tx.
func (t *tx) NextNumber(ctx context.Context, series string) (int64, error) {
	if err := t.grow(ctx); err != nil {
		return 0, err
	}
	var n int64
	err := t.q.QueryRowContext(ctx, nextNumber, text(series)).Scan(&n)
	return n, t.fail(ctx, "draw the next number of "+series, err)
}

const nextNumber = `INSERT INTO numbers (series, next) VALUES ($1, 1)
ON CONFLICT (series) DO UPDATE SET next = numbers.next + 1 RETURNING next - 1`
