// Package store keeps sessions, statements and output in SQLite or PostgreSQL:
// one implementation of session.Store, one set of queries, two folders of migrations.
//
// It holds no rule about sessions and never reads the database's clock. Only cmd opens it and only
// session.Manager writes to it; everybody else sees session.Reader, if that. What a newcomer gets
// wrong: there is no locking read. A writer reads, decides, and updates by compare-and-set on the
// version; it starts again when the answer is Conflict with ReasonConcurrent.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"hearth/internal/session"
)

// Store is a session.Store in a database. It is safe for concurrent use.
type Store struct {
	reader
	backend *backend
	// file is the path of an SQLite database, "" in PostgreSQL.
	file string
	// write is where transactions run, read is for all other reading. They are one pool in
	// PostgreSQL; in SQLite write is a single connection.
	write, read *sql.DB
	prepared    preparedStmts
	// reserve is for a full disk; nil in PostgreSQL.
	reserve *reserve
	// rigid is why an SQLite database cannot shrink, which is said once; nil if it can.
	rigid    error
	complain sync.Once
	// within wraps a transaction for its queries.
	within func(*sql.Tx) querier
}

var _ session.Store = (*Store)(nil)

// backend holds the differences between the databases.
type backend struct {
	name string
	// isolation of transactions; nil leaves it to the driver.
	isolation *sql.TxOptions
	// orderInserts, if set, is run before a session's Seq is drawn.
	orderInserts string
	// classify reads the code of an error.
	classify func(error) fault
}

// Open opens the database, creates it if it is an SQLite file that does not exist, and brings its
// schema up to date. The dsn is a file path, "sqlite:PATH", or a "postgres://" or "postgresql://"
// URL. The error says what to do if the database is damaged, in use or newer than this program.
func Open(ctx context.Context, dsn string) (*Store, error) {
	if isPostgres(dsn) {
		return openPostgres(ctx, dsn)
	}
	path, _ := File(dsn)
	return openSQLite(ctx, path, sqlitePatience)
}

// File returns the path of the database's file, false if it is kept by a server.
func File(dsn string) (path string, found bool) {
	if isPostgres(dsn) {
		return "", false
	}
	return strings.TrimPrefix(dsn, "sqlite:"), true
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// WithTx implements session.Store.
func (s *Store) WithTx(ctx context.Context, fn func(session.Tx) error) error {
	sqlTx, err := s.write.BeginTx(ctx, s.backend.isolation)
	if err != nil {
		return s.fail(ctx, "begin transaction", err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // after a commit it does nothing; otherwise the connection is dropped
	t := newTx(s, sqlTx)
	if err := fn(t); err != nil {
		return s.made(t, err)
	}
	if *t.failed != nil {
		// PostgreSQL has given the transaction up; SQLite must not differ.
		return s.made(t, fmt.Errorf("commit after a failed statement: %w", *t.failed))
	}
	return s.made(t, s.fail(ctx, "commit transaction", sqlTx.Commit()))
}

// Close implements session.Store.
func (s *Store) Close() error {
	s.prepared.close()
	var err error
	if s.read != nil && s.read != s.write {
		err = s.read.Close()
	}
	if errWrite := s.write.Close(); errWrite != nil {
		err = errWrite
	}
	if err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// tx is a transaction.
type tx struct {
	reader
	backend *backend
	reserve *reserve
	// grows is set by what adds to the database.
	grows bool
}

var _ session.Tx = (*tx)(nil)

func newTx(s *Store, sqlTx *sql.Tx) *tx {
	return &tx{backend: s.backend, reserve: s.reserve, reader: reader{q: s.within(sqlTx), faults: &faults{classify: s.backend.classify, failed: new(error)}}}
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	result, err := t.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, t.fail(ctx, doing, err)
	}
	n, err := result.RowsAffected()
	return n, t.fail(ctx, doing, err)
}

// SetAliveAt implements session.Tx.
func (t *tx) SetAliveAt(ctx context.Context, at time.Time) error {
	_, err := t.exec(ctx, "record that the server lives", setAliveAt, micros(at))
	return err
}

const setAliveAt = `INSERT INTO server (id, alive_at) VALUES (1, $1)
ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`

// AliveAt implements session.Reader.
func (r *reader) AliveAt(ctx context.Context) (time.Time, error) {
	var at int64
	err := r.q.QueryRowContext(ctx, `SELECT coalesce(max(alive_at), 0) FROM server`).Scan(&at)
	return fromMicros(at), r.fail(ctx, "read when the server last lived", err)
}
