package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// show tells how many sessions are still ending, whenever that changes, until the returned function
// is called.
func (h *program) show(ctx context.Context) (done func()) {
	if h.config.KeepSessions {
		h.say("left running for the next start: %s", count(h.living(ctx)))
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for last := 0; ; {
			if now := h.living(ctx); now != last && ctx.Err() == nil {
				h.say("%s to end", count(now))
				last = now
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		ended.Wait()
	}
}

func count(n int) string {
	if n == 1 {
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}

// living counts sessions that may have processes; 0 if that cannot be told.
func (h *program) living(ctx context.Context) int {
	n, err := h.store.CountSessions(ctx, session.Filter{States: session.LiveStates()})
	if err != nil {
		return 0
	}
	return n
}

// forceTime bounds the end by force; every instance is destroyed at once.
const forceTime = 10 * time.Second

// force destroys every instance without grace, so that even an end in a hurry leaves no process.
// The next start tells the sessions' clients.
func (h *program) force() error {
	ctx, cancel := context.WithTimeout(context.Background(), forceTime)
	defer cancel()
	errs := []error{errForced}
	for _, driver := range h.engines {
		errs = append(errs, destroyAll(ctx, driver))
	}
	return errors.Join(errs...)
}

func destroyAll(ctx context.Context, driver engine.Driver) error {
	found, err := driver.Find(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(found))
	var all sync.WaitGroup
	for i, one := range found {
		if one.Alive {
			all.Go(func() { errs[i] = driver.Destroy(ctx, one.Known()) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}
