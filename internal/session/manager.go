package session

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hearth/internal/engine"
)

// Config configures a Manager. Zero values mean the defaults beside them.
type Config struct {
	Store Store
	// Engines runs the sessions. DefaultEngine is the name of the engine of those that name none,
	// which may be left out where there is one alone; DialectEngines has the same for dialects that
	// differ.
	Engines        engine.Fleet
	DefaultEngine  string
	DialectEngines map[string]string
	Log            *slog.Logger
	// Files finds the files that sessions name (default: there are none).
	Files Files
	// MaxSessions is how many live sessions one scope may have (default 100).
	MaxSessions int
	// Groups are those that sessions may name; they have passed CheckGroups. AddGroups adds to
	// them.
	Groups []Group
	// Budget is what all sessions together may take of the machine (default: no bound).
	Budget Budget
	// TakeMemory is called before a statement of so many bytes is read for a request (default: it
	// does nothing). After an error of it the statement is not read, and the answer is Throttled.
	TakeMemory func(ctx context.Context, bytes int64) error
	// Observer learns what happens (default: nobody does).
	Observer Observer
	// MaxWaiting is how many statements of a session may wait (default 1000).
	MaxWaiting int
	// StopGrace is how long an ending session gets between TERM and KILL (default 10 s).
	StopGrace time.Duration
	// Retention is how long ended sessions stay readable (default 7 days).
	Retention time.Duration
	// RetentionSize is how many bytes ended sessions may keep together, in the store and with their
	// engines (default 10 GiB).
	RetentionSize int64
	// SweepEvery is the sweeper's period (default 1 s).
	SweepEvery time.Duration
	// RecoverBudget bounds the time Start spends on attaching to sessions it finds (default 30 s);
	// slower ones go on attaching in the background.
	RecoverBudget time.Duration
}

func (c Config) withDefaults() Config {
	c.MaxSessions = orDefault(c.MaxSessions, 100)
	c.MaxWaiting = orDefault(c.MaxWaiting, 1000)
	c.StopGrace = orDefault(c.StopGrace, 10*time.Second)
	c.Retention = orDefault(c.Retention, 7*24*time.Hour)
	c.RetentionSize = orDefault(c.RetentionSize, 10<<30)
	c.SweepEvery = orDefault(c.SweepEvery, time.Second)
	c.RecoverBudget = orDefault(c.RecoverBudget, 30*time.Second)
	if names := c.Engines.Names(); c.DefaultEngine == "" && len(names) == 1 {
		c.DefaultEngine = names[0]
	}
	if c.Files == nil {
		c.Files = noFiles{}
	}
	if c.TakeMemory == nil {
		c.TakeMemory = func(context.Context, int64) error { return nil }
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
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

// Manager is the only writer of sessions and statements and holds every rule about them. It is safe
// for concurrent use.
type Manager struct {
	cfg Config

	// creating serialises quota check and insert, so that the quota holds under concurrent
	// creations.
	creating sync.Mutex

	runners runners
	starts  startQueue

	// refusedEvents counts the events that were skipped.
	refusedEvents atomic.Uint64
	unreadable    unreadable
	health        health

	mu sync.Mutex
	// leaving refuses new sessions while the Manager ends.
	leaving bool
	// changed is closed, and replaced, whenever a session or statement changes.
	changed chan struct{}
}

// NewManager returns a Manager that does nothing until Start.
func NewManager(cfg Config) *Manager {
	m := &Manager{cfg: cfg.withDefaults(), changed: make(chan struct{})}
	m.runners.run = m.run
	m.starts.limit = m.cfg.Budget.Starts
	return m
}

// Start reconciles the store with the instances that the engines find, then looks after sessions
// until Stop. It returns when requests are welcome.
func (m *Manager) Start(ctx context.Context) error {
	m.runners.start(ctx)
	if err := m.recover(ctx); err != nil {
		m.runners.stop()
		return fmt.Errorf("recover sessions: %w", err)
	}
	m.runners.spawn(m.sweep)
	m.runners.spawn(m.tidy)
	return nil
}

// A change is tried again after somebody else's, up to txAttempts times, after a random pause whose
// bound doubles from minPause to maxPause.
const (
	txAttempts = 40
	minPause   = 2 * time.Millisecond
	maxPause   = 256 * time.Millisecond
)

// tx runs fn in a transaction, and again if another writer was faster or the store has made room
// for it.
func (m *Manager) tx(ctx context.Context, fn func(Tx) error) error {
	var err error
	pause := minPause
	for range txAttempts {
		err = m.cfg.Store.WithTx(ctx, fn)
		if errors.Is(err, ReasonRoom) {
			continue
		}
		if !errors.Is(err, ReasonConcurrent) {
			m.health.note(ctx, err)
			return err
		}
		// Writers that collided must not meet again.
		select {
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return err
		}
		pause = min(2*pause, maxPause)
	}
	return err
}

// changeRef applies fn to the session that ref names, in a transaction, and stores the result if fn
// returns true. NotFound, also if the session is deleted.
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
	if r := m.runners.find(s.ID); err == nil && r != nil {
		r.see(&s)
	}
	if err == nil && from != s.State {
		m.moved(ctx, &s, from)
	}
	if err == nil {
		m.announce()
	}
	return s, err
}

// announce wakes the callers that await a change.
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

// moved tells the log and the observer of a change of state.
func (m *Manager) moved(ctx context.Context, s *Session, from State) {
	m.logState(ctx, s, from)
	m.cfg.Observer.SessionMoved(s, from)
}

func (m *Manager) logState(ctx context.Context, s *Session, from State) {
	m.cfg.Log.Log(ctx, levelOf(from, s.State), "session state", "session_id", s.ID, "instance_id", s.Spec.ID,
		"dialect", s.Origin(), "external_id", s.ExternalID, "from", from, "to", s.State, "cause", s.Cause)
}

// levelOf is the level at which a change of state is logged: every statement makes a session busy
// and idle again, and those lines would bury the others.
func levelOf(from, to State) slog.Level {
	if from.Runnable() && to.Runnable() {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// newID returns an id that is safe as a file name and never given twice.
func newID(prefix string) string { return prefix + strings.ToLower(cryptorand.Text()) }

// RefusedEvents returns how many events of instances were skipped because the state of the session
// forbids them, or because they are of a statement that is not there.
func (m *Manager) RefusedEvents() uint64 { return m.refusedEvents.Load() }
