package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"hearth/internal/engine"
)

// conversation gives the orders of one connection to an instance: statements,
// interrupts and the end.
type conversation struct {
	r      *runner
	driver engine.Driver
	known  engine.Known
	inst   engine.Instance
	// resend hands over again what may not have arrived before the last
	// connection was lost. The instance runs nothing twice.
	resend bool
	// stopSent is when the end was asked for; zero before.
	stopSent time.Time

	mu     sync.Mutex
	closed bool
}

// hangUp says that no event will come any more.
func (c *conversation) hangUp() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.r.poke()
}

func (c *conversation) hungUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// stopMargin is what an instance gets beyond its grace before it is destroyed.
const stopMargin = 10 * time.Second

// give gives orders until the connection ends (nil) or an order fails.
func (c *conversation) give(ctx context.Context) error {
	var overdue <-chan time.Time
	for {
		if c.hungUp() {
			return nil
		}
		if err := c.ordersInTime(ctx); err != nil {
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
			if err := c.driver.Destroy(ctx, c.known); err != nil {
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

func (c *conversation) ordersInTime(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	return c.orders(ctx)
}

// orders compares the store with what was ordered so far and orders the rest.
func (c *conversation) orders(ctx context.Context) error {
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
	handed := c.r.takeHanded()
	if c.resend {
		// What was handed to the runner is in the store too.
		if err := c.sendAgain(ctx, &s); err != nil {
			return err
		}
		c.resend, handed = false, nil
	}
	for _, st := range handed {
		if !s.State.Runnable() {
			break // it ends with the session
		}
		c.r.live.begin(st.Number)
		if err := c.execute(ctx, st); err != nil {
			return err
		}
	}
	for _, number := range c.r.takeInterrupts() {
		if err := c.inst.Interrupt(ctx, number); err != nil {
			c.r.interrupt(number)
			return err
		}
	}
	return c.next(ctx, &s)
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
	st, err := c.r.m.takeWaiting(ctx, s.ID)
	if err != nil || st == nil {
		return err
	}
	c.r.live.begin(st.Number)
	return c.execute(ctx, *st)
}

func (c *conversation) execute(ctx context.Context, st Statement) error {
	err := c.inst.Execute(ctx, engine.Statement{Number: st.Number, Language: st.Language, Code: st.Code})
	if !errors.Is(err, engine.ErrInvalid) && !errors.Is(err, engine.ErrUnsupported) {
		return err
	}
	return c.r.m.refuse(ctx, st, err)
}
