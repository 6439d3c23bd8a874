package fake

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hearth/internal/engine"
)

// conn is one connection to an instance: an unbounded queue of events and one goroutine that hands
// them out.
type conn struct {
	in     *instance
	events chan engine.Event
	closed chan struct{}
	once   sync.Once
	more   chan struct{} // one token when pending has grown

	mu      sync.Mutex
	pending []engine.Event
}

var _ engine.Instance = (*conn)(nil)

func (in *instance) attach(after uint64) (*conn, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if after < in.trimmed {
		return nil, fmt.Errorf("%w: those up to %d were acknowledged, not %d", engine.ErrTrimmed, in.trimmed, after)
	}
	c := &conn{in: in, events: make(chan engine.Event), closed: make(chan struct{}), more: make(chan struct{}, 1)}
	for _, e := range in.spool {
		if e.Seq > after || e.Kind == engine.EventExit {
			c.push(e)
		}
	}
	in.conns = append(in.conns, c)
	go c.deliver()
	return c, nil
}

// acknowledge gives up every event up to seq at once, so that whoever needs one again is found out.
func (in *instance) acknowledge(seq uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.trim(seq) {
		in.keep(record{Stored: seq})
	}
}

// trim removes events, but not the exit, and reports whether there were any.
func (in *instance) trim(seq uint64) bool {
	n := 0
	for n < len(in.spool) && in.spool[n].Seq <= seq && in.spool[n].Kind != engine.EventExit {
		n++
	}
	in.spool = in.spool[n:]
	in.trimmed += uint64(n)
	return n > 0
}

func (in *instance) disconnect() {
	in.mu.Lock()
	conns := slices.Clone(in.conns)
	in.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

func (c *conn) push(e engine.Event) {
	c.mu.Lock()
	c.pending = append(c.pending, e)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

func (c *conn) deliver() {
	defer close(c.events)
	for {
		c.mu.Lock()
		batch := c.pending
		c.pending = nil
		c.mu.Unlock()
		for _, e := range batch {
			select {
			case c.events <- e:
			case <-c.closed:
				return
			}
			if e.Kind == engine.EventExit {
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.more:
		case <-c.closed:
			return
		}
	}
}

// ID implements engine.Instance.
func (c *conn) ID() string { return c.in.spec.ID }

// Events implements engine.Instance.
func (c *conn) Events() <-chan engine.Event { return c.events }

// Execute implements engine.Instance.
func (c *conn) Execute(ctx context.Context, s engine.Statement) error {
	if err := c.usable(ctx); err != nil {
		return fmt.Errorf("execute %d: %w", s.Number, err)
	}
	return c.in.execute(s)
}

// Interrupt implements engine.Instance.
func (c *conn) Interrupt(ctx context.Context, number int64) error {
	if err := c.usable(ctx); err != nil {
		return fmt.Errorf("interrupt %d: %w", number, err)
	}
	c.in.interrupt(number)
	return nil
}

// Acknowledge implements engine.Instance.
func (c *conn) Acknowledge(seq uint64) error {
	c.in.acknowledge(seq)
	return nil
}

// Stop implements engine.Instance.
func (c *conn) Stop(ctx context.Context, grace time.Duration) error {
	if err := c.usable(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	c.in.stop(grace)
	return nil
}

// Close implements engine.Instance.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.in.mu.Lock()
		defer c.in.mu.Unlock()
		c.in.conns = slices.DeleteFunc(c.in.conns, func(o *conn) bool { return o == c })
	})
	return nil
}

func (c *conn) usable(ctx context.Context) error {
	select {
	case <-c.closed:
		return engine.ErrDetached
	default:
	}
	if c.in.exited() {
		return engine.ErrGone
	}
	return ctx.Err()
}
