package runtimes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Source is one file of Scala source.
type Source struct {
	Name string // file name, unique among the sources
	Code []byte
}

// AgentSource gives the sources of the driver agent for a Scala line, "2.12" or "2.13".
type AgentSource func(scala string) ([]Source, error)

// Check tries a runtime that is complete but not yet visible; an error keeps it from being
// published.
type Check func(ctx context.Context, inst *Installed, progress Progress) error

// Installer installs runtimes. Its zero value installs into Root() without an agent and tells
// nobody.
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

// Install installs the runtime of that name, or finds it installed, and gives it. A runtime whose
// table row changed is installed anew beside the old one; where only the agent or the Maven jars
// are others, they are replaced. Errors that a person can mend are FixErrors.
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

// sweep deletes the other store directories of a runtime which nobody holds and which the link does
// not show.
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
	if err != nil {
		return nil //nolint:nilerr // a file system that cannot say is no reason to refuse
	}
	if free >= spec.NeedsBytes {
		return nil
	}
	return &FixError{
		Err: fmt.Errorf("%s has %d MB free, %s needs %d MB while it is installed", root, free/1e6, spec.Name, spec.NeedsBytes/1e6),
		Fix: "free some space or set " + RootVariable + " to another disk",
	}
}
