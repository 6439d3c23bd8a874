package local

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/engine/supervise/spool"
)

// Measure implements engine.Driver. It reads the process table once for all instances; processes
// that have left their supervisor are not among them.
func (d *Driver) Measure(ctx context.Context, known []engine.Known) (engine.Usage, error) {
	var u engine.Usage
	var roots []proc.Identity
	for _, k := range known {
		at, err := d.place(k)
		if err != nil || at.stored.ID == "" {
			continue
		}
		roots = append(roots, at.stored.Self)
		if n, err := spool.Size(at.dir.Spool()); err == nil {
			u.SpoolBytes += n
		}
	}
	if len(roots) == 0 || ctx.Err() != nil {
		return u, ctx.Err()
	}
	var err error
	if u.MemoryBytes, err = proc.Resident(roots); err != nil {
		return u, fmt.Errorf("measure instances: %w", err)
	}
	return u, nil
}

// Kept implements engine.Driver: the blocks of every file in the directory of the instance.
func (d *Driver) Kept(ctx context.Context, k engine.Known) (int64, error) {
	at, err := d.place(k)
	if err != nil {
		return 0, fmt.Errorf("kept: %w", err)
	}
	var total int64
	err = filepath.WalkDir(string(at.dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return ctx.Err() // it is gone by now, or user code has closed it
		}
		if path == at.dir.Run() {
			return fs.SkipDir // it goes with the processes
		}
		if info, err := e.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				total += st.Blocks * 512
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("kept of %s: %w", k.ID, err)
	}
	return total, nil
}
