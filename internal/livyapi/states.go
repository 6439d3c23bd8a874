package livyapi

import "hearth/internal/session"

// LiveState returns Livy's word for the state of a session that has not ended, "" for one that has:
// the APIs differ in their words for the end.
func LiveState(s session.State) string {
	switch s {
	case session.StateStarting:
		return "starting"
	case session.StateIdle:
		return "idle"
	case session.StateBusy:
		return "busy"
	case session.StateDegraded:
		return "error"
	case session.StateStopping:
		return "shutting_down"
	}
	return ""
}

// StatementState returns Livy's word for the state of a statement. One whose code fails is
// available with an error as its output; failed is the word for one that could not run to its end.
func StatementState(s session.StatementState, failed string) string {
	switch s {
	case session.StatementWaiting:
		return "waiting"
	case session.StatementRunning:
		return "running"
	case session.StatementCancelling:
		return "cancelling"
	case session.StatementCancelled:
		return "cancelled"
	case session.StatementFailed:
		return failed
	}
	return "available"
}
