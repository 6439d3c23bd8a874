package local

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
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

// mostFiles is how many files of an instance are counted: code of a session may make any number.
const mostFiles = 100_000

// Kept implements engine.Driver: the blocks of the files in the directory of the instance, of the
// first mostFiles of them.
func (d *Driver) Kept(ctx context.Context, k engine.Known) (int64, error) {
	at, err := d.place(k)
	if err != nil {
		return 0, fmt.Errorf("kept: %w", err)
	}
	var total int64
	files := 0
	for dirs := []string{string(at.dir)}; len(dirs) > 0 && files < mostFiles; {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("kept of %s: %w", k.ID, err)
		}
		dir := dirs[len(dirs)-1]
		dirs = dirs[:len(dirs)-1]
		for e := range entries(dir) {
			path := filepath.Join(dir, e.Name())
			if files++; e.IsDir() && path != at.dir.Run() { // which goes with the processes
				dirs = append(dirs, path)
			}
			if info, err := e.Info(); err == nil {
				if st, ok := info.Sys().(*syscall.Stat_t); ok {
					total += st.Blocks * 512
				}
			}
			if files == mostFiles {
				break
			}
		}
	}
	return total, nil
}

// entries returns an iterator over the entries of a directory, which are read a few at a time and
// come in no order. A directory that cannot be read has none.
func entries(dir string) iter.Seq[fs.DirEntry] {
	return func(yield func(fs.DirEntry) bool) {
		f, err := os.Open(dir)
		if err != nil {
			return
		}
		defer f.Close()
		for {
			some, err := f.ReadDir(256)
			for _, e := range some {
				if !yield(e) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}
