package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"hearth/internal/engine"
)

// runner looks after one session as long as there is something to do for it: it starts or finds the
// instance, stores its events, hands statements over, and clears away the rest at the end (serve).
// All it knows is in the store too; losing a runner loses nothing.
type runner struct {
	id   string
	live liveProgress
	// touched is newer than the store's knowledge of the session's clients.
	touched touches
	// woken holds at most one wake-up: look at the store again.
	woken chan struct{}
	// attached is closed at the first connection to the instance, or when there is none to be had.
	attached     chan struct{}
	attachedOnce sync.Once
	// done is closed when the runner has ended.
	done chan struct{}

	// again requests another runner after this one's end; guarded by runners.mu.
	again bool
	// stopping is when the runner's goroutine first saw that the session is to end; nobody else
	// looks at it.
	stopping time.Time
	// refusals counts the refused events of the runner's connections; its goroutine's too.
	refusals int

	mu         sync.Mutex
	interrupts []int64
	// handed are statements that are running to the store and have not reached the instance.
	handed []Statement
	inst   engine.Instance // nil while there is no connection
	share  share
	seen   sight
	ticket *startTicket // of a start that waits or goes on; nil otherwise
}

func newRunner(id string) *runner {
	return &runner{id: id, woken: make(chan struct{}, 1), attached: make(chan struct{}), done: make(chan struct{})}
}

func (r *runner) poke() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// interrupt makes the runner interrupt a statement.
func (r *runner) interrupt(numbers ...int64) {
	r.mu.Lock()
	r.interrupts = append(r.interrupts, numbers...)
	r.mu.Unlock()
	r.poke()
}

// hand makes the runner hand over a statement that is running to the store.
func (r *runner) hand(st Statement) {
	r.mu.Lock()
	r.handed = append(r.handed, st)
	r.mu.Unlock()
	r.poke()
}

// take returns the statements to hand over and the numbers of those to interrupt, once.
func (r *runner) take() (handed []Statement, interrupts []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	handed, interrupts = r.handed, r.interrupts
	r.handed, r.interrupts = nil, nil
	return handed, interrupts
}

// connected notes the connection to the instance; nil when it has ended.
func (r *runner) connected(inst engine.Instance) {
	r.mu.Lock()
	r.inst = inst
	r.mu.Unlock()
	if inst != nil {
		r.markAttached()
	}
}

// connection returns the connection to the instance, nil while there is none.
func (r *runner) connection() engine.Instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inst
}

func (r *runner) markAttached() { r.attachedOnce.Do(func() { close(r.attached) }) }

// instance returns the connection to a session's instance, nil while there is none.
func (m *Manager) instance(id string) engine.Instance {
	r := m.runners.find(id)
	if r == nil {
		return nil
	}
	return r.connection()
}

// Bounds of the pause between two attempts to attach.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// run serves a session until nothing is left to do for it, one connection after the other.
func (m *Manager) run(ctx context.Context, r *runner) {
	defer r.markAttached()
	defer r.leaveQueue()
	log := m.cfg.Log.With("session_id", r.id)
	pause := minBackoff
	for {
		began := time.Now()
		became, err := m.serve(ctx, r)
		switch {
		case ctx.Err() != nil, err == nil && became == hasEnded:
			return
		case err == nil:
			if !m.rest(ctx, r) {
				return
			}
			continue // with another instance
		case m.noteUnreadable(ctx, err):
			return // the next wake-up, or the next server, tries again
		case errors.Is(err, engine.ErrNoEngine):
			// The engines of a server do not change while it runs: the next wake-up, or the next
			// server, tries again.
			log.WarnContext(ctx, "session is left alone, its engine is not in this server", "error", err)
			return
		}
		if time.Since(began) > maxBackoff {
			pause = minBackoff
		}
		log.WarnContext(ctx, "session connection lost, trying again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, maxBackoff)
	}
}
