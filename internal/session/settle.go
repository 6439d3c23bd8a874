package session

import (
	"cmp"
	"context"
	"strings"
	"time"

	"hearth/internal/engine"
)

// settle gives a statement its end.
func (s *Statement) settle(ev engine.Event) {
	s.CompletedAt, s.Progress = ev.Time, 1
	s.ExecutionCount, s.Error, s.Result = ev.ExecutionCount, ev.Error, ev.Data
	switch ev.Status {
	case engine.StatusOK, engine.StatusError:
		s.State, s.Status = StatementDone, ev.Status
	case engine.StatusCancelled:
		s.State = StatementCancelled
	default:
		s.State = StatementFailed
		s.Error = cmp.Or(ev.Error, &engine.StatementError{
			Name: "StatementLost", Value: "The process that ran the statement has ended.", Traceback: []string{},
		})
	}
}

// exit ends the session and every statement that had not ended.
func (a *application) exit(ctx context.Context, ev engine.Event) error {
	e := cmp.Or(ev.Exit, &engine.Exit{Cause: engine.CauseLost})
	if ev.Time.IsZero() {
		ev.Time = time.Now()
	}
	if a.s.retries(causeOf(e.Cause)) {
		return a.retry(e)
	}
	asked := a.s.State == StateStopping && a.s.Cause.Asked()
	if err := a.move(EventExit); err != nil {
		return err
	}
	a.s.EndedAt, a.s.IdleDeadline, a.s.HeartbeatDeadline = ev.Time, time.Time{}, time.Time{}
	if !asked {
		a.s.Cause = causeOf(e.Cause)
		a.s.Reason = reasonOf(e)
	}
	if a.s.Cause == CauseCompleted {
		a.s.Reason = ""
	}
	open, err := a.tx.OpenStatements(ctx, a.s.ID, int(a.s.Statements)+1)
	if err != nil {
		return err
	}
	for _, o := range open {
		st, err := a.statement(ctx, o.Number)
		if err != nil {
			return err
		}
		if !st.State.Final() {
			a.abandon(st, ev.Time)
		}
	}
	return nil
}

// abandon ends a statement whose session ended under it. One that was being
// cancelled has really stopped now.
func (a *application) abandon(st *Statement, now time.Time) {
	was := st.State
	st.CompletedAt, st.Progress = now, 1
	if was == StatementCancelling {
		st.State = StatementCancelled
		return
	}
	st.State = StatementFailed
	why := "The session ended before the statement ran."
	if was == StatementRunning {
		why = "The session ended while the statement ran."
	}
	if a.s.Reason != "" {
		why += " " + a.s.Reason
	}
	st.Error = &engine.StatementError{Name: "SessionEnded", Value: why, Traceback: []string{}}
}

// maxReasonLines is how many of the last error lines a reason carries.
const maxReasonLines = 10

// reasonOf is what the client learns about an accident: what happened and the
// last error lines.
func reasonOf(e *engine.Exit) string {
	lines := e.LastLines
	if len(lines) > maxReasonLines {
		lines = lines[len(lines)-maxReasonLines:]
	}
	return strings.TrimSpace(strings.Join(append([]string{e.Message}, lines...), "\n"))
}
