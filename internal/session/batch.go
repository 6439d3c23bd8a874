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
