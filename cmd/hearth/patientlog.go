package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// maxUnread is how much of the log waits for its reader, in bytes.
	maxUnread = 1 << 20
	// lastWords bounds how long a server that has ended waits for the reader of its log.
	lastWords = time.Second
)

// patientLog is a writer that nobody waits for: what is written is passed on by a goroutine, so
// that a reader that stands still, such as a terminal after Ctrl-S, holds up nothing. What does not
// fit is dropped and counted. It is safe for concurrent use.
type patientLog struct {
	out io.Writer
	// news holds at most one wake-up of the goroutine; done is closed when that has ended.
	news, done chan struct{}

	mu      sync.Mutex
	unread  []byte
	dropped int // writes
	closed  bool
}

// newPatientLog returns a log that goes to out, until it is closed.
func newPatientLog(out io.Writer) *patientLog {
	l := &patientLog{out: out, news: make(chan struct{}, 1), done: make(chan struct{})}
	go l.pass()
	return l
}

// Write implements io.Writer. It never fails.
func (l *patientLog) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.unread)+len(text) > maxUnread || l.closed {
		l.dropped++
		return len(text), nil
	}
	l.unread = append(l.unread, text...)
	l.wake()
	return len(text), nil
}

func (l *patientLog) wake() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// pass writes what has come until the log is closed.
func (l *patientLog) pass() {
	defer close(l.done)
	for range l.news {
		l.mu.Lock()
		text, dropped, closed := l.unread, l.dropped, l.closed
		l.unread, l.dropped = nil, 0
		l.mu.Unlock()
		// A log that cannot be written is no reason to end.
		_, _ = l.out.Write(text)
		if dropped > 0 {
			_, _ = fmt.Fprintf(l.out, "%d lines of the log are left out here: nobody read it\n", dropped)
		}
		if closed {
			return
		}
	}
}

// close passes on what is left, unless the reader takes longer than lastWords.
func (l *patientLog) close() {
	l.mu.Lock()
	l.closed = true
	l.wake()
	l.mu.Unlock()
	select {
	case <-l.done:
	case <-time.After(lastWords):
	}
}
