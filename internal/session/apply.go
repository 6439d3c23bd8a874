package session

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/engine"
)

// outcome is the meaning of stored events for the instance that reported them.
type outcome int

const (
	goesOn outcome = iota
	// hasEnded: the session has, with the instance.
	hasEnded
	// runsAgain: another instance takes the place of this one, which has ended.
	runsAgain
)

// apply stores events in one transaction and returns their outcome. Where they make the session
// idle, the same transaction takes the next waiting statement, and the runner gets it to hand over.
// Events already stored are skipped.
func (m *Manager) apply(ctx context.Context, r *runner, events []engine.Event) (outcome, error) {
	var kept []engine.Event
	for _, ev := range events {
		if !r.live.observe(ev) {
			kept = append(kept, ev)
		}
	}
	if len(kept) == 0 {
		return goesOn, nil
	}
	var instance string
	var done eventTx
	store := func(checked bool) (Session, error) {
		return m.change(ctx, r.id, func(tx Tx, s *Session) (bool, error) {
			instance = s.Spec.ID
			done = eventTx{m: m, tx: tx, s: s, statements: make(map[int64]*Statement), checked: checked}
			return done.all(ctx, kept)
		})
	}
	s, err := store(false)
	if errors.Is(err, ReasonNoStatement) {
		s, err = store(true)
	}
	if err == nil {
		m.noteRefused(ctx, r, done.refused)
		m.ended(&s, done.finished)
		m.acknowledge(ctx, r, &s)
	}
	if err == nil && r.refusals > maxRefusals && s.State.Live() && s.State != StateStopping {
		err = m.giveUp(ctx, r)
	}
	if err == nil && (s.State != StateStarting || s.Spec.ID != instance) {
		m.startOver(r, &s)
	}
	switch {
	case err != nil:
		return goesOn, err
	case s.State == StateEnded:
		return hasEnded, nil
	case s.Spec.ID != instance:
		return runsAgain, nil
	case done.next != nil:
		r.hand(*done.next)
	}
	return goesOn, nil
}

// refusal is an event that was skipped, and why.
type refusal struct {
	event engine.Event
	why   error
}

// maxRefusalLines bounds the log lines about refused events of a connection: whatever runs in a
// session can write any number of them.
const maxRefusalLines = 20

// maxRefusals is how many events of a session are skipped before it is ended: its processes speak
// another language than the server, or its code floods it.
const maxRefusals = 10_000

// noteRefused counts refused events and logs the first of them.
func (m *Manager) noteRefused(ctx context.Context, r *runner, refused []refusal) {
	m.refusedEvents.Add(uint64(len(refused)))
	for _, one := range refused {
		if r.refusals++; r.refusals <= maxRefusalLines {
			m.cfg.Log.WarnContext(ctx, "an event was skipped", "session_id", r.id, "event", one.event.Kind, "seq", one.event.Seq,
				"statement", one.event.Statement, "error", one.why)
		}
		if r.refusals == maxRefusalLines {
			m.cfg.Log.WarnContext(ctx, "further events that are skipped are only counted", "session_id", r.id)
		}
	}
}

// giveUp ends the session of a runner with more than maxRefusals refused events.
func (m *Manager) giveUp(ctx context.Context, r *runner) error {
	s, err := m.change(ctx, r.id, func(_ Tx, s *Session) (bool, error) {
		stops, err := s.stop(CauseCrashed)
		if stops {
			s.Reason = fmt.Sprintf("The session's processes reported more than %d events that its state forbids.", maxRefusals)
		}
		return stops, err
	})
	_, err = m.wakeToStop(s, err)
	return err
}

// eventTx is the transaction that stores some events.
type eventTx struct {
	m          *Manager
	tx         Tx
	s          *Session
	statements map[int64]*Statement
	output     map[int64][]Output
	// ended is the highest number of a statement whose result was among the events; next is the
	// statement that was taken after them, nil if there was none.
	ended int64
	next  *Statement
	// checked looks for the statement of every output before it is written: a write that fails
	// costs the transaction.
	checked bool
	refused []refusal
	// finished are the statements that became final.
	finished []*Statement
}

// ended tells the observer of statements that became final.
func (m *Manager) ended(s *Session, statements []*Statement) {
	for _, st := range statements {
		m.cfg.Observer.StatementEnded(s, st)
	}
}

func (a *eventTx) all(ctx context.Context, events []engine.Event) (bool, error) {
	changed, before, instance := false, a.s.State, a.s.Spec.ID
	for _, ev := range events {
		// An end counts whatever its number: after a power cut the spool may be behind what was
		// stored from it.
		if ev.Seq != 0 && ev.Seq <= a.s.Applied && ev.Kind != engine.EventExit {
			continue
		}
		if a.s.State == StateEnded {
			break
		}
		// What the instance reports at the wrong time, or of nothing, is wrong for ever: it must
		// not hold up what follows.
		if err := a.one(ctx, ev); errors.Is(err, ReasonState) || errors.Is(err, ReasonNoStatement) {
			a.refused = append(a.refused, refusal{ev, err})
		} else if err != nil {
			return false, err
		}
		changed = true
		if a.s.Spec.ID != instance {
			break // the next one counts from the beginning
		}
		a.s.Applied = max(a.s.Applied, ev.Seq)
	}
	if err := a.flush(ctx); err != nil {
		return false, err
	}
	// Statements run in the order of their numbers: behind the last one nothing waits.
	if a.s.State != StateIdle || before == StateIdle || a.ended == a.s.Statements {
		return changed, nil
	}
	var err error
	a.next, err = a.m.takeNext(ctx, a.tx, a.s)
	return changed, err
}

// one applies one event, or returns an error and changes nothing.
func (a *eventTx) one(ctx context.Context, ev engine.Event) error {
	switch ev.Kind {
	case engine.EventReady:
		return a.ready(ev)
	case engine.EventInfo:
		a.learn(ev)
		return nil
	case engine.EventStream, engine.EventDisplay, engine.EventPart:
		if err := a.check(ctx, ev.Statement); err != nil {
			return err
		}
		if ev.Kind == engine.EventPart {
			a.part(ev)
		} else {
			a.print(ev)
		}
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

func (a *eventTx) move(t Trigger) error {
	to, err := Next(a.s.State, t)
	if err != nil {
		return err
	}
	a.s.State = to
	return nil
}

func (a *eventTx) learn(ev engine.Event) {
	if ev.Info != nil {
		a.s.Info = *ev.Info
	}
}

func (a *eventTx) ready(ev engine.Event) error {
	if a.s.State == StateBusy && a.s.IsBatch() {
		a.learn(ev) // a supervisor of the version before says so instead of EventInfo
		return nil
	}
	if err := a.move(TriggerReady); err != nil {
		return err
	}
	a.learn(ev)
	a.s.ReadyAt = ev.Time
	switch {
	case a.s.State == StateIdle && a.s.IsBatch():
		a.s.ActiveAt = ev.Time
		return a.move(TriggerRun)
	case a.s.State == StateIdle:
		a.s.restIdle(ev.Time)
	}
	return nil
}

// print collects output; runs of the same stream become pieces, numbered by their first event.
func (a *eventTx) print(ev engine.Event) {
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

// check returns NotFound with ReasonNoStatement for a statement that is not there, if checked is
// set.
func (a *eventTx) check(ctx context.Context, number int64) error {
	if !a.checked || a.statements[number] != nil {
		return nil
	}
	_, err := a.tx.Statement(ctx, a.s.ID, number)
	if unread(err) {
		return nil // it is there
	}
	return err
}

func (a *eventTx) statement(ctx context.Context, number int64) (*Statement, error) {
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

func (a *eventTx) result(ctx context.Context, ev engine.Event) error {
	st, err := a.statement(ctx, ev.Statement)
	if err != nil && !unread(err) {
		return err
	}
	if err := a.move(TriggerDone); err != nil {
		return err
	}
	if err := a.m.endUnread(ctx, a.tx, a.s, err); err != nil {
		return err
	}
	if st != nil && !st.State.Final() {
		if a.unread() {
			ev.Data, ev.Error = nil, nil
		}
		st.settle(ev)
		a.finished = append(a.finished, st)
	}
	a.ended = max(a.ended, ev.Statement)
	if a.s.State == StateIdle || a.s.State == StateDegraded {
		a.s.restIdle(ev.Time)
	}
	return nil
}

// unread reports whether nobody can read what the session printed. It is not stored then, so that a
// deleted session ends on a full disk too.
func (a *eventTx) unread() bool { return !a.s.DeletedAt.IsZero() }

// flush writes all changes but that of the session itself.
func (a *eventTx) flush(ctx context.Context) error {
	for number, out := range a.output {
		if a.unread() {
			break
		}
		if err := a.tx.AppendOutput(ctx, a.s.ID, number, out); err != nil {
			return err
		}
	}
	return a.flushStatements(ctx)
}

// flushStatements writes the statements.
func (a *eventTx) flushStatements(ctx context.Context) error {
	for _, st := range a.statements {
		if err := a.tx.UpdateStatement(ctx, st); err != nil {
			return err
		}
	}
	return nil
}
