package session

import (
	"context"
	"errors"

	"hearth/internal/engine"
)

// exit ends an instance that will not tell it itself.
func (r *runner) exit(ctx context.Context, d engine.Driver, k engine.Known, e engine.Exit) error {
	became, err := r.m.apply(ctx, r, []engine.Event{{Kind: engine.EventExit, Time: e.Time, Exit: &e}})
	if err != nil {
		return err
	}
	return r.leave(ctx, became, d, k)
}

// leave turns away from an instance that has ended. Of one that is replaced
// nothing is kept: no session would know it.
func (r *runner) leave(ctx context.Context, became outcome, d engine.Driver, k engine.Known) error {
	if became != runsAgain {
		return r.finish(ctx, d)
	}
	if err := destroy(ctx, d, k); err != nil {
		return err
	}
	if err := ignoreNotFound(d.Purge(ctx, k)); err != nil {
		return err
	}
	return errAgain
}

// finish clears away what the ended session left behind.
func (r *runner) finish(ctx context.Context, d engine.Driver) error {
	s, err := r.m.cfg.Store.Session(ctx, r.id)
	if err != nil {
		return err
	}
	return r.clear(ctx, d, &s)
}

// clear makes sure that nothing of an ended session runs, and forgets it if it
// was deleted. A deletion that comes while it works is picked up by the next
// look at the store.
func (r *runner) clear(ctx context.Context, d engine.Driver, s *Session) error {
	if err := ignoreNotFound(d.Destroy(ctx, s.instance())); err != nil {
		return err
	}
	now, err := r.m.cfg.Store.Session(ctx, r.id)
	if errors.Is(err, NotFound) {
		return errEnded
	}
	if err != nil {
		return err
	}
	if now.DeletedAt.IsZero() {
		return errEnded
	}
	if err := ignoreNotFound(d.Purge(ctx, s.instance())); err != nil {
		return err
	}
	if err := r.m.tx(ctx, func(tx Tx) error { return tx.DeleteSession(ctx, r.id) }); err != nil {
		return err
	}
	return errEnded
}
