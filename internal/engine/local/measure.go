package local

import (
	"context"
	"fmt"
	"os"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
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
		if info, err := os.Stat(at.dir.Spool()); err == nil {
			u.SpoolBytes += info.Size()
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
