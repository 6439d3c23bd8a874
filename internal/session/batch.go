package session

// A batch is a session whose instance runs one program to its end
// (engine.Spec.Batch): it starts, is owned, limited, found again after a restart,
// stopped, kept and deleted like any other. It is busy from the moment its
// program runs, takes no statements, and ends with CauseCompleted or the cause of
// its accident.

// IsBatch tells whether the session is a batch.
func (s *Session) IsBatch() bool { return s.Spec.Batch != nil }

// accepts refuses statements, and whatever else is asked of a kernel, where
// there is none to take them: Conflict with ReasonState.
func (s *Session) accepts() error {
	switch {
	case s.IsBatch():
		return errorf(Conflict, ReasonState, "A batch takes no statements.")
	case !s.State.Runnable():
		return errorf(Conflict, ReasonState, "The session is %s.", s.State)
	}
	return nil
}
