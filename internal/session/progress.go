package session

import (
	"sync"

	"hearth/internal/engine"
)

// liveProgress is the progress of a start or a statement. It is kept in memory alone: after a
// restart of the server it is learned again from the next event.
type liveProgress struct {
	mu      sync.Mutex
	startup float64
	number  int64
	value   float64
}

// observe takes the events that are not stored and reports whether ev was one. The beginning of a
// statement is one too: it is known since the statement was handed over.
func (l *liveProgress) observe(ev engine.Event) bool {
	if ev.Kind == engine.EventStarted {
		return true
	}
	if ev.Kind != engine.EventPhase && ev.Kind != engine.EventProgress {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := min(max(ev.Progress, 0), 1)
	if ev.Kind == engine.EventPhase {
		l.startup = max(l.startup, p)
		return true
	}
	if ev.Statement != l.number {
		l.number, l.value = ev.Statement, 0
	}
	l.value = max(l.value, p)
	return true
}

func (l *liveProgress) begin(number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.number != number {
		l.number, l.value = number, 0
	}
}

func (l *liveProgress) start() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.startup
}

func (l *liveProgress) current() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}

func (l *liveProgress) statement(number int64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.number != number {
		return 0
	}
	return l.value
}
