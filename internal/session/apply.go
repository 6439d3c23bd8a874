package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// outcome is what stored events mean for the instance that told them.
type outcome int

const (
	goesOn outcome = iota
	// hasEnded: the session has, with the instance.
	hasEnded
	// runsAgain: another instance takes the place of this one, which has ended.
	runsAgain
)

// apply stores a batch of events in one transaction and tells what became of the
// session with it. Events already stored are skipped.
func (m *Manager) apply(ctx context.Context, r *runner, batch []engine.Event) (outcome, error) {
	var kept []engine.Event
	for _, ev := range batch {
		if !r.live.hear(ev) {
			kept = append(kept, ev)
		}
	}
	if len(kept) == 0 {
		return goesOn, nil
	}
	var instance string
	s, err := m.change(ctx, r.id, func(tx Tx, s *Session) (bool, error) {
		instance = s.Spec.ID
		a := application{tx: tx, s: s, statements: make(map[int64]*Statement)}
		return a.all(ctx, kept)
	})
	switch {
	case err != nil:
		return goesOn, err
	case s.State == StateEnded:
		return hasEnded, nil
	case s.Spec.ID != instance:
		return runsAgain, nil
	}
	return goesOn, nil
}

// application is one batch on its way into the store.
type application struct {
	tx         Tx
	s          *Session
	statements map[int64]*Statement
	output     map[int64][]Output
}

func (a *application) all(ctx context.Context, batch []engine.Event) (bool, error) {
	changed, instance := false, a.s.Spec.ID
	for _, ev := range batch {
		// An end counts whatever its number: after a power cut the spool may be
		// behind what was stored from it.
		if ev.Seq != 0 && ev.Seq <= a.s.Applied && ev.Kind != engine.EventExit {
			continue
		}
		if a.s.State == StateEnded {
			break
		}
		if ev.Kind == engine.EventStarted {
			continue // known since it was handed over; not worth a transaction
		}
		if err := a.one(ctx, ev); err != nil {
			return false, err
		}
		changed = true
		if a.s.Spec.ID != instance {
			break // the next one counts from the beginning
		}
		a.s.Applied = max(a.s.Applied, ev.Seq)
	}
	return changed, a.flush(ctx)
}

func (a *application) one(ctx context.Context, ev engine.Event) error {
	switch ev.Kind {
	case engine.EventReady:
		return a.ready(ev)
	case engine.EventInfo:
		a.learn(ev)
		return nil
	case engine.EventStream, engine.EventDisplay:
		a.print(ev)
		return nil
	case engine.EventPart:
		a.part(ev)
		return nil
	case engine.EventResult:
		return a.result(ctx, ev)
	case engine.EventDegraded:
		return a.degrade(ctx, ev)
	case engine.EventExit:
		return a.exit(ctx, ev)
	}
	return nil
}

func (a *application) move(t Trigger) error {
	to, err := Next(a.s.State, t)
	if err != nil {
		return err
	}
	a.s.State = to
	return nil
}

func (a *application) learn(ev engine.Event) {
	if ev.Info != nil {
		a.s.Info = *ev.Info
	}
}

func (a *application) ready(ev engine.Event) error {
	a.learn(ev)
	if a.s.State == StateBusy && a.s.IsBatch() {
		return nil // a supervisor of the version before says so instead of EventInfo
	}
	a.s.ReadyAt = ev.Time
	if err := a.move(TriggerReady); err != nil {
		return err
	}
	switch {
	case a.s.State == StateIdle && a.s.IsBatch():
		a.s.ActiveAt = ev.Time
		return a.move(TriggerRun)
	case a.s.State == StateIdle:
		a.s.restIdle(ev.Time)
	}
	return nil
}

// print collects output; runs of the same stream become pieces, numbered by their
// first event.
func (a *application) print(ev engine.Event) {
	if a.output == nil {
		a.output = make(map[int64][]Output)
	}
	out := a.output[ev.Statement]
	if n := len(out); n > 0 && ev.Kind == engine.EventStream && out[n-1].Stream == ev.Stream && out[n-1].Data == nil && len(out[n-1].Text) < maxPiece {
		out[n-1].Text += ev.Text
	} else {
		out = append(out, Output{Seq: ev.Seq, Stream: ev.Stream, Text: ev.Text, Data: ev.Data})
	}
	a.output[ev.Statement] = out
}

func (a *application) statement(ctx context.Context, number int64) (*Statement, error) {
	if st, ok := a.statements[number]; ok {
		return st, nil
	}
	st, err := a.tx.Statement(ctx, a.s.ID, number)
	if err != nil {
		return nil, err
	}
	a.statements[number] = &st
	return &st, nil
}

func (a *application) result(ctx context.Context, ev engine.Event) error {
	st, err := a.statement(ctx, ev.Statement)
	if err != nil {
		return err
	}
	if !st.State.Final() {
		st.settle(ev)
	}
	if err := a.move(TriggerDone); err != nil {
		return err
	}
	if a.s.State == StateIdle || a.s.State == StateDegraded {
		a.s.restIdle(ev.Time)
	}
	return nil
}

// flush writes what the batch changed beside the session itself.
func (a *application) flush(ctx context.Context) error {
	for number, out := range a.output {
		if err := a.tx.AppendOutput(ctx, a.s.ID, number, out); err != nil {
			return err
		}
	}
	for _, st := range a.statements {
		if err := a.tx.UpdateStatement(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// takeWaiting marks the next waiting statement of an idle session as running.
func (m *Manager) takeWaiting(ctx context.Context, id string) (Statement, bool, error) {
	var taken Statement
	var found bool
	_, err := m.change(ctx, id, func(tx Tx, s *Session) (bool, error) {
		found = false
		if s.State != StateIdle {
			return false, nil
		}
		open, err := tx.OpenStatements(ctx, s.ID, 1)
		if err != nil || len(open) == 0 {
			return false, err
		}
		taken, found = open[0], true
		taken.State, taken.StartedAt = StatementRunning, time.Now()
		if s.State, err = Next(s.State, TriggerRun); err != nil {
			return false, err
		}
		s.ActiveAt, s.IdleDeadline = taken.StartedAt, time.Time{}
		return true, tx.UpdateStatement(ctx, &taken)
	})
	return taken, found && err == nil, err
}

// refuse ends a statement that the engine will not run.
func (m *Manager) refuse(ctx context.Context, st Statement, why error) error {
	_, err := m.change(ctx, st.SessionID, func(tx Tx, s *Session) (bool, error) {
		a := application{tx: tx, s: s, statements: make(map[int64]*Statement)}
		ev := engine.Event{
			Kind: engine.EventResult, Time: time.Now(), Statement: st.Number, Status: engine.StatusLost,
			Error: &engine.StatementError{Name: "StatementRefused", Value: refusalText(why), Traceback: []string{}},
		}
		if err := a.result(ctx, ev); err != nil {
			return false, err
		}
		return true, a.flush(ctx)
	})
	m.wake(st.SessionID)
	return err
}

// refusalText is the part of a refusal that the client may know.
func refusalText(why error) string {
	if e, ok := errors.AsType[*engine.InvalidError](why); ok {
		return "The statement was refused: " + e.Text + "."
	}
	return "The statement was refused: the session does not run its language."
}
