// Package local is the engine.Driver for processes on this machine: each instance is a supervisor
// (engine/supervise) with a Python process and a JVM, in a directory <data>/instances/<id>.
//
// The directory is the truth. Intent (launch.json) is written before anything is started;
// supervisor.json is the address of the supervisor; exit.json proves that nothing runs any more. So
// a server that restarts, or dies between two steps, finds every instance again. The remains of one
// whose supervisor was killed are swept by the tag in their environment and by their control group.
// The handle of an instance is a copy of its supervisor.json, for a directory that has lost its own
// or is gone.
//
// The package decides nothing about sessions, and how Spark is started is engine/spark's. Two
// servers must not use one data directory at once.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
)

// Config configures a Driver.
type Config struct {
	// DataDir is the server's data directory; instances live in it.
	DataDir string
	// Binary is this program: it is run as "<Binary> supervise <dir>".
	Binary string
	// Recipe is for the processes of an instance.
	Recipe Recipe
	// AbandonAfter is how long an instance lives without a server; 0 is for ever.
	AbandonAfter time.Duration
	// UploadLimit is the most bytes of uploads that an instance keeps; 0 is 1 GiB.
	UploadLimit int64
	// Logger may be nil.
	Logger *slog.Logger
}

// Recipe has the policy of instances and the plan of their processes.
type Recipe interface {
	// Admit implements engine.Driver.
	Admit(ctx context.Context, s engine.Spec) (engine.Spec, error)
	// Footprint implements engine.Driver.
	Footprint(l engine.Launch) int
	// Plan returns how the processes of an instance are started in its directory. ErrInvalid for a
	// spec that can never run.
	Plan(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error)
}

// Driver is the engine.Driver. Make it with New.
type Driver struct {
	root   string // the directory of instances
	binary string
	recipe Recipe
	// abandonAfter is that of every instance it starts.
	abandonAfter time.Duration
	uploadLimit  int64
	log          *slog.Logger
	locks        keyLock
}

var _ engine.Driver = (*Driver)(nil)

// New makes a Driver and the directory of its instances.
func New(c Config) (*Driver, error) {
	if c.DataDir == "" || c.Binary == "" || c.Recipe == nil {
		return nil, errors.New("local engine: DataDir, Binary and Recipe are needed")
	}
	root, err := filepath.Abs(filepath.Join(c.DataDir, "instances"))
	if err != nil {
		return nil, fmt.Errorf("local engine: %w", err)
	}
	binary, err := filepath.Abs(c.Binary)
	if err != nil {
		return nil, fmt.Errorf("local engine: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("local engine: %w", err)
	}
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Driver{
		root: root, binary: binary, recipe: c.Recipe, abandonAfter: c.AbandonAfter, uploadLimit: cmp.Or(c.UploadLimit, uploadLimit),
		log: log.With("engine", "local"),
	}, nil
}

// Capabilities implements engine.Driver.
func (*Driver) Capabilities() engine.Capabilities {
	return engine.Capabilities{
		Languages: []engine.Language{engine.Python, engine.Scala, engine.SQL, engine.PythonJob},
	}
}

// Admit implements engine.Driver.
func (d *Driver) Admit(ctx context.Context, s engine.Spec) (engine.Spec, error) {
	return d.recipe.Admit(ctx, s)
}

// Footprint implements engine.Driver.
func (d *Driver) Footprint(l engine.Launch) int { return d.recipe.Footprint(l) }

// Start implements engine.Driver.
func (d *Driver) Start(ctx context.Context, s engine.Spec) (engine.Handle, error) {
	at, err := d.place(engine.Known{ID: s.ID})
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer d.locks.lock(s.ID)()
	st, err := d.look(at)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.ID, err)
	}
	switch st.phase {
	case running:
		return encodeHandle(st.record), nil
	case ended:
		return nil, fmt.Errorf("start %s: %w", s.ID, engine.ErrGone)
	case lost:
		_, err := d.settle(ctx, at, lostExit())
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.ID, engine.ErrGone), err)
	case absent:
		if err := d.launch(ctx, at.dir, s); err != nil {
			return nil, fmt.Errorf("start %s: %w", s.ID, marked(err))
		}
	case starting: // by a server that died meanwhile
	}
	record, err := d.await(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.ID, err)
	}
	return encodeHandle(record), nil
}

// Log implements engine.Driver.
func (d *Driver) Log(_ context.Context, k engine.Known) (io.ReadCloser, error) {
	at, err := d.place(k)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	f, err := os.Open(at.dir.Log())
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("log of %s: %w", k.ID, engine.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", k.ID, err)
	}
	return f, nil
}

func lostExit() engine.Exit {
	return engine.Exit{
		Cause: engine.CauseLost, Process: "supervisor",
		Message: "The process that supervised the instance died.",
	}
}

// pollEvery is the pause between looks at a state that cannot be waited for.
const pollEvery = 5 * time.Millisecond
