package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/spool"
)

const (
	// deathLimit bounds the wait for the death of a supervisor whose socket has closed: the kernel
	// closes a dying process's sockets before it is gone.
	deathLimit = time.Second
	// settleLimit bounds the clearing away after a supervisor that died.
	settleLimit = time.Minute
)

// instance is a connection to an instance, alive or not. Its requests are those of Conn; its events
// go on where the supervisor has died.
type instance struct {
	*supervise.Conn
	driver *Driver
	at     place
	events chan engine.Event
	closed chan struct{}
	once   sync.Once
	// passed is about how many bytes of the spool were delivered since the last Acknowledge that
	// was passed on.
	passed atomic.Int64
	// over is set when nothing is added to the spool any more.
	over atomic.Bool

	uploads uploads
}

var _ engine.Instance = (*instance)(nil)

// Attach implements engine.Driver.
func (d *Driver) Attach(ctx context.Context, k engine.Known, after uint64) (engine.Instance, error) {
	at, err := d.place(k)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", errors.Join(engine.ErrNotFound, err))
	}
	in := &instance{driver: d, at: at, events: make(chan engine.Event), closed: make(chan struct{})}
	st, err := d.look(at)
	if err == nil && st.phase == starting {
		_, err = d.await(ctx, at)
		if err == nil {
			st, err = d.look(at)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", k.ID, err)
	}
	if st.phase == absent {
		return nil, fmt.Errorf("attach %s: %w", k.ID, engine.ErrNotFound)
	}
	if st.phase == running {
		in.Conn, err = d.dial(ctx, at.dir, st.record, after)
		if err == nil {
			go in.forward(after)
			return in, nil
		}
		// It may have ended since it was looked at.
		if !d.died(ctx, at) {
			return nil, fmt.Errorf("attach %s: %w", k.ID, err)
		}
	}
	if _, err := d.settled(ctx, at); err != nil {
		return nil, fmt.Errorf("attach %s: %w", k.ID, err)
	}
	if first, err := spool.First(at.dir.Spool()); err == nil && first-1 > after {
		return nil, fmt.Errorf("attach %s: %w", k.ID, &spool.TrimmedError{After: after, First: first})
	}
	in.Conn = supervise.Gone(k.ID)
	go func() {
		defer close(in.events)
		in.replay(after)
	}()
	return in, nil
}

func (d *Driver) dial(ctx context.Context, dir supervise.Dir, r supervise.Record, after uint64) (*supervise.Conn, error) {
	secret, err := os.ReadFile(dir.Secret())
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	return supervise.Dial(ctx, r, string(secret), after)
}

// died reports whether the supervisor is gone, or will be in a moment.
func (d *Driver) died(ctx context.Context, at place) bool {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	for {
		st, err := d.look(at)
		if err == nil && st.phase != running && st.phase != starting {
			return true
		}
		if pause(ctx) != nil {
			return false
		}
	}
}

// settled takes the lock and settles an instance that has no exit yet.
func (d *Driver) settled(ctx context.Context, at place) (engine.Exit, error) {
	defer d.locks.lock(at.id)()
	st, err := d.look(at)
	if err != nil {
		return engine.Exit{}, err
	}
	switch st.phase {
	case ended:
		return st.exit, nil
	case lost:
		return d.settle(ctx, at, lostExit())
	}
	return engine.Exit{}, engine.ErrNotFound
}

// forward passes events on. When the connection ends without an exit it finds out why: the instance
// of a dead supervisor is settled and the rest of its spool is replayed; for a living one the
// caller attaches again.
func (in *instance) forward(last uint64) {
	defer close(in.events)
	for e := range in.Conn.Events() {
		if !in.send(e) || e.Kind == engine.EventExit {
			return
		}
		last = max(last, e.Seq)
	}
	select {
	case <-in.closed:
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	if !in.driver.died(ctx, in.at) {
		return
	}
	in.SetGone()
	if _, err := in.driver.settled(ctx, in.at); err != nil {
		in.driver.log.ErrorContext(ctx, "what is left of an instance cannot be cleared away", "instance_id", in.at.id, "error", err)
		return
	}
	in.replay(last)
}

// replay delivers the events in the spool of an ended instance, and its exit in any case. If some
// of them are not kept any more it delivers those before, and the next Attach says so.
func (in *instance) replay(after uint64) {
	in.over.Store(true)
	last := after
	var exited bool
	err := spool.Replay(in.at.dir.Spool(), after, func(e engine.Event) error {
		last = max(last, e.Seq)
		exited = exited || e.Kind == engine.EventExit
		if !in.send(e) {
			return errClosed
		}
		return nil
	})
	if exited || errors.Is(err, errClosed) || errors.Is(err, engine.ErrTrimmed) {
		return
	}
	if err != nil {
		in.driver.log.Warn("the spool of an instance is damaged", "instance_id", in.at.id, "error", err)
	}
	st, err := in.driver.look(in.at)
	if err != nil || st.phase != ended {
		in.driver.log.Error("the exit of an instance cannot be read", "instance_id", in.at.id, "error", err)
		return
	}
	in.send(engine.Event{Seq: last + 1, Time: st.exit.Time, Kind: engine.EventExit, Exit: &st.exit})
}

var errClosed = errors.New("closed")

func (in *instance) send(e engine.Event) bool {
	in.passed.Add(recordOverhead + int64(e.Size()))
	if e.Kind == engine.EventExit {
		in.over.Store(true)
	}
	select {
	case in.events <- e:
		return true
	case <-in.closed:
		return false
	}
}

const (
	// acknowledgeStep is how many bytes of the spool are acknowledged at once.
	acknowledgeStep = 1 << 20
	// recordOverhead is about how many bytes of the spool an event without text takes.
	recordOverhead = 128
)

// Acknowledge implements engine.Instance. The spool of a living instance is its supervisor's to
// trim, which is told in steps.
func (in *instance) Acknowledge(seq uint64) error {
	if in.over.Load() {
		return spool.Trim(in.at.dir.Spool(), seq)
	}
	if in.passed.Load() < acknowledgeStep {
		return nil
	}
	in.passed.Store(0)
	return in.Conn.Acknowledge(seq)
}

// Events implements engine.Instance.
func (in *instance) Events() <-chan engine.Event { return in.events }

// Close implements engine.Instance.
func (in *instance) Close() error {
	in.once.Do(func() { close(in.closed) })
	return in.Conn.Close()
}
