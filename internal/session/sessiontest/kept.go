package sessiontest

import (
	"context"
	"slices"

	"hearth/internal/session"
)

// UncountedSessions implements session.Reader.
func (r *reader) UncountedSessions(ctx context.Context, limit int) ([]string, error) {
	st, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	return ids(r.sessions(ctx, limit, oldestEndFirst, func(s *session.Session) bool { return retained(s) && st.records[s.ID].kept < 0 }))
}

// SessionBytes implements session.Reader.
func (r *reader) SessionBytes(ctx context.Context, id string) (int64, error) {
	st, err := r.at(ctx)
	if err != nil || st.records[id] == nil {
		return 0, err
	}
	rec := st.records[id]
	all := jsonBytes(rec.session)
	for i := range rec.statements {
		all += jsonBytes(rec.statements[i])
	}
	for i := range rec.output {
		all += outputSize(rec.output[i].Output)
	}
	return int64(all), nil
}

// ExcessSessions implements session.Reader.
func (r *reader) ExcessSessions(ctx context.Context, keep int64, limit int) ([]string, error) {
	st, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	all := st.sessions(retained, oldestEndFirst)
	var excess []session.Session
	held := int64(0)
	for _, s := range slices.Backward(all) {
		kept := max(st.records[s.ID].kept, 0)
		if kept <= keep {
			held += kept
		}
		if kept > keep || held > keep {
			excess = append(excess, s)
		}
	}
	slices.Reverse(excess)
	return ids(excess[:min(len(excess), max(limit, 0))], nil)
}
