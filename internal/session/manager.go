package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"hearth/internal/engine"
)

// Config is what a Manager needs. Zero values mean the defaults beside them.
type Config struct {
	Store Store
	// Engines runs the sessions. DefaultEngine is the name of the engine of those that name none,
	// which may be left out where there is one alone; DialectEngines has the same for dialects that
	// differ.
	Engines        engine.Fleet
	DefaultEngine  string
	DialectEngines map[string]string
	Log            *slog.Logger
	// MaxSessions is how many live sessions one scope may have (default 100).
	MaxSessions int
	// Groups are those that sessions may name; they have passed CheckGroups.
	Groups []Group
	// MaxWaiting is how many statements of a session may wait (default 1000).
	MaxWaiting int
	// StopGrace is how long an ending session gets between TERM and KILL
	// (default 10 s).
	StopGrace time.Duration
	// Retention is how long ended sessions stay readable (default 7 days).
	Retention time.Duration
	// SweepEvery is the sweeper's period (default 1 s).
	SweepEvery time.Duration
	// RecoverBudget bounds the time Start spends on attaching to sessions it
	// finds (default 30 s); slower ones go on attaching in the background.
	RecoverBudget time.Duration
}

func (c Config) withDefaults() Config {
	c.MaxSessions = orDefault(c.MaxSessions, 100)
	c.MaxWaiting = orDefault(c.MaxWaiting, 1000)
	c.StopGrace = orDefault(c.StopGrace, 10*time.Second)
	c.Retention = orDefault(c.Retention, 7*24*time.Hour)
	c.SweepEvery = orDefault(c.SweepEvery, time.Second)
	c.RecoverBudget = orDefault(c.RecoverBudget, 30*time.Second)
	if names := c.Engines.Names(); c.DefaultEngine == "" && len(names) == 1 {
		c.DefaultEngine = names[0]
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Manager is the only writer of sessions and statements and holds every rule
// about them. It is safe for concurrent use.
type Manager struct {
	cfg Config

	// creating serialises quota check and insert, so that the quota holds under
	// concurrent creations.
	creating sync.Mutex

	mu      sync.Mutex
	runners map[string]*runner
	// spawn runs a task of the Manager's own until Stop; nil before Start and
	// after Stop.
	spawn func(func(context.Context))
	// halt cancels every task; tasks waits for them.
	halt  context.CancelFunc
	tasks sync.WaitGroup
	// leaving refuses new sessions while the Manager ends.
	leaving bool
	// changed is closed, and replaced, whenever a session or statement changes.
	changed chan struct{}
}

// NewManager returns a Manager that does nothing until Start.
func NewManager(cfg Config) *Manager {
	return &Manager{cfg: cfg.withDefaults(), runners: make(map[string]*runner), changed: make(chan struct{})}
}

// Start reconciles the store with what the driver finds, then looks after
// sessions until Stop. It returns when requests are welcome.
func (m *Manager) Start(ctx context.Context) error {
	run, halt := context.WithCancel(context.WithoutCancel(ctx))
	m.mu.Lock()
	m.halt = halt
	m.spawn = func(task func(context.Context)) {
		m.tasks.Go(func() { task(run) })
	}
	m.mu.Unlock()
	if err := m.recover(ctx); err != nil {
		halt()
		m.tasks.Wait()
		return fmt.Errorf("recover sessions: %w", err)
	}
	m.spawn(m.sweep)
	return nil
}

// Stop ends the Manager. With keep it leaves every session running for the next
// start; otherwise it ends them all first and returns when nothing is left, or
// with ctx's error when ctx ends before that.
func (m *Manager) Stop(ctx context.Context, keep bool) error {
	m.mu.Lock()
	m.leaving = true
	m.mu.Unlock()
	// A creation that was admitted before is in the store when this returns.
	m.creating.Lock()
	m.creating.Unlock() //nolint:staticcheck // the wait is the point
	var err error
	if !keep {
		err = m.endAll(ctx)
	}
	m.mu.Lock()
	halt := m.halt
	m.spawn = nil
	m.mu.Unlock()
	if halt != nil {
		halt()
	}
	m.tasks.Wait()
	return err
}

func (m *Manager) endAll(ctx context.Context) error {
	live, err := m.cfg.Store.UnfinishedSessions(ctx)
	if err != nil {
		return fmt.Errorf("list live sessions: %w", err)
	}
	var errs []error
	for _, s := range live {
		if _, err := m.driver(&s); err != nil {
			continue // of an engine that another server has; kept as it is
		}
		// A deleted one may be gone by now, which is as good.
		if _, err := m.end(ctx, s.ID, CauseShutdown); err != nil && !errors.Is(err, NotFound) {
			errs = append(errs, fmt.Errorf("end session %s: %w", s.ID, err))
		}
	}
	for _, r := range m.running() {
		select {
		case <-r.done:
		case <-ctx.Done():
			return errors.Join(append(errs, context.Cause(ctx))...)
		}
	}
	return errors.Join(errs...)
}

func (m *Manager) running() []*runner {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*runner, 0, len(m.runners))
	for _, r := range m.runners {
		out = append(out, r)
	}
	return out
}

// attend makes sure that a goroutine looks after the session.
func (m *Manager) attend(id string) *runner {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.runners[id]; ok {
		return r
	}
	r := newRunner(m, id)
	if m.spawn == nil {
		return r
	}
	m.runners[id] = r
	m.spawn(func(ctx context.Context) {
		defer m.forget(r)
		r.run(ctx)
	})
	return r
}

// forget lets a runner go. What it was asked while it ended, the next one does.
func (m *Manager) forget(r *runner) {
	m.mu.Lock()
	delete(m.runners, r.id)
	again := r.again
	m.mu.Unlock()
	close(r.done)
	if again {
		m.attend(r.id)
	}
}

// wake tells the session's goroutine to look at the store again.
func (m *Manager) wake(id string) { m.attend(id).poke() }

// wakeAgain does so even if the goroutine is about to end and looked already:
// then another one follows it.
func (m *Manager) wakeAgain(id string) {
	m.mu.Lock()
	r := m.runners[id]
	if r != nil {
		r.again = true
	}
	m.mu.Unlock()
	if r == nil {
		r = m.attend(id)
	}
	r.poke()
}

// txAttempts bounds how often a change is tried again after somebody else's.
const txAttempts = 20

// tx runs fn in a transaction, and again if another writer was faster.
func (m *Manager) tx(ctx context.Context, fn func(Tx) error) error {
	var err error
	for range txAttempts {
		if err = m.cfg.Store.WithTx(ctx, fn); !errors.Is(err, ReasonConcurrent) {
			return err
		}
	}
	return err
}

// changeRef applies fn to the session that ref names, in a transaction, and stores the result if
// fn returns true. NotFound, also if the session is deleted.
func (m *Manager) changeRef(ctx context.Context, ref Ref, fn func(Tx, *Session) (bool, error)) (Session, error) {
	return m.changeRead(ctx, func(tx Tx) (Session, error) { return m.find(ctx, tx, ref) }, fn)
}

// change does so with the session of an internal id, deleted or not.
func (m *Manager) change(ctx context.Context, id string, fn func(Tx, *Session) (bool, error)) (Session, error) {
	return m.changeRead(ctx, func(tx Tx) (Session, error) { return tx.Session(ctx, id) }, fn)
}

func (m *Manager) changeRead(ctx context.Context, read func(Tx) (Session, error), fn func(Tx, *Session) (bool, error)) (Session, error) {
	var s Session
	var from State
	err := m.tx(ctx, func(tx Tx) error {
		var err error
		if s, err = read(tx); err != nil {
			return err
		}
		from = s.State
		changed, err := fn(tx, &s)
		if err != nil || !changed {
			return err
		}
		return tx.UpdateSession(ctx, &s)
	})
	if err == nil && from != s.State {
		m.logState(ctx, &s, from)
	}
	if err == nil {
		m.announce()
	}
	return s, err
}

// announce wakes whoever awaits a change.
func (m *Manager) announce() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *Manager) nextChange() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *Manager) logState(ctx context.Context, s *Session, from State) {
	m.cfg.Log.Log(ctx, levelOf(from, s.State), "session state", "session_id", s.ID, "instance_id", s.Spec.ID,
		"dialect", s.Origin(), "external_id", s.ExternalID, "from", from, "to", s.State, "cause", s.Cause)
}

// levelOf is the level at which a change of state is logged: every statement makes
// a session busy and idle again, and those lines would bury the others.
func levelOf(from, to State) slog.Level {
	if from.Runnable() && to.Runnable() {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// newID returns an id that is safe as a file name and never given twice.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }
