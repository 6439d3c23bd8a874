package session

import (
	"cmp"
	"context"
	"strings"
	"time"

	"hearth/internal/engine"
)

// settle ends a statement as an event reports.
func (s *Statement) settle(ev engine.Event) {
	was := s.State
	s.CompletedAt, s.Progress = ev.Time, 1
	s.ExecutionCount, s.Error, s.Result = ev.ExecutionCount, ev.Error, ev.Data
	switch ev.Status {
	case engine.StatusOK, engine.StatusError:
		s.State, s.Status = StatementDone, ev.Status
	case engine.StatusCancelled:
		s.State = StatementCancelled
	default:
		// One that was being cancelled has really stopped now.
		if was == StatementCancelling {
			s.State = StatementCancelled
			return
		}
		s.State = StatementFailed
		s.Error = cmp.Or(ev.Error, &engine.StatementError{
			Name: "StatementLost", Value: "The process that ran the statement has ended.", Traceback: []string{},
		})
	}
}

// exit ends the session and every statement that had not ended.
func (a *eventTx) exit(ctx context.Context, ev engine.Event) error {
	e := cmp.Or(ev.Exit, &engine.Exit{Cause: engine.CauseLost})
	if ev.Time.IsZero() {
		ev.Time = time.Now()
	}
	if a.s.runsAgain(causeOf(e.Cause)) {
		return a.retry(e)
	}
	decided := a.s.State == StateStopping // and why is stored since then
	if err := a.move(TriggerExit); err != nil {
		return err
	}
	a.s.EndedAt, a.s.IdleDeadline, a.s.HeartbeatDeadline = ev.Time, time.Time{}, time.Time{}
	if !decided {
		a.s.Cause = causeOf(e.Cause)
		a.s.Reason = reasonOf(e)
	}
	if a.s.Cause == CauseCompleted {
		a.s.Reason = ""
	}
	return a.abandonOpen(ctx, ev.Time)
}

// degrade fails the waiting statements, because none is taken any more. One that runs in the JVM
// goes on.
func (a *eventTx) degrade(ctx context.Context, ev engine.Event) error {
	if err := a.move(TriggerDegrade); err != nil {
		return err
	}
	a.s.Reason = ev.Text
	if a.s.State != StateDegraded {
		return nil
	}
	open, waiting, err := a.open(ctx)
	if err != nil {
		return err
	}
	if len(open) == 0 && a.s.IdleDeadline.IsZero() {
		a.s.restIdle(ev.Time)
	}
	return a.abandonWaiting(ctx, waiting, ev.Time)
}

// open returns the statements that have been handed to the instance and have not ended, and those
// that wait, without code. Those that cannot be read end.
func (a *eventTx) open(ctx context.Context) (open, waiting []*Statement, err error) {
	// Those that have ended among these events are not open any more.
	if err := a.flushStatements(ctx); err != nil {
		return nil, nil, err
	}
	all, err := a.tx.OpenStatements(ctx, a.s.ID, int(a.s.Statements)+1)
	if err = a.m.endUnread(ctx, a.tx, a.s, err); err != nil {
		return nil, nil, err
	}
	for i := range all {
		if all[i].State == StatementWaiting {
			waiting = append(waiting, &all[i])
			continue
		}
		st, err := a.statement(ctx, all[i].Number)
		if err := a.m.endUnread(ctx, a.tx, a.s, err); err != nil {
			return nil, nil, err
		}
		if st != nil {
			open = append(open, st)
		}
	}
	return open, waiting, nil
}

// abandonOpen ends every statement that has not ended.
func (a *eventTx) abandonOpen(ctx context.Context, now time.Time) error {
	open, waiting, err := a.open(ctx)
	if err != nil {
		return err
	}
	for _, st := range open {
		a.abandon(st, now)
	}
	return a.abandonWaiting(ctx, waiting, now)
}

// abandonWaiting ends the statements that wait in one write: their code may be large.
func (a *eventTx) abandonWaiting(ctx context.Context, waiting []*Statement, now time.Time) error {
	if len(waiting) == 0 {
		return nil
	}
	for _, st := range waiting {
		a.abandon(st, now)
	}
	return a.tx.EndWaiting(ctx, a.s.ID, *waiting[0])
}

// abandon ends a statement whose session ended, or lost its kernel, under it. One that was being
// cancelled has really stopped now.
func (a *eventTx) abandon(st *Statement, now time.Time) {
	was := st.State
	a.finished = append(a.finished, st)
	st.CompletedAt, st.Progress = now, 1
	if was == StatementCancelling {
		st.State = StatementCancelled
		return
	}
	st.State = StatementFailed
	why := "The session ended before the statement ran."
	switch {
	case was == StatementRunning:
		why = "The session ended while the statement ran."
	case a.s.State == StateDegraded:
		why = "The session cannot run statements any more."
	}
	if a.s.Reason != "" {
		why += " " + a.s.Reason
	}
	st.Error = &engine.StatementError{Name: "SessionEnded", Value: why, Traceback: []string{}}
}

// maxReasonLines is how many of the last error lines a reason carries.
const maxReasonLines = 10

// reasonOf is the client's text about an accident: one sentence and the last error lines.
func reasonOf(e *engine.Exit) string {
	lines := e.LastLines
	if len(lines) > maxReasonLines {
		lines = lines[len(lines)-maxReasonLines:]
	}
	return strings.TrimSpace(strings.Join(append([]string{e.Message}, lines...), "\n"))
}
