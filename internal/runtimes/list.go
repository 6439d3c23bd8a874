package runtimes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// States of a runtime of the table on this machine.
const (
	StateInstalled  = "installed"
	StateMissing    = "missing"
	StateUnfinished = "unfinished" // an installation was interrupted; the next one goes on or begins anew
	StateBroken     = "broken"     // it was complete, and something is gone
)

// Status is what List says about one row of the table.
type Status struct {
	Spec      Spec
	State     string
	Problem   string     // why it is broken
	Installed *Installed // nil unless State is StateInstalled
}

// List says for every row of the table how it stands below root, which need not exist.
func List(root string) ([]Status, error) {
	specs, err := Table()
	if err != nil {
		return nil, err
	}
	var out []Status
	for _, s := range specs {
		out = append(out, status(root, s))
	}
	return out, nil
}

func status(root string, spec Spec) Status {
	inst, err := Open(root, spec.Name)
	if err == nil {
		return Status{Spec: spec, State: StateInstalled, Installed: inst}
	}
	if _, gone := os.Lstat(filepath.Join(root, spec.Name)); gone == nil {
		return Status{Spec: spec, State: StateBroken, Problem: err.Error()}
	}
	if stores, _ := storesOf(root, spec.Name); len(stores) > 0 {
		return Status{Spec: spec, State: StateUnfinished}
	}
	return Status{Spec: spec, State: StateMissing}
}

// InstalledNames lists the names of the runtimes that are complete below root.
func InstalledNames(root string) ([]string, error) {
	all, err := List(root)
	var out []string
	for _, s := range all {
		if s.State == StateInstalled {
			out = append(out, s.Spec.Name)
		}
	}
	return out, err
}

// storesOf lists the store directories of a runtime, finished or not.
func storesOf(root, name string) ([]string, error) {
	return filepath.Glob(filepath.Join(root, storeDir, name+"-*"))
}

// Remove deletes a runtime, finished or not. It fails with ErrInUse while a process holds it, and
// waits, visibly, for a process that installs it. Removing what is not there succeeds.
func Remove(ctx context.Context, root, name string, progress Progress) error {
	specs, err := Table()
	if err != nil {
		return err
	}
	if _, err := Find(specs, name); err != nil {
		return err
	}
	if _, err := os.Stat(root); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	unlock, err := lockRuntime(ctx, root, name, "removing", false, progress)
	if err != nil {
		return err
	}
	defer unlock()
	stores, err := storesOf(root, name)
	if err != nil {
		return fmt.Errorf("remove runtime %s: %w", name, err)
	}
	current, _ := filepath.EvalSymlinks(filepath.Join(root, name))
	for _, store := range stores {
		link := ""
		if filepath.Base(store) == filepath.Base(current) {
			link = filepath.Join(root, name)
		}
		if err := removeStore(store, link); err != nil {
			return fmt.Errorf("remove runtime %s: %w", name, err)
		}
	}
	// A link whose store is gone is left by nobody but a hand; it must not make the runtime look
	// broken for ever.
	if err := os.Remove(filepath.Join(root, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove runtime %s: %w", name, err)
	}
	return nil
}

// removeStore deletes a store directory that nobody holds, and first the link that makes it
// visible. The manifest goes before the rest, so that whoever opened it a moment ago cannot take
// hold of it.
func removeStore(store, link string) error {
	f, err := os.OpenFile(filepath.Join(store, useLockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	locked, err := tryLock(f, true)
	if err != nil {
		return err
	}
	if !locked {
		return fmt.Errorf("%s: %w; end its sessions first", filepath.Base(store), ErrInUse)
	}
	if link != "" {
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(filepath.Join(store, manifestFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.RemoveAll(store)
}
