package session

import (
	"strings"

	"hearth/internal/engine"
)

// A batch is a session whose instance runs one program to its end
// (engine.Spec.Batch): it starts, is owned, limited, found again after a restart,
// stopped, kept and deleted like any other. It is busy from the moment its
// program runs, takes no statements, and ends with CauseCompleted or the cause of
// its accident.

// IsBatch tells whether the session is a batch.
func (s *Session) IsBatch() bool { return s.Spec.Batch != nil }

// accepts refuses statements, and whatever else is asked of a kernel, where
// there is none to take them: Conflict with ReasonState.
func (s *Session) accepts() error { return s.acceptsIn(SeriesCode) }

// acceptsIn is accepts for a series: the program that sends a job has nobody who
// waits for the session to be ready, so jobs wait for that themselves.
func (s *Session) acceptsIn(series Series) error {
	switch {
	case s.IsBatch():
		return errorf(Conflict, ReasonState, "A batch takes no statements.")
	case series == SeriesJobs && s.State == StateStarting:
		return nil
	case !s.State.Runnable():
		return errorf(Conflict, ReasonState, "The session is %s.", s.State)
	}
	return nil
}

// retries tells whether a batch whose program ended for this cause runs again: it
// has tries left, and nobody asked for the end.
func (s *Session) retries(c Cause) bool {
	return s.State == StateBusy && s.IsBatch() && s.Spec.Batch.Retries > 0 && c != CauseCompleted && !c.Asked()
}

// triedBefore begins what the log of a further try says first.
const triedBefore = "run again after: "

// retry gives the program another instance, whose log says what the last try came
// to. The state machine goes back to the start.
func (a *application) retry(e *engine.Exit) error {
	if err := a.move(TriggerRetry); err != nil {
		return err
	}
	s := a.s
	left := *s.Spec.Batch
	left.Retries--
	why, _, _ := strings.Cut(reasonOf(e), "\n")
	told, _, _ := strings.Cut(s.Spec.Grants, triedBefore)
	s.Spec.ID, s.Spec.Batch, s.Spec.Grants = newID("i-"), &left, strings.TrimSuffix(told, "; ")
	if s.Spec.Grants != "" {
		s.Spec.Grants += "; "
	}
	s.Spec.Grants += triedBefore + why
	s.Handle, s.Info, s.Applied = nil, engine.Info{}, 0
	return nil
}
