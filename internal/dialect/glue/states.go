package glue

import (
	"slices"
	"strings"

	"hearth/internal/awsapi/glueapi"
	"hearth/internal/session"
)

// statusOf projects a session onto Glue's states. BUSY exists only in the model that AWS's kernels
// bundle: dbt-glue 1.12.4 and the kernel's creation loop wait for READY and nothing else, so a busy
// session is READY.
func statusOf(s session.Session) glueapi.SessionStatus {
	switch s.State {
	case session.StateStarting:
		return glueapi.SessionStatusProvisioning
	case session.StateIdle, session.StateBusy:
		return glueapi.SessionStatusReady
	case session.StateDegraded:
		// Its interpreter is dead: clients must stop using it.
		return glueapi.SessionStatusFailed
	case session.StateStopping:
		if s.Cause == session.CauseStopped || s.Cause == session.CauseShutdown {
			return glueapi.SessionStatusStopping
		}
	}
	return endOf(s.Cause)
}

// endOf is the final state for a cause. A session that ended without being asked to is FAILED, also
// when user code called os._exit(): the message then tells why the variables are gone.
func endOf(c session.Cause) glueapi.SessionStatus {
	switch c {
	case session.CauseStopped, session.CauseShutdown:
		return glueapi.SessionStatusStopped
	case session.CauseIdle, session.CauseLifetime, session.CauseHeartbeat:
		return glueapi.SessionStatusTimeout
	}
	return glueapi.SessionStatusFailed
}

// selectStatus narrows a filter to the sessions that statusOf projects onto a Glue state, and
// reports whether there is such a state.
func selectStatus(f *session.Filter, status glueapi.SessionStatus) bool {
	switch status {
	case glueapi.SessionStatusProvisioning:
		f.States = []session.State{session.StateStarting}
	case glueapi.SessionStatusReady:
		f.States = []session.State{session.StateIdle, session.StateBusy}
	case glueapi.SessionStatusStopping:
		f.States, f.Causes = []session.State{session.StateStopping}, causesOf(glueapi.SessionStatusStopped)
	case glueapi.SessionStatusStopped:
		f.States, f.Causes = []session.State{session.StateEnded}, causesOf(status)
	case glueapi.SessionStatusTimeout:
		f.States, f.Causes = []session.State{session.StateStopping, session.StateEnded}, causesOf(status)
	case glueapi.SessionStatusFailed:
		// A degraded session has no cause of an end.
		f.States = []session.State{session.StateDegraded, session.StateStopping, session.StateEnded}
		f.Causes = append(causesOf(status), "")
	default:
		return false
	}
	return true
}

// causesOf lists the causes that endOf projects onto a Glue state.
func causesOf(status glueapi.SessionStatus) []session.Cause {
	return slices.DeleteFunc(session.Causes(), func(c session.Cause) bool { return endOf(c) != status })
}

// errorMessage is what a client learns about an end that nobody asked for.
func errorMessage(s session.Session) string {
	switch statusOf(s) {
	case glueapi.SessionStatusFailed:
		if s.Reason != "" {
			return s.Reason
		}
		if s.State == session.StateDegraded {
			return "The session's interpreter has died."
		}
		return "The session ended unexpectedly (" + strings.ReplaceAll(string(s.Cause), "_", " ") + ")."
	case glueapi.SessionStatusTimeout:
		if s.Cause == session.CauseIdle {
			return "The session was idle for longer than its idle timeout."
		}
		return "The session reached its timeout."
	}
	return ""
}

// statementState projects a statement onto Glue's states.
func statementState(st session.Statement, own record) glueapi.StatementState {
	switch st.State {
	case session.StatementWaiting:
		return glueapi.StatementStateWaiting
	case session.StatementRunning:
		return glueapi.StatementStateRunning
	case session.StatementCancelling:
		return glueapi.StatementStateCancelling
	case session.StatementDone:
		return glueapi.StatementStateAvailable
	case session.StatementCancelled:
		if strings.HasPrefix(own.Origin, "dbt-glue") {
			// Divergence: dbt-glue sees CANCELLING instead of CANCELLED. Its loop ends on
			// CANCELLING and polls CANCELLED for ever (1.12.4, gluedbapi).
			return glueapi.StatementStateCancelling
		}
		return glueapi.StatementStateCancelled
	}
	return glueapi.StatementStateError
}
