package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hearth/internal/engine"
)

// runner looks after one session as long as there is something to do for it:
// it starts or finds its instance, stores what the instance tells, hands over
// statements, and clears away what is left at the end. All it knows is in the
// store; losing a runner loses nothing.
type runner struct {
	m    *Manager
	id   string
	live liveProgress
	// touched is newer than what the store knows of the session's clients.
	touched touches
	// woken holds at most one wake-up: look at the store again.
	woken chan struct{}
	// attached is closed at the first connection to the instance, or when there
	// is none to be had.
	attached     chan struct{}
	attachedOnce sync.Once
	// done is closed when the runner has ended.
	done chan struct{}

	// again asks for another look after this runner's end; guarded by Manager.mu.
	again bool
	// stopping is when the runner's goroutine first saw that the session is to
	// end; nobody else looks at it.
	stopping time.Time

	mu         sync.Mutex
	interrupts []int64
	// handed are statements that are running to the store and may not have reached the instance.
	handed []Statement
	inst   engine.Instance // nil while there is no connection
}

func newRunner(m *Manager, id string) *runner {
	return &runner{
		m: m, id: id, woken: make(chan struct{}, 1),
		attached: make(chan struct{}), done: make(chan struct{}),
	}
}

func (r *runner) poke() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

func (r *runner) interrupt(number int64) {
	r.mu.Lock()
	r.interrupts = append(r.interrupts, number)
	r.mu.Unlock()
	r.poke()
}

// hand makes the runner hand a statement over that is running to the store.
func (r *runner) hand(st Statement) {
	r.mu.Lock()
	r.handed = append(r.handed, st)
	r.mu.Unlock()
	r.poke()
}

func (r *runner) takeHanded() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.handed
	r.handed = nil
	return out
}

func (r *runner) takeInterrupts() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.interrupts
	r.interrupts = nil
	return out
}

func (r *runner) log() *slog.Logger { return r.m.cfg.Log.With("session_id", r.id) }

// Bounds of the pause between two attempts to attach.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// errEnded says that nothing is left to do for a session.
var errEnded = errors.New("session has ended")

// errAgain says that another instance is to be started for it.
var errAgain = errors.New("session has another instance")

func (r *runner) run(ctx context.Context) {
	defer r.markAttached()
	pause := minBackoff
	for {
		began := time.Now()
		err := r.serve(ctx)
		if errors.Is(err, errEnded) || ctx.Err() != nil {
			return
		}
		if errors.Is(err, errAgain) {
			continue
		}
		if errors.Is(err, engine.ErrNoEngine) {
			// The engines of a running server do not change: the next wake-up, or the next server, tries again.
			r.log().WarnContext(ctx, "session is left alone, its engine is not in this server", "error", err)
			return
		}
		if time.Since(began) > maxBackoff {
			pause = minBackoff
		}
		r.log().WarnContext(ctx, "session connection lost, trying again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, maxBackoff)
	}
}

func (r *runner) markAttached() { r.attachedOnce.Do(func() { close(r.attached) }) }

// serve makes one connection to the instance and uses it until it ends.
func (r *runner) serve(ctx context.Context) error {
	s, err := r.m.cfg.Store.Session(ctx, r.id)
	if errors.Is(err, NotFound) {
		return errEnded
	}
	if err != nil {
		return err
	}
	driver, err := r.m.driver(&s)
	if err != nil {
		return err
	}
	if s.State == StateEnded {
		return r.clear(ctx, driver, &s)
	}
	if r.overdue(&s) {
		// It did not end when it was asked to, and cannot be asked any more.
		if err := destroy(ctx, driver, s.instance()); err != nil {
			return err
		}
	}
	if err := r.ensureStarted(ctx, driver, &s); err != nil {
		return err
	}
	inst, err := driver.Attach(ctx, s.instance(), s.Applied)
	if errors.Is(err, engine.ErrNotFound) {
		return r.exit(ctx, driver, s.instance(), engine.Exit{Cause: engine.CauseLost, Time: time.Now(), Message: "The session's instance has left no trace."})
	}
	if err != nil {
		return err
	}
	defer inst.Close()
	return r.converse(ctx, driver, s.instance(), inst)
}

// overdue tells whether the end of the session was asked for longer ago than it
// may take, as far as this runner knows.
func (r *runner) overdue(s *Session) bool {
	if s.State != StateStopping {
		return false
	}
	if r.stopping.IsZero() {
		r.stopping = time.Now()
	}
	return time.Since(r.stopping) > r.m.cfg.StopGrace+stopMargin
}

// ensureStarted starts the instance of a session that never had one. A session that was accepted
// before a crash of the server is started now, and the handle of one that was started is learned.
func (r *runner) ensureStarted(ctx context.Context, driver engine.Driver, s *Session) error {
	found, err := driver.Inspect(ctx, s.instance())
	if err == nil && s.Handle == nil && found.Handle != nil {
		return r.keepHandle(ctx, s, found.Handle)
	}
	if err == nil || !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	if s.State == StateStopping {
		return r.exit(ctx, driver, s.instance(), engine.Exit{Cause: engine.CauseStopped, Time: time.Now(), Message: "The session was stopped before it started."})
	}
	if s.State != StateStarting {
		return nil // Attach reports that it is gone
	}
	handle, err := driver.Start(ctx, s.startSpec())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.log().ErrorContext(ctx, "session start failed", "instance_id", s.Spec.ID, "error", err)
		return r.exit(ctx, driver, s.instance(), engine.Exit{Cause: engine.CauseFailedStart, Time: time.Now(), Message: startMessage(err)})
	}
	return r.keepHandle(ctx, s, handle)
}

// keepHandle stores the driver's record of the instance.
func (r *runner) keepHandle(ctx context.Context, s *Session, h engine.Handle) error {
	now, err := r.m.change(ctx, r.id, func(_ Tx, now *Session) (bool, error) {
		now.Handle = h
		return true, nil
	})
	if err == nil {
		*s = now
	}
	return err
}

// startMessage is the part of a failed start that the client may know.
func startMessage(err error) string {
	if e, ok := errors.AsType[*engine.InvalidError](err); ok {
		return "The session could not be started: " + e.Text
	}
	return "The session could not be started. The server's log says why."
}
