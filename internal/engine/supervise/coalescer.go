package supervise

import (
	"strings"
	"sync"
	"time"

	"hearth/internal/kernel"
)

const (
	// coalesceTime is how long the text of a stream waits for more.
	coalesceTime = 100 * time.Millisecond
	// coalesceSize is the longest coalesced text, in bytes.
	coalesceSize = 64 << 10
)

// coalescer joins consecutive texts of one stream. Kernels send each line at once, so that nothing
// is lost of a process that dies; the lines of coalesceTime become one frame, which is kept as one
// event. Frames stay in order.
type coalescer struct {
	onward func(kernel.Frame)

	mu    sync.Mutex
	first kernel.Frame // the frame whose text goes on in rest; its type is "" when nothing is pending
	rest  strings.Builder
	timer *time.Timer
}

func newCoalescer(onward func(kernel.Frame)) *coalescer {
	c := &coalescer{onward: onward}
	c.timer = time.AfterFunc(coalesceTime, c.flush)
	c.timer.Stop()
	return c
}

func (c *coalescer) take(f kernel.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Type != kernel.Stream {
		c.send()
		c.onward(f)
		return
	}
	same := c.first.Type == kernel.Stream && c.first.Stmt == f.Stmt && c.first.Name == f.Name
	if !same || c.rest.Len()+len(f.Text) > coalesceSize {
		c.send()
		c.first = f
		c.timer.Reset(coalesceTime)
	}
	c.rest.WriteString(f.Text)
}

// flush sends the pending text.
func (c *coalescer) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send()
}

func (c *coalescer) send() {
	if c.first.Type == "" {
		return
	}
	c.timer.Stop()
	f := c.first
	f.Text = c.rest.String()
	c.first = kernel.Frame{}
	c.rest.Reset()
	c.onward(f)
}
