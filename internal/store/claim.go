package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// InUseError is the error about a database that another server uses.
type InUseError struct {
	Database string
	// Owner is what that server said of itself; "" if it cannot be read.
	Owner string
}

func (e *InUseError) Error() string {
	who := "another hearth server"
	if e.Owner != "" {
		who += " (" + e.Owner + ")"
	}
	return fmt.Sprintf("%s uses the database %s: stop it, or choose another database with -database", who, e.Database)
}

// Claim makes the database the caller's alone until the claim is closed or the process ends,
// however that ends: two servers on one database would end each other's sessions. The owner says
// who the caller is, in one line. InUseError if another server has the database. It looks at no
// table, so that it can come before Open.
func Claim(ctx context.Context, dsn, owner string) (io.Closer, error) {
	owner = strings.Join(strings.Fields(text(owner)), " ")
	if isPostgres(dsn) {
		return claimPostgres(ctx, dsn, owner)
	}
	path, _ := File(dsn)
	return claimFile(path, owner)
}

// claimFile locks a file beside an SQLite database. The database itself is no place for it: SQLite
// loses its own locks on a file when the process closes another descriptor of it.
func claimFile(path, owner string) (io.Closer, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	// Whatever way leads to the database, the lock is beside its file.
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("find the database: %w", err)
	}
	f, err := os.OpenFile(file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		first, _ := io.ReadAll(io.LimitReader(f, maxOwner)) // who it is only helps
		return nil, &InUseError{Database: path, Owner: strings.TrimSpace(string(first))}
	}
	if err := errors.Join(f.Truncate(0), writeOwner(f, owner)); err != nil {
		_ = f.Close() // the error that matters is the one before
		return nil, fmt.Errorf("write %s: %w", f.Name(), err)
	}
	return f, nil
}

// maxOwner bounds how much of an owner's line is read.
const maxOwner = 4096

func writeOwner(f *os.File, owner string) error {
	_, err := f.WriteString(owner + "\n")
	return err
}
