package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// converse uses a connection: one goroutine stores events, this one gives
// orders, so that a full event channel can never hold up the answer to an order.
func (r *runner) converse(ctx context.Context, driver engine.Driver, known engine.Known, inst engine.Instance) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &conversation{r: r, driver: driver, known: known, inst: inst, resend: true}
	stored := make(chan error, 1)
	go func() { stored <- r.store(ctx, c) }()
	r.connected(inst)
	defer r.connected(nil)
	r.markAttached()
	orders := c.give(ctx)
	if orders != nil && !errors.Is(orders, engine.ErrGone) && !errors.Is(orders, engine.ErrDetached) {
		cancel()
	}
	// Where the connection refused the order because the instance has ended, its
	// last events are still on their way and must be stored.
	select {
	case err := <-stored:
		return errOr(orders, err)
	case <-time.After(drainLimit):
		cancel()
		return errOr(orders, <-stored)
	}
}

// drainLimit bounds the wait for the last events of a connection that takes no
// orders any more.
const drainLimit = 10 * time.Second

// errOr prefers the end of the session to whatever order failed because of it.
func errOr(orders, stored error) error {
	if orders == nil || errors.Is(stored, errEnded) || errors.Is(stored, errAgain) {
		return stored
	}
	return orders
}

// store writes events until the connection ends; errEnded or errAgain after an exit.
func (r *runner) store(ctx context.Context, c *conversation) error {
	defer c.hangUp()
	for {
		batch, ok := nextBatch(ctx, c.inst.Events())
		if len(batch) > 0 {
			became, err := r.m.apply(ctx, r, batch)
			if err != nil {
				return err
			}
			if became != goesOn {
				return r.leave(ctx, became, c.driver, c.known)
			}
		}
		if !ok {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return engine.ErrDetached
		}
	}
}

// Bounds of a batch of events stored in one transaction.
const (
	maxBatchEvents = 256
	maxBatchBytes  = 1 << 20
)

// nextBatch waits for an event and takes what else is there already. It says
// false when no more will come.
func nextBatch(ctx context.Context, events <-chan engine.Event) ([]engine.Event, bool) {
	var batch []engine.Event
	select {
	case ev, ok := <-events:
		if !ok {
			return nil, false
		}
		batch = append(batch, ev)
	case <-ctx.Done():
		return nil, false
	}
	size := batch[0].Size()
	for len(batch) < maxBatchEvents && size < maxBatchBytes {
		select {
		case ev, ok := <-events:
			if !ok {
				return batch, false
			}
			batch = append(batch, ev)
			size += ev.Size()
		default:
			return batch, true
		}
	}
	return batch, true
}
