package session

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// runners is the registry of the goroutines that look after sessions, one for each session that has
// something to do. It is safe for concurrent use.
type runners struct {
	// run is the work of a runner; it returns when nothing is left to do.
	run func(context.Context, *runner)

	mu   sync.Mutex
	byID map[string]*runner
	// begin starts a task; nil before start and after stop.
	begin func(task func(context.Context))
	halt  context.CancelFunc
	tasks sync.WaitGroup
}

// start lets tasks run until stop.
func (rs *runners) start(ctx context.Context) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.byID = make(map[string]*runner)
	ctx, rs.halt = context.WithCancel(context.WithoutCancel(ctx))
	rs.begin = func(task func(context.Context)) { rs.tasks.Go(func() { task(ctx) }) }
}

// stop cancels every task and waits for them.
func (rs *runners) stop() {
	rs.mu.Lock()
	halt := rs.halt
	rs.begin = nil
	rs.mu.Unlock()
	if halt != nil {
		halt()
	}
	rs.tasks.Wait()
}

// running reports whether tasks may begin.
func (rs *runners) running() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.begin != nil
}

// spawn begins a task, unless none may.
func (rs *runners) spawn(task func(context.Context)) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.spawnLocked(task)
}

func (rs *runners) spawnLocked(task func(context.Context)) {
	if rs.begin != nil {
		rs.begin(task)
	}
}

// find returns the runner of a session, nil if it has none.
func (rs *runners) find(id string) *runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.byID[id]
}

func (rs *runners) all() []*runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.Collect(maps.Values(rs.byID))
}

// attend returns the runner of a session, and begins one if there is none. Where none may begin,
// the runner returned does nothing.
func (rs *runners) attend(id string) *runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.attendLocked(id)
}

func (rs *runners) attendLocked(id string) *runner {
	if r, ok := rs.byID[id]; ok {
		return r
	}
	r := newRunner(id)
	if rs.begin == nil {
		return r
	}
	rs.byID[id] = r
	rs.spawnLocked(func(ctx context.Context) {
		defer rs.forget(r)
		rs.run(ctx, r)
	})
	return r
}

// forget removes a runner that has ended. If it was woken too late to notice, another follows it.
func (rs *runners) forget(r *runner) {
	rs.mu.Lock()
	delete(rs.byID, r.id)
	if r.again {
		rs.attendLocked(r.id)
	}
	rs.mu.Unlock()
	close(r.done)
}

// wake makes the runner of a session look at the store again.
func (rs *runners) wake(id string) { rs.attend(id).poke() }

// wakeAgain is wake for a runner that may be about to end, and has looked already: then another one
// follows it.
func (rs *runners) wakeAgain(id string) {
	rs.mu.Lock()
	r, ok := rs.byID[id]
	if ok {
		r.again = true
	} else {
		r = rs.attendLocked(id)
	}
	rs.mu.Unlock()
	r.poke()
}
