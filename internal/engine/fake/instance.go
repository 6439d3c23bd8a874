package fake

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"hearth/internal/engine"
)

// instance is one pretended instance. It owns no goroutine while idle.
type instance struct {
	spec      engine.Spec
	behaviour Behaviour
	languages []engine.Language
	// ended is closed when scripts must stop.
	ended   chan struct{}
	journal *journal

	mu       sync.Mutex
	spool    []engine.Event // events with a Seq, those behind trimmed
	trimmed  uint64         // all up to this one were acknowledged
	conns    []*conn
	seen     map[int64]bool // statements accepted
	ran      []int64
	queue    []engine.Statement
	running  *run // nil while nothing runs; a batch has a run without a statement
	ready    bool
	degraded bool
	stopping bool
	exit     *engine.Exit
	log      []byte
	added    []string
	// printed is how many pieces the program of a batch has printed.
	printed int
	// abandoned is set when its driver was killed: nothing is kept any more.
	abandoned bool
}

// run is the script that runs now.
type run struct {
	statement engine.Statement
	// count is the number of the statement as the interpreter counts.
	count int
	// reported is how many events of it are kept from before a restart of the driver.
	reported    int
	interrupted chan struct{}
	once        sync.Once
}

func newInstance(s engine.Spec, b Behaviour) *instance {
	if b.Info == (engine.Info{}) {
		b.Info = engine.Info{
			SparkVersion: "3.5.7", ScalaVersion: "2.12.18", PythonVersion: "3.11.7", JavaVersion: "17.0.15",
			ApplicationID: "local-" + s.ID, Cores: 2, MemoryMB: 1024,
		}
	}
	in := &instance{spec: s, behaviour: b, ended: make(chan struct{}), seen: map[int64]bool{}}
	if len(s.Notes) > 0 {
		in.log = append(in.log, s.NoteLine()+"\n"...)
	}
	return in
}

// start schedules readiness. A timer and no goroutine, so that a forgotten instance does not keep a
// synctest bubble open.
func (in *instance) start() {
	b := in.behaviour
	switch {
	case b.ReadyAfter < 0:
	case b.ReadyAfter == 0:
		in.becomeReady()
	default:
		in.emit(engine.Event{Kind: engine.EventPhase, Text: "starting", Progress: 0})
		time.AfterFunc(b.ReadyAfter/2, func() {
			in.emit(engine.Event{Kind: engine.EventPhase, Text: "spark", Progress: 0.5})
		})
		time.AfterFunc(b.ReadyAfter, in.becomeReady)
	}
}

func (in *instance) becomeReady() {
	if in.behaviour.FailStart != "" {
		in.end(engine.Exit{
			Cause: engine.CauseFailedStart, Process: "jvm", Code: 1,
			Message: in.behaviour.FailStart, LastLines: []string{in.behaviour.FailStart},
		})
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.exit != nil || in.stopping || in.abandoned {
		return
	}
	in.ready = true
	info := in.behaviour.Info
	in.emitLocked(engine.Event{Kind: engine.EventReady, Info: &info})
	in.beginProgram()
	in.nextLocked()
}

// execute accepts a statement once.
func (in *instance) execute(s engine.Statement) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.exit != nil || in.stopping {
		return fmt.Errorf("execute %d: %w", s.Number, engine.ErrGone)
	}
	if in.spec.Launch.Batch != nil {
		return fmt.Errorf("execute %d: %w", s.Number, engine.Invalidf("a batch takes no statements"))
	}
	if in.seen[s.Number] {
		return nil
	}
	if err := in.journal.append(record{Accept: &s}); err != nil {
		return fmt.Errorf("execute %d: %w", s.Number, err)
	}
	in.seen[s.Number] = true
	in.queue = append(in.queue, s)
	in.nextLocked()
	return nil
}

// nextLocked runs the head of the queue if nothing runs.
func (in *instance) nextLocked() {
	if !in.ready || in.running != nil || in.exit != nil || len(in.queue) == 0 {
		return
	}
	if in.degraded {
		for _, s := range in.queue {
			in.emitLocked(engine.Event{Kind: engine.EventResult, Statement: s.Number, Status: engine.StatusLost})
		}
		in.queue = nil
		return
	}
	s := in.queue[0]
	in.queue = in.queue[1:]
	in.ran = append(in.ran, s.Number)
	in.running = &run{statement: s, count: len(in.ran), interrupted: make(chan struct{})}
	in.keep(record{Begin: s.Number})
	go in.run(in.running)
}

// interrupt stops the statement if it runs, or takes it out of the queue.
func (in *instance) interrupt(number int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if r := in.running; r != nil && r.statement.Number == number {
		r.once.Do(func() { close(r.interrupted) })
		return
	}
	i := slices.IndexFunc(in.queue, func(s engine.Statement) bool { return s.Number == number })
	if i < 0 {
		return
	}
	in.queue = slices.Delete(in.queue, i, i+1)
	in.emitLocked(engine.Event{Kind: engine.EventResult, Statement: number, Status: engine.StatusCancelled})
}

// stop ends the instance after the time its behaviour takes, at most grace.
func (in *instance) stop(grace time.Duration) {
	in.mu.Lock()
	first := in.exit == nil && !in.stopping
	in.stopping = true
	in.keep(record{Stop: true})
	in.mu.Unlock()
	if !first {
		return
	}
	exit := engine.Exit{Cause: engine.CauseStopped, Message: "The instance was stopped."}
	takes := in.behaviour.StopTakes
	if takes > grace {
		takes = grace
		exit.Process, exit.Signal = "jvm", "killed"
	}
	if takes <= 0 {
		in.end(exit)
		return
	}
	time.AfterFunc(takes, func() { in.end(exit) })
}

// end ends the instance once: unfinished statements are lost, then the exit.
func (in *instance) end(exit engine.Exit) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.endLocked(exit)
}

func (in *instance) endLocked(exit engine.Exit) {
	if in.exit != nil || in.abandoned {
		return
	}
	if in.running != nil && in.spec.Launch.Batch == nil {
		in.emitLocked(engine.Event{Kind: engine.EventResult, Statement: in.running.statement.Number, Status: engine.StatusLost})
	}
	in.running = nil
	for _, s := range in.queue {
		in.emitLocked(engine.Event{Kind: engine.EventResult, Statement: s.Number, Status: engine.StatusLost})
	}
	in.queue = nil
	if exit.Time.IsZero() {
		exit.Time = time.Now()
	}
	in.emitLocked(engine.Event{Kind: engine.EventExit, Exit: &exit})
	in.exit = &exit
	close(in.ended)
}

func (in *instance) exited() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.exit != nil
}

func (in *instance) found() engine.Found {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := engine.Found{ID: in.spec.ID, Alive: in.exit == nil, Handle: handle(in.spec.ID)}
	if in.exit != nil {
		exit := *in.exit
		f.Exit = &exit
	}
	return f
}

func (in *instance) ranNumbers() []int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.ran)
}

func (in *instance) logText() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return string(in.log)
}
