package store

import "context"

const (
	// pieceRows is how many rows are counted in one query: a long one would keep SQLite's log from
	// being cut.
	pieceRows = 1024
	// rowBytes is about what a row takes beside what is counted of it: its other columns, and its
	// places in indexes.
	rowBytes = 256
)

// UncountedSessions implements session.Reader.
func (r *reader) UncountedSessions(ctx context.Context, limit int) ([]string, error) {
	return collect(ctx, r, "list uncounted sessions", scanID, uncountedSessions, max(limit, 0))
}

// ExcessSessions implements session.Reader.
func (r *reader) ExcessSessions(ctx context.Context, keep int64, limit int) ([]string, error) {
	return collect(ctx, r, "list sessions beyond the retention", scanID, excessSessions, keep, max(limit, 0))
}

// SessionBytes implements session.Reader. Neither database reads long values to tell their length.
func (r *reader) SessionBytes(ctx context.Context, id string) (int64, error) {
	doing := "count the bytes of session " + id
	var total, rows, bytes int64
	if err := r.q.QueryRowContext(ctx, countRow, id).Scan(&rows, &bytes); err != nil {
		return 0, r.fail(ctx, doing, err)
	}
	total += bytes + rows*rowBytes
	for _, pieces := range []string{countStatementBytes, countOutputBytes} {
		rows = pieceRows
		for after := int64(-1); rows == pieceRows; {
			if err := r.q.QueryRowContext(ctx, pieces, id, after, pieceRows).Scan(&rows, &bytes, &after); err != nil {
				return 0, r.fail(ctx, doing, err)
			}
			total += bytes + rows*rowBytes
		}
	}
	return total, nil
}

// SetKept implements session.Tx.
func (t *tx) SetKept(ctx context.Context, id string, bytes int64) error {
	if err := t.grow(ctx); err != nil {
		return err // the reserve is not for this
	}
	_, err := t.exec(ctx, "record what session "+id+" keeps", `UPDATE sessions SET kept = $1 WHERE id = $2`, bytes, id)
	return err
}

// As in sweep.go, the conditions are those of the partial index.
const (
	uncountedSessions = `SELECT id FROM sessions
WHERE state = 'ended' AND deleted_at = 0 AND kept < 0 ORDER BY ended_at, seq LIMIT $1`

	excessSessions = `SELECT id FROM sessions WHERE seq IN (
	SELECT seq FROM (
		SELECT seq, ended_at, kept, sum(CASE WHEN kept > 0 AND kept <= $1 THEN kept ELSE 0 END) OVER (ORDER BY ended_at DESC, seq DESC) AS held
		FROM sessions WHERE state = 'ended' AND deleted_at = 0) newest
	WHERE held > $1 OR kept > $1 ORDER BY ended_at, seq LIMIT $2)
ORDER BY ended_at, seq`

	countRow = `SELECT count(*), coalesce(sum(octet_length(spec) + octet_length(extra) + octet_length(tags) + octet_length(labels)
	+ octet_length(description) + octet_length(handle) + octet_length(info) + octet_length(reason)), 0)
FROM sessions WHERE id = $1`
	countStatementBytes = `SELECT count(*), coalesce(sum(bytes), 0), coalesce(max(number), $2) FROM (
	SELECT number, octet_length(code) + octet_length(result) + octet_length(error) + octet_length(extra) + octet_length(description) AS bytes
	FROM statements WHERE session_id = $1 AND number > $2 ORDER BY number LIMIT $3) piece`
	countOutputBytes = `SELECT count(*), coalesce(sum(bytes), 0), coalesce(max(seq), $2) FROM (
	SELECT seq, octet_length(text) + octet_length(data) AS bytes
	FROM outputs WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) piece`
)
