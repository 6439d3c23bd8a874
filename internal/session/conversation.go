package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"hearth/internal/engine"
)

// conversation gives the orders of one connection to an instance: statements,
// interrupts, acknowledgements and the end.
type conversation struct {
	r    *runner
	inst engine.Instance
	// resend hands over again what may not have arrived before the last
	// connection was lost. The instance runs nothing twice.
	resend bool
	// stopSent is when the end was asked for; zero before.
	stopSent time.Time
	acked    uint64

	mu     sync.Mutex
	seen   uint64
	closed bool
}

// heard notes the last event that is safely stored.
func (c *conversation) heard(ev engine.Event) {
	if ev.Seq > 0 {
		c.mu.Lock()
		c.seen = ev.Seq
		c.mu.Unlock()
	}
	c.r.poke()
}

// hangUp says that no event will come any more.
func (c *conversation) hangUp() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.r.poke()
}

func (c *conversation) state() (seen uint64, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen, c.closed
}

// stopMargin is what an instance gets beyond its grace before it is destroyed.
const stopMargin = 10 * time.Second

// give gives orders until the connection ends (nil) or an order fails.
func (c *conversation) give(ctx context.Context) error {
	var overdue <-chan time.Time
	for {
		seen, closed := c.state()
		if closed {
			return nil
		}
		if err := c.ordersInTime(ctx, seen); err != nil {
			return err
		}
		if overdue == nil && !c.stopSent.IsZero() {
			overdue = time.After(c.r.m.cfg.StopGrace + stopMargin)
		}
		select {
		case <-c.r.woken:
		case <-overdue:
			// The instance must end, whatever its supervisor does; its exit then
			// arrives as an event or at the next attempt to attach.
			if err := c.r.m.cfg.Driver.Destroy(ctx, c.inst.ID()); err != nil {
				return err
			}
			overdue = time.After(stopMargin)
		case <-ctx.Done():
			return nil
		}
	}
}

// orderLimit bounds how long an instance may leave orders without an answer.
const orderLimit = 20 * time.Second

func (c *conversation) ordersInTime(ctx context.Context, seen uint64) error {
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	return c.orders(ctx, seen)
}

// orders compares the store with what was ordered so far and orders the rest.
func (c *conversation) orders(ctx context.Context, seen uint64) error {
	s, err := c.r.m.cfg.Store.Session(ctx, c.r.id)
	if err != nil {
		return err
	}
	if s.State == StateStopping && c.stopSent.IsZero() {
		if err := c.inst.Stop(ctx, c.r.m.cfg.StopGrace); err != nil {
			return err
		}
		c.stopSent = time.Now()
	}
	if c.resend {
		if err := c.sendAgain(ctx, &s); err != nil {
			return err
		}
		c.resend = false
	}
	for _, number := range c.r.takeInterrupts() {
		if err := c.inst.Interrupt(ctx, number); err != nil {
			c.r.interrupt(number)
			return err
		}
	}
	if err := c.next(ctx, &s); err != nil {
		return err
	}
	if seen > c.acked {
		if err := c.inst.Ack(ctx, seen); err != nil {
			return err
		}
		c.acked = seen
	}
	return nil
}

// sendAgain hands over every statement that the store believes to be running.
func (c *conversation) sendAgain(ctx context.Context, s *Session) error {
	if !s.State.Runnable() {
		return nil
	}
	open, err := c.r.m.cfg.Store.OpenStatements(ctx, s.ID, c.r.m.cfg.MaxWaiting+1)
	if err != nil {
		return err
	}
	for _, st := range open {
		if st.State == StatementWaiting {
			continue
		}
		if err := c.execute(ctx, st); err != nil {
			return err
		}
		if st.State == StatementCancelling {
			if err := c.inst.Interrupt(ctx, st.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

// next hands the next waiting statement to an idle instance.
func (c *conversation) next(ctx context.Context, s *Session) error {
	if s.State != StateIdle {
		return nil
	}
	st, ok, err := c.r.m.takeWaiting(ctx, s.ID)
	if err != nil || !ok {
		return err
	}
	c.r.live.begin(st.Number)
	return c.execute(ctx, st)
}

func (c *conversation) execute(ctx context.Context, st Statement) error {
	err := c.inst.Execute(ctx, engine.Statement{Number: st.Number, Language: st.Language, Code: st.Code})
	if !errors.Is(err, engine.ErrInvalid) && !errors.Is(err, engine.ErrUnsupported) {
		return err
	}
	return c.r.m.refuse(ctx, st, err)
}
