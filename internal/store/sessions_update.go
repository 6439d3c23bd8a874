package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hearth/internal/session"
)

// UpdateSession implements session.Tx. Labels stay as they were inserted.
func (t *tx) UpdateSession(ctx context.Context, s *session.Session) error {
	doing := "update session " + s.ID
	args, err := sessionArgs(s)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	args = append(args, s.ID, s.Version)
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

// updateWithTags is the rarer way: the tags differ from the stored ones, unless
// the session is gone or has another version.
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

// absentOrChanged tells why a compare-and-set found nothing.
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

const (
	updateSessionTags = `UPDATE sessions SET
	dialect = $1, scope = $2, external_id = $3, owner = $4, description = $5, tags = $6, extra = $7, size = $8, spec = $9,
	handle = $10, state = $11, cause = $12, reason = $13, info = $14, applied = $15,
	created_at = $16, ready_at = $17, ended_at = $18, deleted_at = $19, active_at = $20,
	idle_timeout = $21, lifetime = $22, idle_deadline = $23, lifetime_deadline = $24, statements = $25,
	heartbeat_timeout = $26, heartbeat_deadline = $27, jobs = $28,
	version = version + 1
WHERE id = $29 AND version = $30`
	// updateSession leaves session_tags alone and so demands equal tags.
	updateSession = updateSessionTags + ` AND tags = $6`

	insertTag   = `INSERT INTO session_tags (session_id, key, value) VALUES ($1, $2, $3)`
	insertLabel = `INSERT INTO session_labels (session_id, key, value) VALUES ($1, $2, $3)`
)
