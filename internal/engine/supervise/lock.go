package supervise

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrLocked means that a supervisor holds the instance.
var ErrLocked = errors.New("locked")

// lock takes the file lock of an instance until unlock is called, or this process ends.
func lock(path string) (unlock func(), err error) {
	return flock(path, os.O_CREATE, syscall.LOCK_EX)
}

func flock(path string, flag, how int) (unlock func(), err error) {
	access, mode := os.O_RDWR, os.FileMode(0o600)
	if how == syscall.LOCK_SH {
		access, mode = os.O_RDONLY, 0o644 // a shared file may belong to another user
	}
	f, err := os.OpenFile(path, access|flag, mode)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// TryLock takes the lock of an instance whose supervisor is dead, so that no other server settles
// it at the same time. ErrLocked if the supervisor lives.
func TryLock(d Dir) (unlock func(), err error) { return lock(d.Lock()) }
