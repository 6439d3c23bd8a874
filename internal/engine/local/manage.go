package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hearth/internal/engine"
)

// Find implements engine.Driver. An instance that cannot be read is left out, so that it does not
// keep the server from its others.
func (d *Driver) Find(ctx context.Context) ([]engine.Found, error) {
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return nil, fmt.Errorf("find instances: %w", err)
	}
	var all []engine.Found
	for _, e := range entries {
		if !safe(e.Name()) || !e.IsDir() {
			continue // not an instance: lost+found, or a file of a desktop
		}
		f, err := d.Inspect(ctx, engine.Known{ID: e.Name()})
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

// neverStarted is the exit of a directory that was made before a crash and has no supervisor.
const neverStarted = "The instance was never started."

// Inspect implements engine.Driver. The remains of an instance whose supervisor was killed are
// swept on the way. An instance that was never started because of a crash is ErrNotFound, though
// Find lists it: it may still be started.
func (d *Driver) Inspect(ctx context.Context, k engine.Known) (engine.Found, error) {
	at, err := d.place(k)
	if err != nil {
		return engine.Found{}, fmt.Errorf("inspect: %w", errors.Join(engine.ErrNotFound, err))
	}
	defer d.locks.lock(k.ID)()
	st, err := d.look(at)
	if err != nil {
		return engine.Found{}, fmt.Errorf("inspect %s: %w", k.ID, err)
	}
	f := engine.Found{ID: k.ID}
	switch st.phase {
	case running:
		f.Alive, f.Handle = true, encodeHandle(st.record)
	case starting:
		f.Alive = true
	case ended:
		f.Exit = &st.exit
	case lost:
		exit, err := d.settle(ctx, at, lostExit())
		if err != nil {
			return engine.Found{}, fmt.Errorf("inspect %s: %w", k.ID, err)
		}
		f.Exit = &exit
	case absent:
		return engine.Found{}, fmt.Errorf("inspect %s: %w", k.ID, engine.ErrNotFound)
	}
	return f, nil
}

// Destroy implements engine.Driver.
func (d *Driver) Destroy(ctx context.Context, k engine.Known) error {
	at, err := d.place(k)
	if err != nil {
		return fmt.Errorf("destroy: %w", err)
	}
	defer d.locks.lock(k.ID)()
	st, err := d.look(at)
	if err != nil {
		return fmt.Errorf("destroy %s: %w", k.ID, err)
	}
	exit := lostExit()
	switch st.phase {
	case running, starting:
		exit = engine.Exit{Cause: engine.CauseStopped, Message: "The instance was destroyed."}
		if err := st.record.Self.Kill(); err != nil {
			return fmt.Errorf("destroy %s: %w", k.ID, err)
		}
	case absent:
		if !exists(string(at.dir)) {
			return d.bury(ctx, at)
		}
		exit = engine.Exit{Cause: engine.CauseFailedStart, Message: neverStarted}
	}
	if _, err := d.settle(ctx, at, exit); err != nil {
		return fmt.Errorf("destroy %s: %w", k.ID, err)
	}
	return nil
}

// bury ends the processes of an instance whose directory is gone, as far as its handle leads to
// them.
func (d *Driver) bury(ctx context.Context, at place) error {
	if at.stored.ID == "" {
		return nil
	}
	err := at.stored.Self.Kill()
	if err == nil {
		err = d.sweep(ctx, at.stored.Group, at.id)
	}
	if err != nil {
		return fmt.Errorf("destroy %s: %w", at.id, err)
	}
	return nil
}

// Purge implements engine.Driver.
func (d *Driver) Purge(ctx context.Context, k engine.Known) error {
	at, err := d.place(k)
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	f, err := d.Inspect(ctx, k)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return fmt.Errorf("purge: %w", err)
	}
	if f.Alive {
		return fmt.Errorf("purge %s: it still runs", k.ID)
	}
	defer d.locks.lock(k.ID)()
	if err := at.dir.Remove(); err != nil {
		return fmt.Errorf("purge %s: %w", k.ID, err)
	}
	return nil
}
