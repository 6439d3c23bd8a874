package store

import (
	"strconv"
	"strings"

	"hearth/internal/session"
)

// where is a WHERE clause that grows, with its arguments.
type where struct {
	conditions []string
	args       []any
}

// selection is the clause of a filter on sessions that are not deleted.
func selection(f session.Filter) *where {
	w := &where{}
	w.and("deleted_at = 0")
	if f.Dialect != "" {
		w.and("dialect = ?", text(f.Dialect))
	}
	if f.Scope != "" {
		w.and("scope = ?", text(f.Scope))
	}
	if len(f.States) > 0 {
		args := make([]any, len(f.States))
		for i, s := range f.States {
			args[i] = string(s)
		}
		w.and("state IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	w.all("session_labels", f.Labels)
	w.all("session_tags", f.Tags)
	return w
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
