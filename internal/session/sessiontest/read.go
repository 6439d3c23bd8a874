package sessiontest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hearth/internal/session"
)

// reader implements session.Reader on whatever load returns.
type reader struct {
	load func() (*state, error)
}

func (r *reader) at(ctx context.Context) (*state, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return r.load()
}

func noSession() error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSession, Msg: "there is no such session"}
}

func noStatement() error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoStatement, Msg: "there is no such statement"}
}

// Session implements session.Reader.
func (r *reader) Session(ctx context.Context, id string) (session.Session, error) {
	st, err := r.at(ctx)
	if err != nil {
		return session.Session{}, err
	}
	rec, ok := st.records[id]
	if !ok {
		return session.Session{}, noSession()
	}
	return cloneSession(rec.session), nil
}

// FindSession implements session.Reader.
func (r *reader) FindSession(ctx context.Context, ref session.Ref) (session.Session, error) {
	st, err := r.at(ctx)
	if err != nil {
		return session.Session{}, err
	}
	for _, rec := range st.records {
		if sameName(rec.session.Ref, normalRef(ref)) && rec.session.DeletedAt.IsZero() {
			return cloneSession(rec.session), nil
		}
	}
	return session.Session{}, noSession()
}

// ListSessions implements session.Reader.
func (r *reader) ListSessions(ctx context.Context, f session.Filter, page session.Page) ([]session.Session, error) {
	order, follows := newestFirst, func(s *session.Session) bool { return page.After == 0 || s.Seq < page.After }
	switch page.Order {
	case session.OldestFirst:
		order, follows = oldestFirst, func(s *session.Session) bool { return s.Seq > page.After }
	case session.ShortestFirst, session.LongestFirst:
		order, follows = byExecutionTime(page), func(*session.Session) bool { return true }
	}
	skip := max(page.Skip, 0)
	found, err := r.sessions(ctx, skip+max(page.Limit, 0), order, func(s *session.Session) bool { return matches(s, f) && follows(s) })
	return found[min(skip, len(found)):], err
}

// CountSessions implements session.Reader.
func (r *reader) CountSessions(ctx context.Context, f session.Filter) (int, error) {
	st, err := r.at(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, rec := range st.records {
		if matches(&rec.session, f) {
			n++
		}
	}
	return n, nil
}

// InstanceOwners implements session.Reader.
func (r *reader) InstanceOwners(ctx context.Context) ([]session.InstanceOwner, error) {
	all, err := r.sessions(ctx, unlimited, oldestFirst, func(*session.Session) bool { return true })
	var owners []session.InstanceOwner
	for _, s := range all {
		owners = append(owners, session.InstanceOwner{
			SessionID: s.ID, Engine: s.Engine, InstanceID: s.Spec.ID, Unfinished: s.State.Live() || !s.DeletedAt.IsZero(),
		})
	}
	return owners, err
}

// DueSessions implements session.Reader, oldest first.
func (r *reader) DueSessions(ctx context.Context, now time.Time, limit int) ([]string, error) {
	now = normalTime(now)
	due := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	return ids(r.sessions(ctx, limit, oldestFirst, func(s *session.Session) bool {
		return s.State.Live() && s.State != session.StateStopping &&
			(due(s.IdleDeadline) || due(s.LifetimeDeadline) || due(s.HeartbeatDeadline))
	}))
}

// EndedSessions implements session.Reader.
func (r *reader) EndedSessions(ctx context.Context, t time.Time, limit int) ([]string, error) {
	t = normalTime(t)
	return ids(r.sessions(ctx, limit, oldestEndFirst, func(s *session.Session) bool { return retained(s) && s.EndedAt.Before(t) }))
}

func retained(s *session.Session) bool { return !s.State.Live() && s.DeletedAt.IsZero() }

func ids(sessions []session.Session, err error) ([]string, error) {
	var found []string
	for _, s := range sessions {
		found = append(found, s.ID)
	}
	return found, err
}

const unlimited = int(^uint(0) >> 1)

func (r *reader) sessions(ctx context.Context, limit int, order func(a, b session.Session) int, keep func(*session.Session) bool) ([]session.Session, error) {
	st, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	found := st.sessions(keep, order)
	found = found[:min(len(found), max(limit, 0))]
	for i := range found {
		found[i] = cloneSession(found[i])
	}
	return found, nil
}

func matches(s *session.Session, f session.Filter) bool {
	return (f.Deleted || s.DeletedAt.IsZero()) &&
		(f.Dialect == "" || s.Dialect == text(f.Dialect)) &&
		(len(f.Collections) == 0 || slices.ContainsFunc(f.Collections, func(c string) bool { return s.Collection == text(c) })) &&
		(f.Scope == "" || s.Scope == text(f.Scope)) &&
		(f.ExternalID == "" || s.ExternalID == text(f.ExternalID)) &&
		strings.HasPrefix(s.ID, text(f.IDPrefix)) &&
		(f.Owner == "" || s.Owner.ID == text(f.Owner)) &&
		(f.EndedAfter.IsZero() || s.EndedAt.IsZero() || s.EndedAt.After(normalTime(f.EndedAfter))) &&
		(f.CreatedFrom.IsZero() || !s.CreatedAt.Before(normalTime(f.CreatedFrom))) &&
		(f.CreatedBefore.IsZero() || s.CreatedAt.Before(normalTime(f.CreatedBefore))) &&
		(!f.NeverReady || s.ReadyAt.IsZero()) && (!f.OnceReady || !s.ReadyAt.IsZero()) &&
		(len(f.States) == 0 || slices.Contains(f.States, s.State)) &&
		(len(f.Causes) == 0 || slices.Contains(f.Causes, s.Cause)) &&
		contains(s.Labels, textMap(f.Labels)) && contains(s.Tags, textMap(f.Tags))
}

func contains(have, want map[string]string) bool {
	for k, v := range want {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	return true
}

// AliveAt implements session.Reader.
func (r *reader) AliveAt(ctx context.Context) (time.Time, error) {
	st, err := r.at(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return st.alive, nil
}
