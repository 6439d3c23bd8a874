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

// Source is one file of Scala source.
type Source struct {
	Name string // file name, unique among the sources
	Code []byte
}

// AgentSource gives the sources of the driver agent for a Scala line, "2.12" or "2.13".
type AgentSource func(scala string) ([]Source, error)

// Check tries a runtime that is complete but not yet visible; an error keeps it from being published.
type Check func(ctx context.Context, inst *Installed, progress Progress) error

// Installer installs runtimes. Its zero value installs into Root() without an agent and tells nobody.
type Installer struct {
	Root     string      // "": Root()
	Python   string      // the Python to build with; "": PythonFor chooses
	Java     string      // JavaAuto, JavaSystem, JavaBundled or a path; "": $HEARTH_JAVA, else JavaAuto
	Agent    AgentSource // nil: no agent is compiled
	Check    Check       // tried after the built-in check; may be nil
	Progress Progress    // nil: Silent
	NoWait   bool        // fail with ErrLocked where another process installs, instead of waiting
	Force    bool        // install anew what is complete
	Formats  bool        // fetch again the jars that a former installation could not get
}

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

// Install installs the runtime of that name, or finds it installed, and gives it. A runtime whose table row changed is
// installed anew beside the old one; where only the agent or the Maven jars are others, they are replaced. Errors that a
// person can mend are MendErrors.
func (in *Installer) Install(ctx context.Context, name string) (*Installed, error) {
	specs, err := Table()
	if err != nil {
		return nil, err
	}
	spec, err := Find(specs, name)
	if err != nil {
		return nil, err
	}
	root, err := in.root()
	if err != nil {
		return nil, err
	}
	unlock, err := lockRuntime(ctx, root, name, "installing", in.NoWait, in.progress())
	if err != nil {
		return nil, err
	}
	defer unlock()
	digest, err := spec.digest()
	if err != nil {
		return nil, err
	}
	if inst, err := Open(root, name); err == nil && inst.SpecDigest == digest && !in.Force {
		return in.refresh(ctx, spec, inst)
	}
	inst, err := in.installNew(ctx, root, spec, digest)
	if err != nil {
		return nil, fmt.Errorf("install %s: %w", name, err)
	}
	return inst, nil
}

func (in *Installer) root() (string, error) {
	root := in.Root
	if root == "" {
		var err error
		if root, err = Root(); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("make the directory of runtimes: %w", err)
	}
	// Java compares the class path of an archive as text, so there must be one name for everything.
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("find the directory of runtimes: %w", err)
	}
	return filepath.EvalSymlinks(abs)
}

func (in *Installer) progress() Progress {
	if in.Progress == nil {
		return Silent{}
	}
	return in.Progress
}

func (in *Installer) installNew(ctx context.Context, root string, spec Spec, digest string) (*Installed, error) {
	if err := enoughSpace(root, spec); err != nil {
		return nil, err
	}
	began := time.Now()
	base, err := PythonFor(ctx, in.Python, spec.Python)
	if err != nil {
		return nil, err
	}
	b, err := in.openBuild(root, spec, base, digest)
	if err != nil {
		return nil, err
	}
	log, err := b.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if err := b.runSteps(ctx, b.steps()); err != nil {
		return nil, fmt.Errorf("%w\n    (log: %s)", err, log.Name())
	}
	b.inst.InstalledAt = time.Now().UTC()
	b.inst.Seconds = time.Since(began).Seconds()
	if err := b.publish(root); err != nil {
		return nil, err
	}
	sweep(root, spec.Name, b.dir)
	return b.inst, nil
}

func (b *build) steps() []step {
	return []step{
		{"python", "Python environment with pyspark " + b.spec.Spark, b.installPython},
		{"java", "Java", b.installJava},
		{"compile", "driver agent (Scala " + b.spec.Scala + ")", b.compileAll},
		{"jars", "jars of Spark Connect and table formats", b.fetchJars},
		{"archive", "class-data archive", b.makeArchive},
		{"check", "check: a statement is run", b.check},
	}
}

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

// openBuild goes on in the store directory of an interrupted installation if that got as far as a complete environment of
// the same Python, which is most of the work. Otherwise it starts in a new one: something killed in the middle may have left
// an orphan which still writes there.
func (in *Installer) openBuild(root string, spec Spec, base Python, digest string) (*build, error) {
	b := &build{installer: in, spec: spec, base: base, progress: in.progress(), env: cleanEnv("PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1")}
	stores, err := storesOf(root, spec.Name)
	if err != nil {
		return nil, fmt.Errorf("look for unfinished installations: %w", err)
	}
	for _, dir := range stores {
		state, ok := readState(dir)
		if ok && state.Digest == digest && state.Base == base.Path && slices.Contains(state.Done, "python") {
			// Java may be chosen differently now; what depends on it costs little if it is the same.
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

// prepare gives the programs we run a place for temporary files: a machine's /tmp is often small or in memory.
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

// publish makes the runtime visible: the manifest makes it complete, the link makes it the one of its name.
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

// sweep deletes the other store directories of a runtime which nobody holds and which the link does not show.
func sweep(root, name, keep string) {
	stores, _ := storesOf(root, name)
	shown, _ := filepath.EvalSymlinks(filepath.Join(root, name))
	for _, dir := range stores {
		if dir != keep && dir != shown {
			// What is in use or cannot be deleted now is swept by a later installation.
			_ = removeStore(dir, "")
		}
	}
}

func enoughSpace(root string, spec Spec) error {
	free, err := FreeBytes(root)
	if err != nil || free >= spec.NeedsBytes {
		return nil // a file system that cannot say is no reason to refuse
	}
	return &MendError{
		Err:  fmt.Errorf("%s has %d MB free, %s needs %d MB while it is installed", root, free/1e6, spec.Name, spec.NeedsBytes/1e6),
		Mend: "free some space or set " + RootVariable + " to another disk",
	}
}

// refresh brings a complete runtime up to date: a newer agent, other jars if the table names others, and those that were
// missing if they are asked for.
func (in *Installer) refresh(ctx context.Context, spec Spec, inst *Installed) (*Installed, error) {
	helper, err := needsHelper(inst)
	if err != nil {
		return nil, err
	}
	agent, err := inst.NeedsAgent(in.Agent)
	if err != nil {
		return nil, err
	}
	jars, err := spec.jarsDigest()
	if err != nil {
		return nil, err
	}
	again := in.Formats && len(inst.Missing) > 0 || inst.JarsDigest != jars
	if !helper && !agent && !again {
		return inst, nil
	}
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
	steps := []step{{"compile", "driver agent (Scala " + spec.Scala + ")", b.compileAll}}
	if again {
		steps = append(steps, step{"jars", "jars of Spark Connect and table formats", b.fetchJars})
	}
	if again || helper {
		steps = append(steps, step{"archive", "class-data archive", b.makeArchive})
	}
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

// tidy deletes agents, helpers and archives that have been replaced, if nobody holds the runtime. Those of the last day
// stay: whoever opened the runtime a moment ago has not taken hold of it yet.
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
			if err == nil && !used && time.Since(st.ModTime()) > 24*time.Hour {
				_ = os.Remove(f)
			}
		}
	}
}

// EnsureAgent gives the runtime with the agent of in.Agent on its class path, compiling it, under the runtime's lock, if
// the one there is another. Sessions that run on the old agent keep it.
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
	return keep.refresh(ctx, spec, current)
}
