package supervise

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// ID implements engine.Instance.
func (c *Conn) ID() string { return c.id }

// Events implements engine.Instance.
func (c *Conn) Events() <-chan engine.Event { return c.events }

// Execute implements engine.Instance.
func (c *Conn) Execute(ctx context.Context, s engine.Statement) error {
	f := kernel.Frame{Type: kernel.Execute, Stmt: s.Number, Lang: s.Language, Code: s.Code}
	return c.request(ctx, f, fmt.Sprintf("execute %d", s.Number))
}

// Interrupt implements engine.Instance.
func (c *Conn) Interrupt(ctx context.Context, number int64) error {
	return c.request(ctx, kernel.Frame{Type: kernel.Interrupt, Stmt: number}, fmt.Sprintf("interrupt %d", number))
}

// Stop implements engine.Instance.
func (c *Conn) Stop(ctx context.Context, grace time.Duration) error {
	return c.request(ctx, kernel.Frame{Type: kernel.Stop, GraceMS: grace.Milliseconds()}, "stop")
}

// Acknowledge implements engine.Instance. Each call is a frame, without an answer: an older
// supervisor refuses a request that nobody has made, and gives up nothing.
func (c *Conn) Acknowledge(seq uint64) error {
	what := fmt.Sprintf("instance %s: acknowledge event %d", c.id, seq)
	if c.gone.Load() {
		return fmt.Errorf("%s: %w", what, engine.ErrGone)
	}
	if err := c.out.Write(kernel.Frame{Type: kernel.Acknowledge, Seq: seq}); err != nil {
		return fmt.Errorf("%s: %w: %w", what, err, engine.ErrDetached)
	}
	return nil
}

// Close implements engine.Instance.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		if c.conn != nil {
			_ = c.conn.Close()
		}
		c.end()
	})
	return nil
}

// request sends a frame and waits until it is accepted.
func (c *Conn) request(ctx context.Context, f kernel.Frame, what string) error {
	a, err := c.exchange(ctx, f, what)
	if err != nil {
		return err
	}
	return refused(what, a)
}

// exchange sends a frame and waits for its answer.
func (c *Conn) exchange(ctx context.Context, f kernel.Frame, what string) (kernel.Frame, error) {
	what = "instance " + c.id + ": " + what
	if c.gone.Load() {
		return kernel.Frame{}, fmt.Errorf("%s: %w", what, engine.ErrGone)
	}
	answer := make(chan kernel.Frame, 1)
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return kernel.Frame{}, fmt.Errorf("%s: %w", what, engine.ErrDetached)
	}
	c.lastID++
	f.ID = c.lastID
	c.waiting[f.ID] = answer
	c.changed.Broadcast()
	c.mu.Unlock()

	err := c.out.Write(f)
	if errors.Is(err, kernel.ErrTooLarge) {
		c.forget(f.ID)
		return kernel.Frame{}, fmt.Errorf("%s: %w", what, engine.Invalidf("the code is too long"))
	}
	if err != nil {
		c.forget(f.ID)
		return kernel.Frame{}, fmt.Errorf("%s: %w: %w", what, err, engine.ErrDetached)
	}
	select {
	case a, ok := <-answer:
		if !ok {
			return kernel.Frame{}, fmt.Errorf("%s: %w", what, engine.ErrDetached)
		}
		return a, nil
	case <-ctx.Done():
		c.forget(f.ID)
		return kernel.Frame{}, fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
}

func (c *Conn) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

func refused(what string, a kernel.Frame) error {
	if a.Type == kernel.Accepted {
		return nil
	}
	switch a.Name {
	case refusedInvalid:
		return fmt.Errorf("%s: %w", what, &engine.InvalidError{Text: strings.TrimPrefix(a.Text, engine.ErrInvalid.Error()+": ")})
	case refusedGone:
		return fmt.Errorf("%s: %w: %s", what, engine.ErrGone, a.Text)
	case refusedUnknown:
		return fmt.Errorf("%s: %w: %s", what, engine.ErrUnsupported, a.Text)
	case refusedTrimmed:
		return fmt.Errorf("%s: %w: %s", what, engine.ErrTrimmed, a.Text)
	}
	return fmt.Errorf("%s: refused: %s", what, a.Text)
}

// Complete implements engine.Instance.
func (c *Conn) Complete(ctx context.Context, lang engine.Language, code string, cursor int) ([]string, error) {
	f := kernel.Frame{Type: kernel.Complete, Lang: lang, Code: code, Cursor: cursor}
	a, err := c.inquire(ctx, f, "complete")
	return a.Names, err
}

// Describe implements engine.Instance.
func (c *Conn) Describe(ctx context.Context, lang engine.Language, code string, cursor int) (map[string]string, error) {
	f := kernel.Frame{Type: kernel.Inspect, Lang: lang, Code: code, Cursor: cursor}
	a, err := c.inquire(ctx, f, "describe")
	return a.Data, err
}

// AddFile adds a file that is in the instance's directory to the running session.
// engine.InvalidError if the session cannot take it.
func (c *Conn) AddFile(ctx context.Context, kind engine.FileKind, path string) error {
	a, err := c.inquire(ctx, kernel.Frame{Type: kernel.AddFile, Name: string(kind), Text: path}, "add a file")
	if err == nil && a.Text != "" {
		return fmt.Errorf("add a file: %w", &engine.InvalidError{Text: a.Text})
	}
	return err
}

// inquire sends a request that an older supervisor may not know, and refuses without a Name:
// engine.ErrUnsupported in that case.
func (c *Conn) inquire(ctx context.Context, f kernel.Frame, what string) (kernel.Frame, error) {
	a, err := c.exchange(ctx, f, what)
	switch {
	case err != nil:
		return kernel.Frame{}, err
	case a.Type == kernel.Refused && a.Name == "":
		return kernel.Frame{}, fmt.Errorf("%s: %w: %s", what, engine.ErrUnsupported, a.Text)
	case a.Type == kernel.Refused:
		return kernel.Frame{}, refused(what, a)
	}
	return a, nil
}
