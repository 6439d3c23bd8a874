// Package runtimes knows what a Spark runtime is (a Spark with the Java, Python packages and jars
// that go with it), which ones can be had, which API release each serves, and how to install, open
// and remove one.
//
// It starts no sessions and imports nothing of the project: the driver agent's sources and an
// additional check are handed in by the caller. cmd and engine may import it.
//
// What a newcomer gets wrong: a runtime is visible only through the link <root>/<name>, which is
// set last. Everything under <root>/.store may be half finished, and an [Installed] keeps the paths
// below .store, so that sessions go on while the runtime is installed anew.
package runtimes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// RootVariable names the environment variable that says where runtimes are.
const RootVariable = "HEARTH_RUNTIMES"

// Errors which callers tell apart with errors.Is.
var (
	// ErrUnknown is the error for a name that the table does not have.
	ErrUnknown = errors.New("no such runtime")
	// ErrNotInstalled is the error for a runtime of the table that is not installed, or not
	// completely.
	ErrNotInstalled = errors.New("runtime is not installed")
	// ErrInUse is the error of removing a runtime that a session holds.
	ErrInUse = errors.New("runtime is in use")
	// ErrLocked is the error when another process installs or removes the runtime and the caller
	// would not wait.
	ErrLocked = errors.New("another process is installing or removing this runtime")
	// ErrUnserved is the error of Resolve when nothing installed may serve the release asked for.
	ErrUnserved = errors.New("no installed runtime serves this release")
)

// FixError is an error with the command that mends its cause.
type FixError struct {
	Err error
	Fix string // one command line or one short instruction
}

// Error gives the cause and the way to mend it.
func (e *FixError) Error() string { return fmt.Sprintf("%v (to mend: %s)", e.Err, e.Fix) }

// Unwrap gives the cause.
func (e *FixError) Unwrap() error { return e.Err }

// Root gives the absolute directory that holds the runtimes: $HEARTH_RUNTIMES, else hearth/runtimes
// in the user's cache directory. It does not create it. It fails where the user has no cache
// directory.
func Root() (string, error) {
	if dir := os.Getenv(RootVariable); dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", &FixError{Err: fmt.Errorf("find a place for runtimes: %w", err), Fix: "set " + RootVariable + " to a directory"}
	}
	return filepath.Join(cache, "hearth", "runtimes"), nil
}
