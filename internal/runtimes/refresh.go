package runtimes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// refresh brings a complete runtime up to date: a newer agent or helper, other jars if the table
// names others, and those that were missing if they are asked for.
func (in *Installer) refresh(ctx context.Context, spec Spec, inst *Installed) (*Installed, error) {
	helper, err := needsHelper(inst)
	if err != nil {
		return nil, err
	}
	agent, err := inst.NeedsAgent(in.Agent)
	if err != nil {
		return nil, err
	}
	digest, err := spec.jarsDigest()
	if err != nil {
		return nil, err
	}
	jars := in.Formats && len(inst.Missing) > 0 || inst.JarsDigest != digest
	if !helper && !agent && !jars {
		return inst, nil
	}
	return in.renew(ctx, spec, inst, func(b *build) []step {
		steps := []step{b.compileStep(b.compileAll)}
		if jars {
			steps = append(steps, b.jarsStep())
		}
		if jars || helper {
			steps = append(steps, b.archiveStep())
		}
		return steps
	})
}

// renew runs steps over a complete runtime. What they make has new names, so that sessions go on
// with what they have.
func (in *Installer) renew(ctx context.Context, spec Spec, inst *Installed, plan func(*build) []step) (*Installed, error) {
	fresh := *inst
	b := &build{installer: in, spec: spec, dir: inst.Dir, progress: in.progress(), env: cleanEnv(), inst: &fresh}
	if err := b.prepare(); err != nil {
		return nil, err
	}
	log, err := b.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	steps := plan(b)
	for i, s := range steps {
		b.progress.Step(s.title, i+1, len(steps))
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("refresh %s: %w\n    (log: %s)", spec.Name, err, log.Name())
		}
	}
	_ = os.RemoveAll(filepath.Join(b.dir, "tmp"))
	if err := writeManifest(b.inst); err != nil {
		return nil, err
	}
	b.tidy()
	b.progress.Note("agent " + b.inst.AgentHash)
	return b.inst, nil
}

// tidy deletes agents, helpers and archives that have been replaced, if nobody holds the runtime.
// Those of the last month stay: a server of another build may still start sessions with its own.
func (b *build) tidy() {
	lock, err := os.OpenFile(filepath.Join(b.dir, useLockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return
	}
	defer lock.Close()
	if free, err := tryLock(lock, true); err != nil || !free {
		return
	}
	for _, pattern := range []string{"agent-*.jar", "helper-*.jar", "classes-*"} {
		files, _ := filepath.Glob(filepath.Join(b.dir, pattern))
		for _, f := range files {
			st, err := os.Stat(f)
			used := f == b.inst.Archive || slices.Contains(b.inst.ClassPath, f)
			if err == nil && !used && time.Since(st.ModTime()) > 30*24*time.Hour {
				_ = os.Remove(f)
			}
		}
	}
}

// EnsureAgent gives the runtime with the agent of in.Agent on its class path, compiling it, under
// the runtime's lock, if the one there is another. Sessions that run on the old agent keep it.
func (in *Installer) EnsureAgent(ctx context.Context, inst *Installed) (*Installed, error) {
	needs, err := inst.NeedsAgent(in.Agent)
	if err != nil || !needs {
		return inst, err
	}
	keep := Installer{Root: in.Root, Agent: in.Agent, Progress: in.Progress, NoWait: in.NoWait}
	specs, err := Table()
	if err != nil {
		return nil, err
	}
	spec, err := Find(specs, inst.Name)
	if err != nil {
		return nil, err
	}
	root, err := keep.root()
	if err != nil {
		return nil, err
	}
	unlock, err := lockRuntime(ctx, root, inst.Name, "compiling the agent", in.NoWait, in.progress())
	if err != nil {
		return nil, err
	}
	defer unlock()
	current, err := readManifest(inst.Dir)
	if err != nil {
		return nil, notInstalled(inst.Name, "")
	}
	if needs, err = current.NeedsAgent(in.Agent); err != nil || !needs {
		return current, err
	}
	return keep.renew(ctx, spec, current, func(b *build) []step { return []step{b.compileStep(b.compileAgent)} })
}
