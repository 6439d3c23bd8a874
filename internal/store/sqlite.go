package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	sqliteName = "sqlite"
	// sqliteReaders is how many reads may run beside the writer.
	sqliteReaders = 4
	// sqliteLog is the size, in bytes, to which the log beside the file is cut when it was longer.
	sqliteLog = 8 << 20
	// sqlitePatience is how long a writer of another program is waited for.
	sqlitePatience = 5 * time.Second
)

// openSQLite opens a database file with one connection for writing and a few for reading, which see
// the last commit and wait for nobody.
func openSQLite(ctx context.Context, path string, patience time.Duration) (*Store, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	s := &Store{file: path, backend: &backend{name: sqliteName, classify: classifySQLite}}
	s.faults = &faults{classify: classifySQLite}
	s.reserve = openReserve(path)
	err := s.connectSQLite(ctx, path, patience)
	if err != nil && classifySQLite(err) == faultFull && s.reserve.release() {
		err = s.connectSQLite(ctx, path, patience)
	}
	if err != nil {
		return nil, explainSQLite(path, err)
	}
	return s, nil
}

// connectSQLite opens the connections. After an error none is open.
func (s *Store) connectSQLite(ctx context.Context, path string, patience time.Duration) (err error) {
	defer func() {
		if err != nil && s.write != nil {
			_ = s.Close() // the error that matters is the one before
			s.write, s.read, s.prepared = nil, nil, nil
		}
	}()
	options := []string{
		"_txlock=immediate", "_pragma=foreign_keys(1)", "_pragma=synchronous(NORMAL)",
		"_pragma=journal_mode(WAL)", fmt.Sprintf("_pragma=journal_size_limit(%d)", sqliteLog),
	}
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		// It is stored in the database, and written at every connection that has it.
		options = append(options, "_pragma=auto_vacuum(INCREMENTAL)")
	}
	write, err := sqliteDSN(path, patience, options...)
	if err != nil {
		return err
	}
	read, err := sqliteDSN(path, patience, "_pragma=query_only(1)")
	if err != nil {
		return err
	}
	if s.write, err = sql.Open(sqliteName, write); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write, sqliteName); err != nil {
		return err
	}
	if err := s.convert(ctx); err != nil {
		return err
	}
	if s.read, err = sql.Open(sqliteName, read); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(sqliteReaders)
	s.read.SetMaxIdleConns(sqliteReaders)
	if s.prepared, err = prepare(ctx, s.write, hotQueries()...); err != nil {
		return err
	}
	s.within = func(t *sql.Tx) querier { return preparedTx{tx: t, prepared: s.prepared} }
	reads, err := prepare(ctx, s.read, hotReads()...)
	if err != nil {
		return err
	}
	s.q = preparedPool{db: s.read, prepared: reads}
	return nil
}

// hotReads are the queries of polling clients and of the sweeper.
func hotReads() []string {
	return []string{
		selectSession, findSession, selectStatement, findStatement, listStatements, openStatements, nextStatement, countStatements, countWaiting, selectOutput,
		dueSessions, endedSessions, uncountedSessions, excessSessions,
	}
}

// hotQueries are those that run for every statement of a user.
func hotQueries() []string {
	return append(hotReads(), insertStatement, updateStatement, insertOutput, updateSession, updateSessionTags,
		insertSession, insertTag, insertLabel, setAliveAt)
}

// createFile makes the database readable for its owner alone: it holds code, output and secrets.
// SQLite's side files get the same mode.
func createFile(path string) error {
	if path == "" || path == ":memory:" {
		return errors.New("open the database: a file path is needed")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer f.Close()
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return nil
}

// sqliteDSN is a URI, so that a path may hold any character.
func sqliteDSN(path string, patience time.Duration, options ...string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the database: %w", err)
	}
	dsn := (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String() +
		fmt.Sprintf("?_pragma=busy_timeout(%d)", patience.Milliseconds())
	for _, o := range options {
		dsn += "&" + o
	}
	return dsn, nil
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}

func classifySQLite(err error) fault {
	switch code := sqliteCode(err); code {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return faultUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return faultForeign
	default:
		switch {
		case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_SHMSIZE:
			return faultFull
		}
		switch code & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR:
			return faultUnavailable
		}
	}
	return faultOther
}

// explainSQLite adds the remedy to the error of a database that does not open.
func explainSQLite(path string, err error) error {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("open the database: %s is damaged or no SQLite database; "+
			"restore it from a backup, or move it away to start with an empty one: %w", path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("open the database: another program keeps %s locked; end that program first: %w", path, err)
	}
	return fmt.Errorf("open the database %s: %w", path, err)
}
