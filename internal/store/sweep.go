package store

import (
	"context"
	"time"

	"hearth/internal/session"
)

// The conditions below repeat those of the partial indexes word by word:
// SQLite's planner uses a partial index only then.

// InstanceOwners implements session.Reader.
func (r *reader) InstanceOwners(ctx context.Context) ([]session.InstanceOwner, error) {
	return collect(ctx, r, "list the owners of instances", scanOwner, instanceOwners)
}

func scanOwner(row scanner) (o session.InstanceOwner, err error) {
	var unfinished int
	err = row.Scan(&o.SessionID, &o.Engine, &o.InstanceID, &unfinished)
	o.Unfinished = unfinished == 1
	return o, err
}

const instanceOwners = `SELECT id, engine, instance_id, CASE WHEN state <> 'ended' OR deleted_at <> 0 THEN 1 ELSE 0 END
FROM sessions ORDER BY seq`

// DueSessions implements session.Reader, oldest first.
func (r *reader) DueSessions(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return collect(ctx, r, "list due sessions", scanID, dueSessions, micros(now), max(limit, 0))
}

const dueSessions = `SELECT id FROM sessions WHERE seq IN (
	SELECT seq FROM sessions
	WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND idle_deadline <> 0 AND idle_deadline <= $1
	UNION ALL
	SELECT seq FROM sessions
	WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND lifetime_deadline <> 0 AND lifetime_deadline <= $1
	UNION ALL
	SELECT seq FROM sessions
	WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND heartbeat_deadline <> 0 AND heartbeat_deadline <= $1)
ORDER BY seq LIMIT $2`

// EndedSessions implements session.Reader.
func (r *reader) EndedSessions(ctx context.Context, t time.Time, limit int) ([]string, error) {
	return collect(ctx, r, "list ended sessions", scanID, endedSessions, micros(t), max(limit, 0))
}

const endedSessions = `SELECT id FROM sessions
WHERE state = 'ended' AND deleted_at = 0 AND ended_at < $1 ORDER BY ended_at, seq LIMIT $2`

func scanID(row scanner) (id string, err error) {
	err = row.Scan(&id)
	return id, err
}

// ShiftIdleDeadlines implements session.Tx. A moved deadline is a change: the version grows with
// it.
func (t *tx) ShiftIdleDeadlines(ctx context.Context, d time.Duration) error {
	_, err := t.exec(ctx, "shift idle deadlines", `UPDATE sessions
SET idle_deadline = CASE WHEN idle_deadline = 0 THEN 0 ELSE idle_deadline + $1 END,
	heartbeat_deadline = CASE WHEN heartbeat_deadline = 0 THEN 0 ELSE heartbeat_deadline + $1 END,
	version = version + 1
WHERE state <> 'ended' AND (idle_deadline <> 0 OR heartbeat_deadline <> 0)`, d.Microseconds())
	return err
}
