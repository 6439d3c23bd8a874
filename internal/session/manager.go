package session

import (
	"context"
	"io"
	"log/slog"
	"time"

	"hearth/internal/engine"
)

// Config is what a Manager needs. Zero limits mean the defaults beside them.
type Config struct {
	Store  Store
	Driver engine.Driver
	Log    *slog.Logger
	// MaxSessions is how many live sessions one scope may have (default 100).
	MaxSessions int
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

// Manager is the only writer of sessions and statements and holds every rule
// about them. It is safe for concurrent use.
type Manager struct {
	cfg Config
}

// NewManager returns a Manager that does nothing until Start.
func NewManager(cfg Config) *Manager { panic("in progress") }

// Start reconciles the store with what the driver finds, then looks after
// sessions until Stop. It returns when requests are welcome.
func (m *Manager) Start(ctx context.Context) error { panic("in progress") }

// Stop ends the Manager. With keep it leaves every session running for the next
// start; otherwise it ends them all first and returns when nothing is left, or
// when ctx ends.
func (m *Manager) Stop(ctx context.Context, keep bool) error { panic("in progress") }

// Create accepts a session and begins to start it. Exists if the external id is
// taken, Quota if the scope has too many live sessions, Invalid or Unsupported
// for what no engine here can run.
func (m *Manager) Create(ctx context.Context, n NewSession) (Session, error) { panic("in progress") }

// Get returns a session. NotFound with ReasonNoSession.
func (m *Manager) Get(ctx context.Context, ref Ref) (Session, error) { panic("in progress") }

// List returns sessions, newest first, and the position of the next page, 0 if
// this is the last.
func (m *Manager) List(ctx context.Context, f Filter, p Page) ([]Session, int64, error) {
	panic("in progress")
}

// End asks for the end of a session and returns at once; a session that is
// stopping or ended stays as it is. NotFound.
func (m *Manager) End(ctx context.Context, ref Ref) (Session, error) { panic("in progress") }

// Delete ends a session if it lives and frees its external id at once; it can
// no longer be found. NotFound.
func (m *Manager) Delete(ctx context.Context, ref Ref) error { panic("in progress") }

// Run accepts a statement. NotFound; Conflict with ReasonState if the session
// is not ready; Busy with ReasonQueue if too many statements wait.
func (m *Manager) Run(ctx context.Context, ref Ref, lang engine.Language, code string) (Statement, error) {
	panic("in progress")
}

// Statement returns one statement with its output. NotFound with
// ReasonNoSession or ReasonNoStatement.
func (m *Manager) Statement(ctx context.Context, ref Ref, number int64) (Statement, error) {
	panic("in progress")
}

// Statements returns statements with their output in order of acceptance, and
// the position of the next page, 0 if this is the last.
func (m *Manager) Statements(ctx context.Context, ref Ref, p Page) ([]Statement, int64, error) {
	panic("in progress")
}

// Cancel asks a statement to stop. A waiting one is cancelled at once, a running
// one is interrupted and stays StatementCancelling until its code has really
// stopped; a final one stays as it is. NotFound; Conflict with ReasonState if
// the session has ended.
func (m *Manager) Cancel(ctx context.Context, ref Ref, number int64) error { panic("in progress") }

// Tag adds or replaces tags, Untag removes them. Invalid if more than max
// would remain; NotFound.
func (m *Manager) Tag(ctx context.Context, ref Ref, tags map[string]string, max int) error {
	panic("in progress")
}

// Untag removes the tags with these keys. NotFound.
func (m *Manager) Untag(ctx context.Context, ref Ref, keys []string) error { panic("in progress") }

// Log opens the log of a session. NotFound.
func (m *Manager) Log(ctx context.Context, ref Ref) (io.ReadCloser, error) { panic("in progress") }
