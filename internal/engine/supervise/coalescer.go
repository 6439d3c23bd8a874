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
	// coalesceSize is the longest text that is put together, in bytes.
	coalesceSize = 64 << 10
)

// coalescer puts the text of a stream together on its way from a kernel. Kernels send each line at
// once, so that nothing is lost of a process that dies; kept and stored is what came within
// coalesceTime as one event. Frames stay in order.
type coalescer struct {
	onward func(kernel.Frame)

	mu    sync.Mutex
	first kernel.Frame // whose text goes on in rest; of no type when nothing waits
	rest  strings.Builder
	timer *time.Timer
}

func newCoalescer(onward func(kernel.Frame)) *coalescer {
	j := &coalescer{onward: onward}
	j.timer = time.AfterFunc(coalesceTime, j.flush)
	j.timer.Stop()
	return j
}

func (j *coalescer) take(f kernel.Frame) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f.Type != kernel.Stream {
		j.send()
		j.onward(f)
		return
	}
	same := j.first.Type == kernel.Stream && j.first.Stmt == f.Stmt && j.first.Name == f.Name
	if !same || j.rest.Len()+len(f.Text) > coalesceSize {
		j.send()
		j.first = f
		j.timer.Reset(coalesceTime)
	}
	j.rest.WriteString(f.Text)
}

// flush sends what waits.
func (j *coalescer) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.send()
}

func (j *coalescer) send() {
	if j.first.Type == "" {
		return
	}
	j.timer.Stop()
	f := j.first
	f.Text = j.rest.String()
	j.first = kernel.Frame{}
	j.rest.Reset()
	j.onward(f)
}
