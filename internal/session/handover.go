package session

import (
	"context"
	"errors"
	"time"

	"hearth/internal/engine"
)

// handOver brings an instance up to the store: the end of the session, statements, interrupts.
func (c *connection) handOver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	s, err := c.m.cfg.Store.Session(ctx, c.r.id)
	if err != nil {
		return err
	}
	if s.State != StateStarting {
		c.m.startOver(c.r, &s)
	}
	if s.State == StateStopping && c.overdue == nil {
		if err := c.inst.Stop(ctx, c.m.cfg.StopGrace); err != nil {
			return err
		}
		c.overdue = time.After(c.m.cfg.StopGrace + stopMargin)
	}
	handed, interrupts := c.r.take()
	if !c.resent {
		// It includes those that were handed to the runner.
		if handed, interrupts, err = c.open(ctx, &s, interrupts); err != nil {
			return err
		}
		c.resent = true
	}
	if s.State == StateIdle {
		next, err := c.m.takeWaiting(ctx, s.ID)
		if err != nil {
			return err
		}
		if next != nil {
			handed = append(handed, *next)
		}
	}
	if s.State.Runnable() { // else they end with the session
		for _, st := range handed {
			if err := c.execute(ctx, st); err != nil {
				return err
			}
		}
	}
	for i, number := range interrupts {
		if err := c.inst.Interrupt(ctx, number); err != nil {
			c.r.interrupt(interrupts[i:]...)
			return err
		}
	}
	return nil
}

// open returns the statements that the store believes to be running, and those to interrupt.
func (c *connection) open(ctx context.Context, s *Session, interrupts []int64) ([]Statement, []int64, error) {
	if !s.State.Runnable() {
		return nil, interrupts, nil
	}
	open, err := c.m.cfg.Store.OpenStatements(ctx, s.ID, c.m.cfg.MaxWaiting+1)
	bad, ok := c.m.unreadStatements(ctx, err)
	if err != nil && !ok {
		return nil, nil, err
	}
	var running []Statement
	// One that cannot be read goes without its code: the instance runs none again that it has seen,
	// and any other one ends at once in this way.
	blank := func(number int64) {
		running = append(running, Statement{SessionID: s.ID, Number: number, Language: s.Spec.Setup.Language})
	}
	for _, o := range open {
		if o.State == StatementWaiting {
			continue
		}
		st, err := c.m.cfg.Store.Statement(ctx, s.ID, o.Number)
		switch _, ok := c.m.unreadStatements(ctx, err); {
		case ok:
			blank(o.Number)
		case err != nil:
			return nil, nil, err
		default:
			running = append(running, st)
		}
		if o.State == StatementCancelling {
			interrupts = append(interrupts, o.Number)
		}
	}
	for _, b := range bad {
		if b.State != StatementWaiting {
			blank(b.Number)
		}
		if b.State == StatementCancelling {
			interrupts = append(interrupts, b.Number)
		}
	}
	return running, interrupts, nil
}

// execute hands over one statement; one that the instance will never run ends here.
func (c *connection) execute(ctx context.Context, st Statement) error {
	c.r.live.begin(st.Number)
	err := c.inst.Execute(ctx, engine.Statement{Number: st.Number, Language: st.Language, Code: st.Code})
	if !errors.Is(err, engine.ErrInvalid) && !errors.Is(err, engine.ErrUnsupported) {
		return err
	}
	return c.m.refuse(ctx, st, err)
}
