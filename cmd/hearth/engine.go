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
	if err := renewAgents(ctx, runtimeRoot, out); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	plan := local.NewSparkPlan(local.SparkConfig{
		DataDir: c.Data,
		Open:    func(name string) (*runtimes.Installed, error) { return runtimes.Open(runtimeRoot, name) },
		Machine: spark.Machine{Cores: runtime.NumCPU(), MemoryMB: memoryMB()},
		Passing: spark.Passing{AWS: c.PassAWS, Names: c.PassEnv},
	})
	return local.New(local.Config{DataDir: c.Data, Binary: self, Plan: plan, Logger: log})
}

func renewAgents(ctx context.Context, root string, out io.Writer) error {
	all, err := runtimes.List(root)
	if err != nil {
		return err
	}
	in := runtimes.Installer{Root: root, Agent: agentSource(), Progress: runtimes.NewTextProgress(out, isTerminal(out))}
	for _, s := range all {
		if s.Installed == nil {
			continue
		}
		needs, err := s.Installed.NeedsAgent(in.Agent)
		if err != nil {
			return err
		}
		if !needs {
			continue
		}
		fmt.Fprintf(out, "%s has the agent of another build of hearth; compiling this one's\n", s.Spec.Name)
		if _, err := in.EnsureAgent(ctx, s.Installed); err != nil {
			return err
		}
	}
	return nil
}

// assumedMemoryMB stands in where the machine does not say what it has.
const assumedMemoryMB = 8192
