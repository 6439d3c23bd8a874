package session

import "fmt"

// State is the state of a session. docs/states.md has the diagram.
type State string

// States of a session.
const (
	// StateStarting: accepted, its instance is being made. Left by Ready, Stop or Exit.
	StateStarting State = "starting"
	// StateIdle: ready for statements, none runs.
	StateIdle State = "idle"
	// StateBusy: a statement runs.
	StateBusy State = "busy"
	// StateDegraded: the driver lives, its kernel process is dead. No statement begins any more.
	StateDegraded State = "degraded"
	// StateStopping: an end was asked for and its processes are ending. Left by Exit.
	StateStopping State = "stopping"
	// StateEnded: nothing of it runs. Final.
	StateEnded State = "ended"
)

// States lists every state.
func States() []State {
	return []State{StateStarting, StateIdle, StateBusy, StateDegraded, StateStopping, StateEnded}
}

// LiveStates lists the states in which processes may exist.
func LiveStates() []State {
	return []State{StateStarting, StateIdle, StateBusy, StateDegraded, StateStopping}
}

// Live reports whether processes may exist.
func (s State) Live() bool { return s != StateEnded }

// Runnable reports whether statements are accepted.
func (s State) Runnable() bool { return s == StateIdle || s == StateBusy }

// Trigger moves a session from one state to the next.
type Trigger string

// Triggers of a session.
const (
	// TriggerReady: the instance can run statements.
	TriggerReady Trigger = "ready"
	// TriggerRun: a statement was handed to the instance.
	TriggerRun Trigger = "run"
	// TriggerDone: the running statement ended.
	TriggerDone Trigger = "done"
	// TriggerDegrade: the kernel process died and the driver lives.
	TriggerDegrade Trigger = "degrade"
	// TriggerStop: a user, a deadline or a shutdown requests the end.
	TriggerStop Trigger = "stop"
	// TriggerExit: the instance has ended, whatever the reason.
	TriggerExit Trigger = "exit"
	// TriggerRetry: the program of a batch failed and is to run again, in another instance.
	TriggerRetry Trigger = "retry"
)

// Triggers lists every trigger.
func Triggers() []Trigger {
	return []Trigger{TriggerReady, TriggerRun, TriggerDone, TriggerDegrade, TriggerStop, TriggerExit, TriggerRetry}
}

// Next is the state table: it returns the state after a trigger, or a Conflict error if the trigger
// cannot happen in that state. Triggers that change nothing return the state itself (a late result
// of a session that is stopping).
func Next(from State, t Trigger) (State, error) {
	if to, ok := transitions()[from][t]; ok {
		return to, nil
	}
	return from, &Error{Kind: Conflict, Reason: ReasonState, Msg: fmt.Sprintf("a session that is %s cannot take %q", from, t)}
}

func transitions() map[State]map[Trigger]State {
	return map[State]map[Trigger]State{
		StateStarting: {TriggerReady: StateIdle, TriggerStop: StateStopping, TriggerExit: StateEnded},
		StateIdle:     {TriggerRun: StateBusy, TriggerDone: StateIdle, TriggerDegrade: StateDegraded, TriggerStop: StateStopping, TriggerExit: StateEnded},
		StateBusy:     {TriggerRun: StateBusy, TriggerDone: StateIdle, TriggerDegrade: StateDegraded, TriggerStop: StateStopping, TriggerExit: StateEnded, TriggerRetry: StateStarting},
		StateDegraded: {TriggerDone: StateDegraded, TriggerDegrade: StateDegraded, TriggerStop: StateStopping, TriggerExit: StateEnded},
		StateStopping: {TriggerReady: StateStopping, TriggerDone: StateStopping, TriggerDegrade: StateStopping, TriggerStop: StateStopping, TriggerExit: StateEnded},
		StateEnded:    {},
	}
}

// Cause is why a session ended. It stands apart from the state, because every API splits the same
// end differently.
type Cause string

// Causes of a session's end.
const (
	CauseStopped     Cause = "stopped"           // a user stopped or deleted it
	CauseIdle        Cause = "idle_timeout"      // its idle deadline passed
	CauseLifetime    Cause = "lifetime"          // its lifetime passed
	CauseHeartbeat   Cause = "heartbeat_timeout" // no client sent a request for it any more
	CauseShutdown    Cause = "shutdown"          // the server ended in order, or did not come back
	CauseFailedStart Cause = "failed_start"      // it never became ready
	CauseCompleted   Cause = "completed"         // the program of a batch came to a good end
	CauseExited      Cause = "exited"            // user code ended the process, or the program of a batch failed
	CauseCrashed     Cause = "crashed"           // a process of it died
	CauseOutOfMemory Cause = "out_of_memory"     // it ran out of memory
	CauseLost        Cause = "lost"              // its supervisor died or left no trace
)

// Causes lists every cause.
func Causes() []Cause {
	return []Cause{
		CauseStopped, CauseIdle, CauseLifetime, CauseHeartbeat, CauseShutdown, CauseFailedStart, CauseCompleted, CauseExited, CauseCrashed,
		CauseOutOfMemory, CauseLost,
	}
}

// Asked reports whether the end was asked for and is no accident.
func (c Cause) Asked() bool {
	switch c {
	case CauseStopped, CauseIdle, CauseLifetime, CauseHeartbeat, CauseShutdown:
		return true
	}
	return false
}

// StatementState is the state of a statement.
type StatementState string

// States of a statement.
const (
	// StatementWaiting: accepted, not yet handed to the instance.
	StatementWaiting StatementState = "waiting"
	// StatementRunning: handed to the instance.
	StatementRunning StatementState = "running"
	// StatementCancelling: runs, and its end was asked for.
	StatementCancelling StatementState = "cancelling"
	// StatementDone: it ran to its end; Status says ok or error.
	StatementDone StatementState = "done"
	// StatementCancelled: it was ended by a cancel, or never ran because of one.
	StatementCancelled StatementState = "cancelled"
	// StatementFailed: it could not run, or its session ended under it.
	StatementFailed StatementState = "failed"
)

// Final reports whether the statement will never change again.
func (s StatementState) Final() bool {
	return s == StatementDone || s == StatementCancelled || s == StatementFailed
}
