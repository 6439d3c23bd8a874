package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// queueLimit and queueBytes bound the events, in number and in bytes of text, that a Conn holds for
// a caller that does not read.
const (
	queueLimit = 1024
	queueBytes = 1 << 20
)

// Conn is a server's connection to a supervisor. It implements engine.Instance without Upload,
// which needs the instance's directory. A driver embeds it, and calls SetGone when the supervisor
// has died.
type Conn struct {
	id     string
	conn   net.Conn
	in     *kernel.Reader
	out    *kernel.Writer
	events chan engine.Event
	closed chan struct{}
	once   sync.Once
	gone   atomic.Bool // the instance has ended

	mu      sync.Mutex
	changed *sync.Cond
	queue   []engine.Event
	queued  int  // bytes of text in queue
	ended   bool // nothing more is read
	lastID  int64
	waiting map[int64]chan kernel.Frame
}

// Dial attaches to the supervisor of the record. Events after the given number follow.
// engine.ErrTrimmed if they are not kept any more.
func Dial(ctx context.Context, r Record, secret string, after uint64) (*Conn, error) {
	proto, err := common(r.Protocols)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	nc, err := dialer.DialContext(ctx, "unix", r.Socket)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	deadline := time.Now().Add(attachLimit)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = nc.SetDeadline(deadline)
	c := &Conn{
		id: r.ID, conn: nc, in: kernel.NewReader(bufio.NewReader(nc)), out: kernel.NewWriter(nc),
		events: make(chan engine.Event), closed: make(chan struct{}), waiting: map[int64]chan kernel.Frame{},
	}
	c.changed = sync.NewCond(&c.mu)
	answer, err := c.roundTrip(kernel.Frame{Type: kernel.Attach, Proto: proto, Secret: secret, After: after})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("attach: %w", err), nc.Close())
	}
	if answer.Type != kernel.Attached {
		return nil, errors.Join(refused("attach", answer), nc.Close())
	}
	_ = nc.SetDeadline(time.Time{})
	go c.read()
	go c.deliver()
	return c, nil
}

// Gone returns a connection to an instance that has ended: every request is refused with
// engine.ErrGone. It has no events.
func Gone(id string) *Conn {
	c := &Conn{id: id, closed: make(chan struct{}), ended: true}
	c.changed = sync.NewCond(&c.mu)
	c.gone.Store(true)
	return c
}

// SetGone marks the instance as ended: requests fail with engine.ErrGone from now on, and no longer
// with engine.ErrDetached.
func (c *Conn) SetGone() { c.gone.Store(true) }

// common returns the newest version of the protocol that both sides speak. A supervisor outlives
// upgrades of its server, so the version before is spoken too.
func common(theirs []int) (int, error) {
	for _, v := range []int{kernel.Version, kernel.Version - 1} {
		if v > 0 && slices.Contains(theirs, v) {
			return v, nil
		}
	}
	return 0, fmt.Errorf("the supervisor speaks versions %v of the protocol, this server %d", theirs, kernel.Version)
}

func (c *Conn) roundTrip(f kernel.Frame) (kernel.Frame, error) {
	if err := c.out.Write(f); err != nil {
		return kernel.Frame{}, err
	}
	return c.in.Read()
}

// read reads frames. It pauses while the caller is far behind, unless a request waits for its
// answer, which comes on the same connection as the events.
func (c *Conn) read() {
	defer c.end()
	for {
		f, err := c.in.Read()
		if err != nil {
			return
		}
		c.mu.Lock()
		switch {
		case f.Type == kernel.Event && f.Event != nil:
			c.queue = append(c.queue, *f.Event)
			c.queued += f.Event.Size()
			c.changed.Broadcast()
		default:
			if answer, ok := c.waiting[f.ID]; ok {
				delete(c.waiting, f.ID)
				answer <- f
			}
		}
		for (len(c.queue) >= queueLimit || c.queued >= queueBytes) && len(c.waiting) == 0 && !c.ended {
			c.changed.Wait()
		}
		c.mu.Unlock()
	}
}

func (c *Conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for id, answer := range c.waiting {
		delete(c.waiting, id)
		close(answer)
	}
	c.changed.Broadcast()
}

func (c *Conn) deliver() {
	defer close(c.events)
	for {
		c.mu.Lock()
		for len(c.queue) == 0 && !c.ended {
			c.changed.Wait()
		}
		batch := c.queue
		c.queue, c.queued = nil, 0
		c.changed.Broadcast()
		c.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, e := range batch {
			if e.Kind == engine.EventExit {
				c.gone.Store(true)
			}
			select {
			case c.events <- e:
			case <-c.closed:
				return
			}
		}
	}
}
