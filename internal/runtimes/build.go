package runtimes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// build is one installation going on in one store directory.
type build struct {
	installer *Installer
	spec      Spec
	base      Python // the Python to build with
	dir       string
	env       []string
	log       io.Writer
	progress  Progress
	inst      *Installed
	done      []string // names of finished steps
}

type step struct {
	name  string
	title string
	do    func(context.Context) error
}

const stateFile = "unfinished.json"

// buildState is what an interrupted installation leaves for the next.
type buildState struct {
	Digest    string     `json:"digest"`
	Base      string     `json:"base"` // path of the Python it was built with
	Done      []string   `json:"done"`
	Installed *Installed `json:"installed"`
}

func (b *build) steps() []step {
	return []step{
		{"python", "Python environment with pyspark " + b.spec.Spark, b.installPython},
		{"java", "Java", b.installJava},
		b.compileStep(b.compileAll),
		b.jarsStep(),
		b.archiveStep(),
		{"check", "check: a statement is run", b.check},
	}
}

func (b *build) compileStep(do func(context.Context) error) step {
	return step{"compile", "driver agent (Scala " + b.spec.Scala + ")", do}
}

func (b *build) jarsStep() step {
	return step{"jars", "jars of Spark Connect and table formats", b.fetchJars}
}

func (b *build) archiveStep() step { return step{"archive", "class-data archive", b.makeArchive} }

func (b *build) runSteps(ctx context.Context, steps []step) error {
	for i, s := range steps {
		if slices.Contains(b.done, s.name) {
			b.progress.Step(s.title+" (done before)", i+1, len(steps))
			continue
		}
		b.progress.Step(s.title, i+1, len(steps))
		fmt.Fprintf(b.log, "\n== %s: %s\n", time.Now().Format(time.RFC3339), s.title)
		if err := s.do(ctx); err != nil {
			return err
		}
		b.done = append(b.done, s.name)
		if err := b.save(); err != nil {
			return err
		}
	}
	return nil
}

// openBuild goes on in the store directory of an interrupted installation if that got as far as a
// complete environment of the same Python, which is most of the work. Otherwise it starts in a new
// one: something killed in the middle may have left an orphan which still writes there.
func (in *Installer) openBuild(root string, spec Spec, base Python, digest string) (*build, error) {
	b := &build{installer: in, spec: spec, base: base, progress: in.progress(), env: cleanEnv("PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1")}
	stores, err := storesOf(root, spec.Name)
	if err != nil {
		return nil, fmt.Errorf("look for unfinished installations: %w", err)
	}
	for _, dir := range stores {
		state, ok := readState(dir)
		if ok && state.Digest == digest && state.Base == base.Path && slices.Contains(state.Done, "python") {
			// Java may be chosen differently now; what depends on it costs little if it is the
			// same.
			b.done = slices.DeleteFunc(state.Done, func(s string) bool { return s == "java" || s == "archive" || s == "check" })
			b.dir, b.inst = dir, state.Installed
			b.progress.Note("going on with an interrupted installation")
			return b, b.prepare()
		}
	}
	store := filepath.Join(root, storeDir)
	if err := os.MkdirAll(store, 0o755); err != nil {
		return nil, fmt.Errorf("make the store of runtimes: %w", err)
	}
	if b.dir, err = os.MkdirTemp(store, spec.Name+"-"); err != nil {
		return nil, fmt.Errorf("make the store of runtimes: %w", err)
	}
	b.inst = &Installed{Name: spec.Name, Spark: spec.Spark, Scala: spec.Scala, Dir: b.dir, SpecDigest: digest}
	sweep(root, spec.Name, b.dir)
	return b, errors.Join(os.Chmod(b.dir, 0o755), b.prepare())
}

// prepare gives the programs we run a place for temporary files: a machine's /tmp is often small or
// in memory.
func (b *build) prepare() error {
	tmp := filepath.Join(b.dir, "tmp")
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o755)); err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	b.env = append(b.env, "TMPDIR="+tmp)
	return nil
}

func (b *build) openLog() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(b.dir, "install.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of the installation: %w", err)
	}
	b.log = f
	return f, nil
}

func readState(dir string) (buildState, bool) {
	var s buildState
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil || json.Unmarshal(data, &s) != nil || s.Installed == nil {
		return buildState{}, false
	}
	return s, s.Installed.Dir == dir
}

func (b *build) save() error {
	data, err := json.Marshal(buildState{Digest: b.inst.SpecDigest, Base: b.base.Path, Done: b.done, Installed: b.inst})
	if err != nil {
		return fmt.Errorf("note how far the installation is: %w", err)
	}
	return writeAtomic(filepath.Join(b.dir, stateFile), data)
}

// publish makes the runtime visible: the manifest makes it complete, the link makes it the one of
// its name.
func (b *build) publish(root string) error {
	if err := os.RemoveAll(filepath.Join(b.dir, "tmp")); err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	if err := writeManifest(b.inst); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(b.dir, stateFile)); err != nil {
		return fmt.Errorf("finish the installation: %w", err)
	}
	link, temp := filepath.Join(root, b.spec.Name), filepath.Join(b.dir, "link")
	_ = os.Remove(temp)
	if err := os.Symlink(filepath.Join(storeDir, filepath.Base(b.dir)), temp); err != nil {
		return fmt.Errorf("make the runtime visible: %w", err)
	}
	if err := os.Rename(temp, link); err != nil {
		return fmt.Errorf("make the runtime visible: %w", err)
	}
	return nil
}
