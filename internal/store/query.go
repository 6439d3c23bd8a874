package store

import (
	"context"
	"database/sql"
	"fmt"
)

// querier runs queries: *sql.DB, *sql.Tx, preparedTx and preparedPool do.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// reader implements session.Reader on a pool or a transaction.
type reader struct {
	q querier
	*faults
}

// preparedStmts are prepared statements by their text. SQLite needs them: its driver would parse
// each query anew. pgx keeps its own.
type preparedStmts map[string]*sql.Stmt

func prepare(ctx context.Context, db *sql.DB, queries ...string) (preparedStmts, error) {
	s := preparedStmts{}
	for _, q := range queries {
		stmt, err := db.PrepareContext(ctx, q) //nolint:sqlclosecheck // close closes all of them
		if err != nil {
			s.close()
			return nil, fmt.Errorf("prepare %q: %w", q, err)
		}
		s[q] = stmt
	}
	return s, nil
}

func (s preparedStmts) close() {
	for _, stmt := range s {
		_ = stmt.Close() // the pool is closed next and frees what is left
	}
}

// preparedTx is a transaction on SQLite's single writer connection.
//
// Its statements take microseconds, so they look at the context before they run and not while they
// run: an interrupt in the middle would cost the driver a goroutine per statement and us the
// connection.
type preparedTx struct {
	tx       *sql.Tx
	prepared preparedStmts
}

func (p preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if stmt := p.prepared[query]; stmt != nil {
		return p.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...) //nolint:sqlclosecheck // its end is the transaction's
	}
	return p.tx.ExecContext(ctx, query, args...)
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if stmt := p.prepared[query]; stmt != nil {
		return p.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...) //nolint:sqlclosecheck // its end is the transaction's
	}
	return p.tx.QueryContext(ctx, query, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if ctx.Err() != nil {
		return p.tx.QueryRowContext(ctx, query, args...) // answers with the context's error
	}
	ctx = context.WithoutCancel(ctx)
	if stmt := p.prepared[query]; stmt != nil {
		return p.tx.StmtContext(ctx, stmt).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // its end is the transaction's
	}
	return p.tx.QueryRowContext(ctx, query, args...)
}

// preparedPool reads through statements prepared on a pool.
type preparedPool struct {
	db       *sql.DB
	prepared preparedStmts
}

func (p preparedPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, query, args...)
}

func (p preparedPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := p.prepared[query]; stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.db.QueryContext(ctx, query, args...)
}

func (p preparedPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := p.prepared[query]; stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return p.db.QueryRowContext(ctx, query, args...)
}

// collect reads all rows through scan.
func collect[T any](ctx context.Context, r *reader, doing string, scan func(scanner) (T, error), query string, args ...any) (found []T, err error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has what matters
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, r.fail(ctx, doing, err)
		}
		found = append(found, v)
	}
	if err := rows.Err(); err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	return found, nil
}

// scanner is *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }
