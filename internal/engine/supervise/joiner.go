package supervise

import (
	"strings"
	"sync"
	"time"

	"hearth/internal/kernel"
)

const (
	// joinTime is how long the text of a stream waits for more.
	joinTime = 100 * time.Millisecond
	// joinSize is the longest text that is put together, in bytes.
	joinSize = 64 << 10
)

// joiner puts the text of a stream together on its way from a kernel. Kernels
// send each line at once, so that nothing is lost of a process that dies; kept
// and stored is what came within joinTime as one event. Frames stay in order.
type joiner struct {
	onward func(kernel.Frame)

	mu    sync.Mutex
	first kernel.Frame // whose text goes on in rest; of no type when nothing waits
	rest  strings.Builder
	timer *time.Timer
}

func newJoiner(onward func(kernel.Frame)) *joiner {
	j := &joiner{onward: onward}
	j.timer = time.AfterFunc(joinTime, j.flush)
	j.timer.Stop()
	return j
}

func (j *joiner) take(f kernel.Frame) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f.Type != kernel.Stream {
		j.send()
		j.onward(f)
		return
	}
	same := j.first.Type == kernel.Stream && j.first.Stmt == f.Stmt && j.first.Name == f.Name
	if !same || j.rest.Len()+len(f.Text) > joinSize {
		j.send()
		j.first = f
		j.timer.Reset(joinTime)
	}
	j.rest.WriteString(f.Text)
}

// flush sends what waits.
func (j *joiner) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.send()
}

func (j *joiner) send() {
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
