// Package py holds the source of the Python kernel: the program that runs the Python statements of
// an instance. See kernel/hearth_kernel/__init__.py for the environment it reads and tests/ for its
// behaviour.
//
// The package returns the source; it starts nothing. The kernel needs nothing but a Python of 3.9
// or newer, so any runtime and any Spark image can run it.
package py

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed kernel/__main__.py kernel/hearth_kernel/*.py
var tree embed.FS

// Files returns the kernel's directory: `python DIR` starts the kernel that was written to DIR.
func Files() fs.FS {
	files, err := fs.Sub(tree, "kernel")
	if err != nil {
		panic(err) // the name is valid
	}
	return files
}

// Hash returns a name for the kernel's present source, so that many instances can share a directory
// written for it, and its compiled modules.
func Hash() string {
	h := sha256.New()
	err := fs.WalkDir(Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		code, err := fs.ReadFile(Files(), name)
		fmt.Fprintf(h, "%s %d\n", name, len(code))
		h.Write(code)
		return err
	})
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// WriteTo writes the kernel below dir, unless it is there, and returns the path that python takes
// as its first argument. The directory's name is the source's Hash and it appears as a whole or not
// at all, so dir may be shared by any number of instances, servers and versions.
func WriteTo(dir string) (string, error) {
	target := filepath.Join(dir, "py-"+Hash())
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("write the Python kernel: %w", err)
	}
	fresh, err := os.MkdirTemp(dir, ".py-")
	if err != nil {
		return "", fmt.Errorf("write the Python kernel: %w", err)
	}
	err = os.CopyFS(fresh, Files())
	if err == nil {
		err = os.Rename(fresh, target)
	}
	if err != nil {
		err = errors.Join(err, os.RemoveAll(fresh))
		if _, found := os.Stat(target); found == nil { // another server was faster
			return target, nil
		}
		return "", fmt.Errorf("write the Python kernel: %w", err)
	}
	return target, nil
}
