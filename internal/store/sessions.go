package store

import (
	"context"
	"slices"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// sessionColumns are the columns that an update writes. A new one is a line here, a migration, and
// a line in sessiontest.FullSession.
func sessionColumns() []column[session.Session] {
	type s = session.Session
	return []column[s]{
		{"tags", func(s *s) field { return textPairs{dictionary{&s.Tags}} }},
		{"dialect", func(s *s) field { return phrase[string]{&s.Dialect} }},
		{"collection", func(s *s) field { return phrase[string]{&s.Collection} }},
		{"scope", func(s *s) field { return phrase[string]{&s.Scope} }},
		{"external_id", func(s *s) field { return phrase[string]{&s.ExternalID} }},
		{"owner", func(s *s) field { return document{&s.Owner} }},
		{"owner_id", func(s *s) field { return phrase[string]{&s.Owner.ID} }},
		{"description", func(s *s) field { return phrase[string]{&s.Description} }},
		{"extra", func(s *s) field { return raw{&s.Extra} }},
		{"size", func(s *s) field { return document{&s.Size} }},
		{"engine", func(s *s) field { return phrase[string]{&s.Engine} }},
		{"spec", func(s *s) field { return document{&s.Spec} }},
		{"instance_id", func(s *s) field { return phrase[string]{&s.Spec.ID} }},
		{"handle", func(s *s) field { return blob[engine.Handle]{&s.Handle} }},
		{"state", func(s *s) field { return phrase[session.State]{&s.State} }},
		{"cause", func(s *s) field { return phrase[session.Cause]{&s.Cause} }},
		{"reason", func(s *s) field { return phrase[string]{&s.Reason} }},
		{"retries", func(s *s) field { return integer[int]{&s.Retries} }},
		{"tries", func(s *s) field { return integer[int]{&s.Tries} }},
		{"last_try", func(s *s) field { return phrase[string]{&s.LastTry} }},
		{"info", func(s *s) field { return document{&s.Info} }},
		{"applied", func(s *s) field { return integer[uint64]{&s.Applied} }},
		{"created_at", func(s *s) field { return instant{&s.CreatedAt} }},
		{"ready_at", func(s *s) field { return instant{&s.ReadyAt} }},
		{"ended_at", func(s *s) field { return instant{&s.EndedAt} }},
		{"deleted_at", func(s *s) field { return instant{&s.DeletedAt} }},
		{"active_at", func(s *s) field { return instant{&s.ActiveAt} }},
		{"idle_timeout", func(s *s) field { return span{&s.IdleTimeout} }},
		{"lifetime", func(s *s) field { return span{&s.Lifetime} }},
		{"heartbeat_timeout", func(s *s) field { return span{&s.HeartbeatTimeout} }},
		{"idle_deadline", func(s *s) field { return instant{&s.IdleDeadline} }},
		{"lifetime_deadline", func(s *s) field { return instant{&s.LifetimeDeadline} }},
		{"heartbeat_deadline", func(s *s) field { return instant{&s.HeartbeatDeadline} }},
		{"statements", func(s *s) field { return integer[int64]{&s.Statements} }},
	}
}

// bornColumns are those that an insert writes besides, and that stay as they are.
func bornColumns() []column[session.Session] {
	type s = session.Session
	return []column[s]{
		{"id", func(s *s) field { return phrase[string]{&s.ID} }},
		{"labels", func(s *s) field { return textPairs{dictionary{&s.Labels}} }},
	}
}

// countedColumns are those that the store counts by itself.
func countedColumns() []column[session.Session] {
	type s = session.Session
	return []column[s]{
		{"seq", func(s *s) field { return integer[int64]{&s.Seq} }},
		{"version", func(s *s) field { return integer[int64]{&s.Version} }},
	}
}

// allSessionColumns is the order in which scanSession reads.
func allSessionColumns() []column[session.Session] {
	return slices.Concat(sessionColumns(), bornColumns(), countedColumns())
}

var (
	sessionRow  = columnNames(allSessionColumns())
	scanSession = scanRow(allSessionColumns())
)

// Session implements session.Reader.
func (r *reader) Session(ctx context.Context, id string) (session.Session, error) {
	return r.session(ctx, "read session "+id, selectSession, id)
}

// FindSession implements session.Reader.
func (r *reader) FindSession(ctx context.Context, ref session.Ref) (session.Session, error) {
	return r.session(ctx, "find session", findSession, text(ref.Dialect), text(ref.Collection), text(ref.Scope), text(ref.ExternalID))
}

var (
	selectSession = `SELECT ` + sessionRow + ` FROM sessions WHERE id = $1`
	findSession   = `SELECT ` + sessionRow + ` FROM sessions
WHERE dialect = $1 AND collection = $2 AND scope = $3 AND external_id = $4 AND deleted_at = 0`
)

func (r *reader) session(ctx context.Context, doing, query string, args ...any) (session.Session, error) {
	found, err := r.sessions(ctx, doing, query, args...)
	switch {
	case err != nil:
		return session.Session{}, err
	case len(found) == 0:
		return session.Session{}, noSession()
	}
	return found[0], nil
}

// ListSessions implements session.Reader.
func (r *reader) ListSessions(ctx context.Context, f session.Filter, page session.Page) ([]session.Session, error) {
	w := selection(f)
	order := "seq DESC"
	switch {
	case page.Order == session.OldestFirst:
		order = "seq ASC"
		w.and("seq > ?", page.After)
	case page.Order == session.ShortestFirst:
		order = executionTime(w, page.Now) + " ASC, seq ASC"
	case page.Order == session.LongestFirst:
		order = executionTime(w, page.Now) + " DESC, seq ASC"
	case page.After != 0:
		w.and("seq < ?", page.After)
	}
	query := `SELECT ` + sessionRow + ` FROM sessions` + w.String() + ` ORDER BY ` + order +
		` LIMIT ` + w.arg(max(page.Limit, 0)) + ` OFFSET ` + w.arg(max(page.Skip, 0))
	return r.sessions(ctx, "list sessions", query, w.args...)
}

// executionTime returns the expression of a session's execution time up to now.
func executionTime(w *where, now time.Time) string {
	end := "(CASE WHEN ended_at <> 0 THEN ended_at ELSE " + w.arg(micros(now)) + " END)"
	return "(CASE WHEN ready_at = 0 OR " + end + " < ready_at THEN 0 ELSE " + end + " - ready_at END)"
}

// CountSessions implements session.Reader.
func (r *reader) CountSessions(ctx context.Context, f session.Filter) (int, error) {
	w := selection(f)
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM sessions`+w.String(), w.args...).Scan(&n)
	return n, r.fail(ctx, "count sessions", err)
}
