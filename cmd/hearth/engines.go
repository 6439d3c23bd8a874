package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"

	"hearth/internal/engine"
	"hearth/internal/engine/local"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/spark/recipe"
	"hearth/internal/files"
	"hearth/internal/runtimes"
)

// engineRow is one engine that a server may run sessions with.
type engineRow struct {
	name string
	open func(ctx context.Context, g given) (engine.Driver, error)
}

// given is what every engine is made from.
type given struct {
	config config
	// runtimes is the directory of the installed runtimes.
	runtimes string
	// files are those that requests may name.
	files *files.Files
	log   *slog.Logger
	out   io.Writer
}

// engines is the table of engines, one row each. The first is that of sessions for which nothing
// else is configured.
func engines() []engineRow {
	return []engineRow{
		{"local", openLocal},
	}
}

// openFleet makes the drivers of a table. It refuses a configuration that names an engine that is
// not in it.
func openFleet(ctx context.Context, rows []engineRow, g given) (engine.Fleet, error) {
	fleet := make(engine.Fleet, len(rows))
	for _, row := range rows {
		fleet[row.name] = nil
	}
	for _, name := range g.config.engineNames() {
		if _, err := fleet.Driver(name); err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
	}
	for _, row := range rows {
		driver, err := row.open(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("engine %s: %w", row.name, err)
		}
		fleet[row.name] = driver
	}
	return fleet, nil
}

// engineNames lists the engines that the configuration names.
func (c *config) engineNames() []string {
	names := slices.Sorted(maps.Values(c.dialectEngines()))
	return slices.DeleteFunc(append(names, c.Engine), func(name string) bool { return name == "" })
}

// openLocal makes the local engine. Runtimes whose agent another build of this program compiled get
// ours first: a server must speak to its own agent.
func openLocal(ctx context.Context, g given) (engine.Driver, error) {
	c := g.config
	if err := renewAgents(ctx, g.runtimes, g.log, g.out); err != nil {
		return nil, err
	}
	self, err := selfPath()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	r := recipe.New(recipe.Config{
		DataDir: c.Data,
		Open:    func(name string) (*runtimes.Installed, error) { return openRuntime(g.runtimes, name) },
		Machine: machine(),
		Environ: os.Environ(), Passing: spark.Passing{AWS: c.PassAWS, Names: c.PassEnv}, MayFill: g.files.Holds,
	})
	return local.New(local.Config{DataDir: c.Data, Binary: self, Recipe: r, AbandonAfter: c.abandonAfter(), Logger: g.log})
}

// openRuntime opens a runtime with this build's agent on its class path: another build that shares
// the runtime may have put its own into the manifest.
func openRuntime(root, name string) (*runtimes.Installed, error) {
	inst, err := runtimes.Open(root, name)
	if err != nil {
		return nil, err
	}
	return inst.WithAgent(agentSource())
}

// renewAgents compiles the agent for the runtimes that lack it. One that cannot have it is named
// and left out: its sessions fail with the reason, the others' do not.
func renewAgents(ctx context.Context, root string, log *slog.Logger, out io.Writer) error {
	all, err := runtimes.List(root)
	if err != nil {
		return err
	}
	in := runtimes.Installer{Root: root, Agent: agentSource(), Progress: runtimes.NewTextProgress(out, isTerminal(out))}
	for _, s := range all {
		if s.Installed == nil {
			continue
		}
		if err := renewAgent(ctx, in, s.Installed, out); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			log.ErrorContext(ctx, "a runtime cannot be used", "runtime", s.Spec.Name, "error", err)
		}
	}
	return nil
}

func renewAgent(ctx context.Context, in runtimes.Installer, inst *runtimes.Installed, out io.Writer) error {
	needs, err := inst.NeedsAgent(in.Agent)
	if err != nil || !needs {
		return err
	}
	fmt.Fprintf(out, "%s has the agent of another build of hearth; compiling this one's\n", inst.Name)
	_, err = in.EnsureAgent(ctx, inst)
	return err
}

// assumedMemoryMB stands in where the machine does not say what it has.
const assumedMemoryMB = 8192
