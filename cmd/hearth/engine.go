package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"hearth/internal/engine/local"
	"hearth/internal/engine/spark"
	"hearth/internal/runtimes"
)

// newDriver makes the local engine. Runtimes whose agent another build of this
// program compiled get ours first: a server must speak to its own agent.
func newDriver(ctx context.Context, c config, runtimeRoot string, log *slog.Logger, out io.Writer) (*local.Driver, error) {
	if err := renewAgents(ctx, runtimeRoot, log, out); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	plan := local.NewSparkPlan(local.SparkConfig{
		DataDir: c.Data,
		Open:    func(name string) (*runtimes.Installed, error) { return openRuntime(runtimeRoot, name) },
		Machine: spark.Machine{Cores: runtime.NumCPU(), MemoryMB: memoryMB()},
		Passing: spark.Passing{AWS: c.PassAWS, Names: c.PassEnv},
	})
	return local.New(local.Config{DataDir: c.Data, Binary: self, Plan: plan, Logger: log})
}

// openRuntime opens a runtime with this build's agent on its class path: another
// build that shares the runtime may have put its own into the manifest.
func openRuntime(root, name string) (*runtimes.Installed, error) {
	inst, err := runtimes.Open(root, name)
	if err != nil {
		return nil, err
	}
	return inst.WithAgent(agentSource())
}

// renewAgents compiles the agent for the runtimes that lack it. One that cannot
// have it is named and left out: its sessions fail with the reason, the others'
// do not.
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
