package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresName = "postgres"
	// postgresConns is how many connections one server has to the database.
	postgresConns = 16
)

// openPostgres opens a PostgreSQL database. The tests run on 18.
func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx leaves the password out of its message.
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "hearth"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migrate(ctx, db, postgresName); err != nil {
		_ = db.Close() // the error that matters is the one before
		return nil, fmt.Errorf("open the database %s on %s: %w", config.Database, config.Host, err)
	}
	s := &Store{backend: &backend{
		name:      postgresName,
		isolation: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		// Held until the commit, so that sessions appear in the order of Seq: a list read in pages
		// misses none. The number is ours and means nothing.
		orderInserts: `SELECT pg_advisory_xact_lock(4842514177321)`,
		classify:     classifyPostgres,
	}, write: db, read: db, within: func(t *sql.Tx) querier { return t }}
	s.reader = reader{q: db, faults: &faults{classify: classifyPostgres}}
	return s, nil
}

func classifyPostgres(err error) fault {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, refused := errors.AsType[*pgconn.ConnectError](err)
		_, network := errors.AsType[net.Error](err)
		if refused || network || errors.Is(err, driver.ErrBadConn) {
			return faultUnavailable
		}
		return faultOther
	}
	switch e.Code {
	case "23505": // unique_violation
		return faultUnique
	case "23503": // foreign_key_violation
		return faultForeign
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return faultConcurrent
	case "57P01", "57P02", "57P03": // the server stops, has crashed, or starts
		return faultUnavailable
	case "53100": // disk_full
		return faultFull
	}
	switch e.Code[:2] {
	case "08", "53": // connection exceptions, insufficient resources
		return faultUnavailable
	}
	return faultOther
}
