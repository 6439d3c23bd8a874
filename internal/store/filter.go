package store

import (
	"slices"
	"strconv"
	"strings"

	"hearth/internal/session"
)

// where is a WHERE clause that grows, with its arguments.
type where struct {
	conditions []string
	args       []any
}

// selection is the clause of a filter on sessions.
func selection(f session.Filter) *where {
	w := &where{}
	switch {
	case !f.Deleted:
		w.and("deleted_at = 0")
	case len(f.States) > 0 && !slices.Contains(f.States, session.StateEnded):
		// It follows from the states, and lets SQLite use the index of the same condition.
		w.and("(state <> 'ended' OR deleted_at <> 0)")
	default:
		w.and("1 = 1")
	}
	if f.Dialect != "" {
		w.and("dialect = ?", text(f.Dialect))
	}
	if f.Scope != "" {
		w.and("scope = ?", text(f.Scope))
	}
	in(w, "collection", f.Collections)
	if f.ExternalID != "" {
		w.and("external_id = ?", text(f.ExternalID))
	}
	if f.IDPrefix != "" {
		// LIKE has its own characters, and a range depends on the collation.
		w.and("substr(id, 1, length(?)) = ?", text(f.IDPrefix), text(f.IDPrefix))
	}
	if f.Owner != "" {
		w.and("owner_id = ?", text(f.Owner))
	}
	if !f.EndedAfter.IsZero() {
		w.and("(ended_at = 0 OR ended_at > ?)", micros(f.EndedAfter))
	}
	if !f.CreatedFrom.IsZero() {
		w.and("created_at >= ?", micros(f.CreatedFrom))
	}
	if !f.CreatedBefore.IsZero() {
		w.and("created_at < ?", micros(f.CreatedBefore))
	}
	if f.NeverReady {
		w.and("ready_at = 0")
	}
	if f.OnceReady {
		w.and("ready_at <> 0")
	}
	in(w, "state", f.States)
	in(w, "cause", f.Causes)
	w.all("session_labels", f.Labels)
	w.all("session_tags", f.Tags)
	return w
}

// in demands one of the values, if there are any.
func in[T ~string](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = text(string(v))
	}
	w.and(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

// all demands every one of the pairs.
func (w *where) all(table string, pairs map[string]string) {
	for k, v := range textMap(pairs) {
		w.and("EXISTS (SELECT 1 FROM "+table+" p WHERE p.session_id = sessions.id AND p.key = ? AND p.value = ?)", k, v)
	}
}

// and adds a condition in which ? stands for the arguments in order.
func (w *where) and(condition string, args ...any) {
	parts := strings.Split(condition, "?")
	out := parts[0]
	for i, arg := range args {
		out += w.arg(arg) + parts[i+1]
	}
	w.conditions = append(w.conditions, out)
}

// arg adds an argument and returns its placeholder.
func (w *where) arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *where) String() string { return " WHERE " + strings.Join(w.conditions, " AND ") }
