package dli

import (
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// stateOf projects a session onto the nine states of table 4. not_started and recovering do not
// occur: a session starts as soon as it is accepted, and goes on while the server is away.
func stateOf(s session.Session) string {
	if s.IsBatch() {
		return batchState(s)
	}
	if state := livyapi.LiveState(s.State); state != "" {
		return state
	}
	return endOf(s.Cause)
}

// endOf is the final state for a cause, by the words of table 4: success is a session that stops as
// it should, dead one that its user left, error an error. A session that was killed from outside is
// dead: Livy's killed is not there.
func endOf(c session.Cause) string {
	switch {
	case c.Asked():
		return "success"
	case c == session.CauseExited, c == session.CauseLost:
		return "dead"
	}
	return "error"
}

// batchState projects a batch onto the API's five states. One that starts again after it failed is
// recovering, one that is being canceled runs until it has ended, and what did not come to a good
// end is dead.
func batchState(s session.Session) string {
	switch s.State {
	case session.StateStarting:
		if !s.ReadyAt.IsZero() {
			return "recovering"
		}
		return "starting"
	case session.StateIdle, session.StateBusy, session.StateDegraded, session.StateStopping:
		return "running"
	}
	if s.Cause == session.CauseCompleted {
		return "success"
	}
	return "dead"
}

// statementState projects a statement onto the API's states. One whose code fails is available with
// an error as its output, as in Livy; error is for one that could not run to its end because its
// session did.
func statementState(st session.Statement) string {
	return livyapi.StatementState(st.State, "error")
}
