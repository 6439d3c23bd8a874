// Package recipe plans the processes of a Spark session under a supervisor: the agent in a JVM and
// the Python kernel beside it, or one spark-submit for a batch. Every engine that runs Spark under
// a supervisor uses it.
//
// Command lines and configuration are those of engine/spark. The package writes nothing into an
// instance's directory and starts nothing: a plan names the files, and the engine writes them.
package recipe

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/kernel/py"
	"hearth/internal/runtimes"
)

// Config configures a Recipe.
type Config struct {
	// DataDir is the server's data directory; the Python kernel is written there once for all
	// instances.
	DataDir string
	// Open opens an installed runtime by its name.
	Open func(name string) (*runtimes.Installed, error)
	// Machine is the most that one instance may have of the machine.
	Machine spark.Machine
	// Environ is the server's environment, as os.Environ returns it; Passing selects the part of it
	// that instances see.
	Environ []string
	Passing spark.Passing
	// MayFill reports whether a request may name a directory for Spark to fill; nil for none.
	MayFill func(path string) bool
	// Stall is the longest time that a start may go on without progress; 0 means two minutes.
	Stall time.Duration
}

// Recipe has the policy and the plans of Spark sessions. Make it with New.
type Recipe struct{ config Config }

// New returns the recipe of a configuration.
func New(c Config) Recipe { return Recipe{c} }

// Admit applies the policy of engine/spark to a spec, as engine.Driver does, and refuses files that
// do not exist, directories that the server does not open and options of pip that choose where
// modules go.
func (r Recipe) Admit(_ context.Context, s engine.Spec) (engine.Spec, error) {
	s, err := spark.Admit(s)
	if err != nil {
		return engine.Spec{}, err
	}
	if err := r.checkDirectories(s); err != nil {
		return engine.Spec{}, err
	}
	return s, checkSpec(s)
}

// checkDirectories refuses directories of this machine that Spark would fill and that the server
// does not open.
func (r Recipe) checkDirectories(s engine.Spec) error {
	named := spark.LocalDirectories(s.Conf())
	for _, key := range slices.Sorted(maps.Keys(named)) {
		if may := r.config.MayFill; may == nil || !may(named[key]) {
			return engine.Invalidf("%q cannot be set: %.200q is not below the directories that the server was given with -files", key, named[key])
		}
	}
	return nil
}

// Footprint implements engine.Driver.
func (r Recipe) Footprint(l engine.Launch) int { return spark.Footprint(l, r.config.Machine) }

// Plan returns how an admitted spec runs in a directory. ErrInvalid for a spec that can never run.
func (r Recipe) Plan(_ context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
	c := r.config
	rt, err := c.Open(s.Launch.Runtime)
	if err != nil {
		return supervise.Plan{}, &engine.InvalidError{Text: fmt.Sprintf("the runtime %q cannot be used: %v", s.Launch.Runtime, err), Err: err}
	}
	if err := checkSpec(s); err != nil {
		return supervise.Plan{}, err
	}
	// Absolute, because the processes have a working directory of their own.
	kernels, err := filepath.Abs(filepath.Join(c.DataDir, "kernels"))
	if err != nil {
		return supervise.Plan{}, fmt.Errorf("write the Python kernel: %w", err)
	}
	kernel, err := py.WriteTo(kernels)
	if err != nil {
		return supervise.Plan{}, err
	}
	b := builder{c: c, s: s, dir: dir, rt: rt, kernel: kernel, given: spark.Scale(s.Launch, c.Machine)}
	return b.plan(), nil
}
