package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hearth/internal/session"
)

// sessionRow is the order in which scanSession reads.
const sessionRow = `seq, id, labels, version,
	dialect, scope, external_id, owner, description, tags, extra, size, spec, handle,
	state, cause, reason, info, applied,
	created_at, ready_at, ended_at, deleted_at, active_at,
	idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements,
	heartbeat_timeout, heartbeat_deadline, jobs`

func scanSession(row scanner) (session.Session, error) {
	var s session.Session
	var extra, handle []byte
	err := row.Scan(&s.Seq, &s.ID, dictionary{&s.Labels}, &s.Version,
		&s.Dialect, &s.Scope, &s.ExternalID, document{&s.Owner}, &s.Description, dictionary{&s.Tags},
		&extra, document{&s.Size}, document{&s.Spec}, &handle,
		&s.State, &s.Cause, &s.Reason, document{&s.Info}, counter{&s.Applied},
		instant{&s.CreatedAt}, instant{&s.ReadyAt}, instant{&s.EndedAt}, instant{&s.DeletedAt}, instant{&s.ActiveAt},
		span{&s.IdleTimeout}, span{&s.Lifetime}, instant{&s.IdleDeadline}, instant{&s.LifetimeDeadline}, &s.Statements,
		span{&s.HeartbeatTimeout}, instant{&s.HeartbeatDeadline}, &s.Jobs)
	if len(extra) > 0 {
		s.Extra = extra
	}
	if len(handle) > 0 {
		s.Handle = handle
	}
	return s, err
}

// Session implements session.Reader.
func (r *reader) Session(ctx context.Context, id string) (session.Session, error) {
	return r.session(ctx, "read session "+id, selectSession, id)
}

// FindSession implements session.Reader.
func (r *reader) FindSession(ctx context.Context, ref session.Ref) (session.Session, error) {
	return r.session(ctx, "find session", findSession, text(ref.Dialect), text(ref.Scope), text(ref.ExternalID))
}

const (
	selectSession = `SELECT ` + sessionRow + ` FROM sessions WHERE id = $1`
	findSession   = `SELECT ` + sessionRow + ` FROM sessions
WHERE dialect = $1 AND scope = $2 AND external_id = $3 AND deleted_at = 0`
)

func (r *reader) session(ctx context.Context, doing, query string, args ...any) (session.Session, error) {
	s, err := scanSession(r.q.QueryRowContext(ctx, query, args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Session{}, noSession()
	case err != nil:
		return session.Session{}, r.fail(ctx, doing, err)
	}
	return s, nil
}

// ListSessions implements session.Reader.
func (r *reader) ListSessions(ctx context.Context, f session.Filter, page session.Page) ([]session.Session, error) {
	w := selection(f)
	if page.After != 0 {
		w.and("seq < ?", page.After)
	}
	query := `SELECT ` + sessionRow + ` FROM sessions` + w.String() + ` ORDER BY seq DESC LIMIT ` + w.arg(max(page.Limit, 0))
	return collect(ctx, r, "list sessions", scanSession, query, w.args...)
}

// CountSessions implements session.Reader.
func (r *reader) CountSessions(ctx context.Context, f session.Filter) (int, error) {
	w := selection(f)
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM sessions`+w.String(), w.args...).Scan(&n)
	return n, r.fail(ctx, "count sessions", err)
}

// sessionArgs are the values of $1 to $28 in insertSession and updateSession.
func sessionArgs(s *session.Session) ([]any, error) {
	var errs []error
	enc := func(v any) string {
		out, err := encode(v)
		errs = append(errs, err)
		return out
	}
	tags, err := encodeMap(textMap(s.Tags))
	errs = append(errs, err)
	args := []any{
		text(s.Dialect), text(s.Scope), text(s.ExternalID), enc(s.Owner), text(s.Description), tags,
		string(s.Extra), enc(s.Size), enc(s.Spec), blob(s.Handle),
		string(s.State), string(s.Cause), text(s.Reason), enc(s.Info), int64(s.Applied),
		micros(s.CreatedAt), micros(s.ReadyAt), micros(s.EndedAt), micros(s.DeletedAt), micros(s.ActiveAt),
		s.IdleTimeout.Microseconds(), s.Lifetime.Microseconds(), micros(s.IdleDeadline), micros(s.LifetimeDeadline), s.Statements,
		s.HeartbeatTimeout.Microseconds(), micros(s.HeartbeatDeadline), s.Jobs,
	}
	return args, errors.Join(errs...)
}

// InsertSession implements session.Tx.
func (t *tx) InsertSession(ctx context.Context, s *session.Session) error {
	doing := "insert session " + s.ID
	labels, err := encodeMap(textMap(s.Labels))
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	args, err := sessionArgs(s)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if t.engine.orderInserts != "" {
		if _, err := t.exec(ctx, doing, t.engine.orderInserts); err != nil {
			return err
		}
	}
	var seq int64
	err = t.q.QueryRowContext(ctx, insertSession, append(args, s.ID, labels)...).Scan(&seq)
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

// A taken id is no error to the database here, so that the transaction goes on
// in PostgreSQL as it does in SQLite.
const insertSession = `INSERT INTO sessions (
	dialect, scope, external_id, owner, description, tags, extra, size, spec, handle,
	state, cause, reason, info, applied,
	created_at, ready_at, ended_at, deleted_at, active_at,
	idle_timeout, lifetime, idle_deadline, lifetime_deadline, statements,
	heartbeat_timeout, heartbeat_deadline, jobs, id, labels, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
	$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, 1)
ON CONFLICT DO NOTHING RETURNING seq`

// DeleteSession implements session.Tx.
func (t *tx) DeleteSession(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "delete session "+id, `DELETE FROM sessions WHERE id = $1`, id)
	return err
}
