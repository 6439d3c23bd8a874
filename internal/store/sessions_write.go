package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hearth/internal/session"
)

// InsertSession implements session.Tx.
func (t *tx) InsertSession(ctx context.Context, s *session.Session) error {
	doing := "insert session " + s.ID
	if err := t.grow(ctx); err != nil {
		return err
	}
	if t.backend.orderInserts != "" {
		if _, err := t.exec(ctx, doing, t.backend.orderInserts); err != nil {
			return err
		}
	}
	var seq int64
	err := t.q.QueryRowContext(ctx, insertSession, values(insertedColumns(), s)...).Scan(&seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return taken("session")
	case err != nil:
		return t.fail(ctx, doing, err)
	}
	if err := t.insertPairs(ctx, doing, insertTag, s.ID, textMap(s.Tags)); err != nil {
		return err
	}
	if err := t.insertPairs(ctx, doing, insertLabel, s.ID, textMap(s.Labels)); err != nil {
		return err
	}
	s.Seq, s.Version = seq, 1
	return nil
}

// UpdateSession implements session.Tx. Labels stay as they were inserted.
func (t *tx) UpdateSession(ctx context.Context, s *session.Session) error {
	doing := "update session " + s.ID
	args := append(values(sessionColumns(), s), s.ID, s.Version)
	n, err := t.exec(ctx, doing, updateSession, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := t.updateWithTags(ctx, doing, s, args); err != nil {
			return err
		}
	}
	s.Version++
	return nil
}

// updateWithTags is the rarer way: the tags differ from the stored ones, unless the session is gone
// or has another version.
func (t *tx) updateWithTags(ctx context.Context, doing string, s *session.Session, args []any) error {
	n, err := t.exec(ctx, doing, updateSessionTags, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return t.absentOrChanged(ctx, doing, noSession(), "session", `SELECT version FROM sessions WHERE id = $1`, s.ID)
	}
	if _, err := t.exec(ctx, doing, `DELETE FROM session_tags WHERE session_id = $1`, s.ID); err != nil {
		return err
	}
	return t.insertPairs(ctx, doing, insertTag, s.ID, textMap(s.Tags))
}

// absentOrChanged returns why a compare-and-set found nothing.
func (t *tx) absentOrChanged(ctx context.Context, doing string, absent error, what, query string, args ...any) error {
	var version int64
	switch err := t.q.QueryRowContext(ctx, query, args...).Scan(&version); {
	case errors.Is(err, sql.ErrNoRows):
		return absent
	case err != nil:
		return t.fail(ctx, doing, err)
	}
	return changed(what)
}

// insertPairs adds tags or labels.
func (t *tx) insertPairs(ctx context.Context, doing, query, id string, pairs map[string]string) error {
	for k, v := range pairs {
		if _, err := t.exec(ctx, doing, query, id, k, v); err != nil {
			return err
		}
	}
	return nil
}

// TrimSession implements session.Tx.
func (t *tx) TrimSession(ctx context.Context, id string, bytes int) (int, error) {
	n, err := t.exec(ctx, "remove output of session "+id, trimOutputs, id, bytes)
	if err == nil && n == 0 {
		n, err = t.exec(ctx, "remove statements of session "+id, trimStatements, id, bytes)
	}
	return int(n), err
}

// DeleteSession implements session.Tx.
func (t *tx) DeleteSession(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "delete session "+id, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}

func insertedColumns() []column[session.Session] {
	return slices.Concat(sessionColumns(), bornColumns())
}

var (
	// A taken id is no error to the database here, so that the transaction goes on in PostgreSQL as
	// it does in SQLite.
	insertSession = `INSERT INTO sessions (` + columnNames(insertedColumns()) + `, version)
VALUES (` + placeholders(len(insertedColumns())) + `, 1) ON CONFLICT DO NOTHING RETURNING seq`

	updateSessionTags = `UPDATE sessions SET ` + assignments(sessionColumns()) + `, version = version + 1
WHERE id = ` + placeholder(len(sessionColumns())+1) + ` AND version = ` + placeholder(len(sessionColumns())+2)
	// updateSession leaves session_tags alone and so demands equal tags: the first column.
	updateSession = updateSessionTags + ` AND tags = $1`
)

const (
	trimOutputs = `DELETE FROM outputs WHERE session_id = $1 AND seq IN (
	SELECT seq FROM (
		SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM (
			SELECT seq, octet_length(text) + octet_length(data) AS bytes FROM outputs
			WHERE session_id = $1 ORDER BY seq LIMIT 256) each) counted
	WHERE before < $2 OR before = 0)`
	trimStatements = `DELETE FROM statements WHERE session_id = $1 AND number IN (
	SELECT number FROM (
		SELECT number, sum(bytes) OVER (ORDER BY number) - bytes AS before FROM (
			SELECT number, octet_length(code) + octet_length(result) + octet_length(error) AS bytes FROM statements
			WHERE session_id = $1 ORDER BY number LIMIT 256) each) counted
	WHERE before < $2 OR before = 0)`

	insertTag   = `INSERT INTO session_tags (session_id, key, value) VALUES ($1, $2, $3)`
	insertLabel = `INSERT INTO session_labels (session_id, key, value) VALUES ($1, $2, $3)`
)
