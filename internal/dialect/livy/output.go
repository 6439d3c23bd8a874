package livy

import (
	"strings"
	"time"
	"unicode"

	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// statementID is Livy's number of a statement, which is its execution_count too.
func statementID(st session.Statement) int64 { return st.Place - 1 }

// wireStatement is the object of a statement: Livy's keys in Livy's order.
func wireStatement(st session.Statement) object {
	progress := st.Progress
	if st.State.Final() {
		progress = 1
	}
	completed := st.CompletedAt
	if st.StartedAt.IsZero() {
		completed = time.Time{} // cancelled before it ran
	}
	return object{
		{"id", statementID(st)},
		{"code", st.Code},
		{"state", statementState(st)},
		{"output", output(st)},
		{"progress", fraction(progress)},
		{"started", millis(st.StartedAt)},
		{"completed", millis(completed)},
	}
}

// millis is Livy's unit of time; 0 is never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// output is null until the statement has ended, and for one that never ran.
func output(st session.Statement) any {
	switch st.State {
	case session.StatementDone:
		if st.Status == engine.StatusOK {
			return object{{"status", "ok"}, {"execution_count", statementID(st)}, {"data", livyapi.Data(st)}}
		}
		return failed(st)
	case session.StatementCancelled:
		if st.StartedAt.IsZero() || st.Error == nil {
			return nil
		}
		return failed(st)
	case session.StatementFailed:
		return failed(st)
	}
	return nil
}

// failed is the output of a statement with an error. Clients join the lines of the traceback
// without anything between them.
//
// Divergence: what was printed before the error is in data; Livy drops it, or shows it with the
// next statement.
func failed(st session.Statement) object {
	name, value, traceback := livyapi.ErrorOf(st)
	out := object{
		{"status", "error"},
		{"execution_count", statementID(st)},
		{"ename", name},
		{"evalue", value},
		{"traceback", list(traceback)},
	}
	if printed := strings.TrimRightFunc(livyapi.Printed(st), unicode.IsSpace); printed != "" {
		out = append(out, member{"data", map[string]string{livyapi.TextPlain: printed}})
	}
	return out
}
