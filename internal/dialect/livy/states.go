package livy

import (
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// stateOf projects a session onto Livy's states. Of the eleven, not_started, running, recovering
// and success do not occur: sessions do not show them in Livy either but for moments.
func stateOf(s session.Session) string {
	if s.IsBatch() {
		return batchState(s)
	}
	if state := livyapi.LiveState(s.State); state != "" {
		return state
	}
	return endOf(s.Cause)
}

// endOf is the final state for a cause. dbt-spark-livy 1.3.1 waits for ever on error and killed
// while a session starts, so whatever ends a session by itself is dead, as in Livy; killed is for
// the hand from outside.
func endOf(c session.Cause) string {
	if c == session.CauseLost {
		return "killed"
	}
	return "dead"
}

// statementState projects a statement onto Livy's states. One that failed is available, with an
// error as its output: the state error is in Livy's documentation alone, and dbt-spark-livy waits
// for available and nothing else.
func statementState(st session.Statement) string {
	return livyapi.StatementState(st.State, "available")
}
