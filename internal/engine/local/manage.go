package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hearth/internal/engine"
)

// Find implements engine.Driver. An instance that cannot be read is left out, so
// that it does not keep the server from its others.
func (d *Driver) Find(ctx context.Context) ([]engine.Found, error) {
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return nil, fmt.Errorf("find instances: %w", err)
	}
	var all []engine.Found
	for _, e := range entries {
		if _, err := d.dir(e.Name()); err != nil || !e.IsDir() {
			continue // nobody's instance: lost+found, or a file of a desktop
		}
		f, err := d.Inspect(ctx, e.Name())
		switch {
		case errors.Is(err, engine.ErrNotFound):
			// A trace all the same, which is to be purged or started.
			exit := engine.Exit{Cause: engine.CauseFailedStart, Time: time.Now(), Message: neverStarted}
			all = append(all, engine.Found{ID: e.Name(), Exit: &exit})
		case err != nil && ctx.Err() != nil:
			return nil, fmt.Errorf("find instances: %w", err)
		case err != nil:
			d.log.ErrorContext(ctx, "an instance cannot be read", "instance_id", e.Name(), "error", err)
		default:
			all = append(all, f)
		}
	}
	return all, nil
}

// neverStarted tells of a directory that was made before a crash and has nobody.
const neverStarted = "The instance was never started."

// Inspect implements engine.Driver. What is left of an instance whose supervisor
// was killed is swept on the way. An instance that a crash kept from ever being
// started is ErrNotFound, though Find lists it: it may still be started.
func (d *Driver) Inspect(ctx context.Context, id string) (engine.Found, error) {
	dir, err := d.dir(id)
	if err != nil {
		return engine.Found{}, fmt.Errorf("inspect: %w", errors.Join(engine.ErrNotFound, err))
	}
	defer d.locks.lock(id)()
	st, err := d.look(dir)
	if err != nil {
		return engine.Found{}, fmt.Errorf("inspect %s: %w", id, err)
	}
	f := engine.Found{ID: id}
	switch st.phase {
	case running:
		f.Alive, f.Handle = true, handle(st.record)
	case starting:
		f.Alive = true
	case ended:
		f.Exit = &st.exit
	case lost:
		exit, err := d.settle(ctx, dir, id, lostExit())
		if err != nil {
			return engine.Found{}, fmt.Errorf("inspect %s: %w", id, err)
		}
		f.Exit = &exit
	case absent:
		return engine.Found{}, fmt.Errorf("inspect %s: %w", id, engine.ErrNotFound)
	}
	return f, nil
}

// Destroy implements engine.Driver.
func (d *Driver) Destroy(ctx context.Context, id string) error {
	dir, err := d.dir(id)
	if err != nil {
		return fmt.Errorf("destroy: %w", err)
	}
	defer d.locks.lock(id)()
	st, err := d.look(dir)
	if err != nil {
		return fmt.Errorf("destroy %s: %w", id, err)
	}
	exit := lostExit()
	switch st.phase {
	case running, starting:
		exit = engine.Exit{Cause: engine.CauseStopped, Message: "The instance was destroyed."}
		if err := st.record.Self.Kill(); err != nil {
			return fmt.Errorf("destroy %s: %w", id, err)
		}
	case absent:
		if _, err := os.Stat(string(dir)); err != nil {
			return nil
		}
		exit = engine.Exit{Cause: engine.CauseFailedStart, Message: neverStarted}
	}
	if _, err := d.settle(ctx, dir, id, exit); err != nil {
		return fmt.Errorf("destroy %s: %w", id, err)
	}
	return nil
}

// Purge implements engine.Driver.
func (d *Driver) Purge(ctx context.Context, id string) error {
	dir, err := d.dir(id)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	f, err := d.Inspect(ctx, id)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return fmt.Errorf("purge: %w", err)
	}
	if f.Alive {
		return fmt.Errorf("purge %s: it still runs", id)
	}
	defer d.locks.lock(id)()
	if err := os.RemoveAll(string(dir)); err != nil {
		return fmt.Errorf("purge %s: %w", id, err)
	}
	return nil
}
