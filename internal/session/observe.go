package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// Observer learns what happens to sessions and statements, each time after it is stored. Its
// methods are called by many goroutines and return at once.
type Observer interface {
	// SessionMoved is called when a session was accepted, with "" for from, and when its state has
	// changed.
	SessionMoved(s *Session, from State)
	// StartEnded is called at the end of a start that was let in.
	StartEnded(s *Session, start Start)
	// StatementEnded is called when a statement has become final. It has no output.
	StatementEnded(s *Session, st *Statement)
}

// Start is how the start of an instance went. One that another server began counts from when this
// one found it.
type Start struct {
	Outcome StartOutcome
	// Waited is how long it waited to be let in, Took how long it went on from then.
	Waited, Took time.Duration
}

// StartOutcome is how a start ended.
type StartOutcome string

// Outcomes of starts.
const (
	StartReady   StartOutcome = "ready"
	StartFailed  StartOutcome = "failed"
	StartStopped StartOutcome = "stopped"
)

// StartOutcomes lists every outcome.
func StartOutcomes() []StartOutcome { return []StartOutcome{StartReady, StartFailed, StartStopped} }

// outcomeOf returns how the start of a session's instance ended.
func outcomeOf(s *Session) StartOutcome {
	switch {
	case s.State == StateEnded && s.Cause == CauseFailedStart:
		return StartFailed
	case s.State == StateStopping, s.State == StateEnded && s.Cause.Asked():
		return StartStopped
	case s.State == StateEnded && s.ReadyAt.IsZero():
		return StartFailed
	}
	return StartReady
}

// noObserver is the Observer of a Manager that has none.
type noObserver struct{}

func (noObserver) SessionMoved(*Session, State)        {}
func (noObserver) StartEnded(*Session, Start)          {}
func (noObserver) StatementEnded(*Session, *Statement) {}

// Stats are counts of what lives now. They are made from memory alone.
type Stats struct {
	// Sessions counts living sessions by origin (Ref.Origin) and state. Those of engines that this
	// server does not have are left out.
	Sessions map[Origin]int
	// Instances and MemoryMB are the part of the budget that is taken, in instances and MiB; Budget
	// is all of it.
	Instances int
	MemoryMB  int
	Budget    Budget
	// Starting is how many starts go on, Waiting how many wait to be let in.
	Starting int
	Waiting  int
	// RefusedEvents is what Manager.RefusedEvents returns.
	RefusedEvents uint64
}

// Origin is what Stats counts sessions by.
type Origin struct {
	Dialect string
	State   State
}

// sight is what a runner last saw of its session.
type sight struct {
	version int64
	origin  Origin
	engine  string
	known   engine.Known
}

// see notes the session as it is stored now.
func (r *runner) see(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Version >= r.seen.version { // two changes may arrive in the other order
		r.seen = sight{s.Version, Origin{s.Origin(), s.State}, s.Engine, s.instance()}
	}
}

func (r *runner) last() sight {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// Stats returns the counts.
func (m *Manager) Stats() Stats {
	st := Stats{Sessions: make(map[Origin]int), Budget: m.cfg.Budget, RefusedEvents: m.RefusedEvents()}
	st.Instances, st.MemoryMB = m.spent()
	st.Starting, st.Waiting = m.starts.count()
	for _, r := range m.runners.all() {
		if seen := r.last(); seen.origin.State != "" && seen.origin.State.Live() {
			st.Sessions[seen.origin]++
		}
	}
	return st
}

// Usage returns what the instances of living sessions take of this machine now.
func (m *Manager) Usage(ctx context.Context) (engine.Usage, error) {
	byEngine := make(map[string][]engine.Known)
	for _, r := range m.runners.all() {
		if seen := r.last(); seen.known.Handle != nil && seen.origin.State.Live() {
			byEngine[seen.engine] = append(byEngine[seen.engine], seen.known)
		}
	}
	var all engine.Usage
	var errs []error
	for name, known := range byEngine {
		d, err := m.cfg.Engines.Driver(name)
		if err != nil {
			continue
		}
		u, err := d.Measure(ctx, known)
		errs = append(errs, err)
		all.MemoryBytes += u.MemoryBytes
		all.SpoolBytes += u.SpoolBytes
	}
	return all, errors.Join(errs...)
}
