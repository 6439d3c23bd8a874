package runtimes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lockNote is written into a lock file so that whoever waits can say for whom.
type lockNote struct {
	PID   int       `json:"pid"`
	Doing string    `json:"doing"`
	Since time.Time `json:"since"`
}

func (n lockNote) String() string {
	if n.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d (%s since %s)", n.PID, n.Doing, n.Since.Local().Format(time.TimeOnly))
}

// lockRuntime makes this process the only one that installs or removes the runtime. While another
// one does, it waits and says so, or fails with ErrLocked at once if noWait.
func lockRuntime(ctx context.Context, root, name, doing string, noWait bool, progress Progress) (unlock func(), err error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of runtimes: %w", err)
	}
	path := filepath.Join(root, name+".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock runtime %s: %w", name, err)
	}
	for start := time.Now(); ; {
		locked, err := tryLock(f, true)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock runtime %s: %w", name, err)
		}
		if locked {
			break
		}
		holder := readNote(path)
		if noWait {
			f.Close()
			return nil, fmt.Errorf("%s: %w: %s", name, ErrLocked, holder)
		}
		progress.Update("waiting for "+holder.String(), 0, 0)
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("%s: waited %s for %s: %w", name, time.Since(start).Round(time.Second), holder, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
	note, _ := json.Marshal(lockNote{PID: os.Getpid(), Doing: doing, Since: time.Now()})
	// The note is for people; a lock without one still locks.
	_ = f.Truncate(0)
	_, _ = f.WriteAt(note, 0)
	return func() {
		_ = f.Truncate(0)
		f.Close()
	}, nil
}

func readNote(path string) lockNote {
	var n lockNote
	data, err := os.ReadFile(path)
	if err == nil {
		_ = json.Unmarshal(data, &n)
	}
	return n
}
