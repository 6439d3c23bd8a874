package session

import (
	"slices"
	"sync"
	"time"
)

// startQueue lets instances start a few at a time: so many starts at once that each gets too little
// of the processors would all fail. It begins closed. It is safe for concurrent use.
//
// It is no semaphore, because the order of those that wait is that of their sessions and not of
// their arrival, and because a start that another server began counts without having been let in.
type startQueue struct {
	limit int // 0 is no bound

	mu      sync.Mutex
	opened  bool
	running int
	waiting []*startTicket // in rising order of seq
}

// startTicket is the place of one session in the queue, and then its permit.
type startTicket struct {
	queue *startQueue
	seq   int64
	// in is closed when the start may begin.
	in chan struct{}
	// asked and admitted are when the ticket was taken and let in; they and inside are guarded by
	// the queue.
	asked, admitted time.Time
	inside          bool
}

// open begins to let starts in.
func (q *startQueue) open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened = true
	q.admit()
}

// close lets nobody in any more.
func (q *startQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened = false
}

// ask takes a place in the queue for a session, by its Seq.
func (q *startQueue) ask(seq int64) *startTicket {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := &startTicket{queue: q, seq: seq, in: make(chan struct{}), asked: time.Now()}
	at, _ := slices.BinarySearchFunc(q.waiting, seq, func(w *startTicket, seq int64) int { return int(w.seq - seq) })
	q.waiting = slices.Insert(q.waiting, at, t)
	q.admit()
	return t
}

// seize returns a permit for a start that goes on already.
func (q *startQueue) seize(seq int64) *startTicket {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := &startTicket{queue: q, seq: seq, in: make(chan struct{}), asked: time.Now()}
	q.let(t)
	return t
}

// admit lets in as many as there is room for. The caller holds the lock.
func (q *startQueue) admit() {
	for q.opened && len(q.waiting) > 0 && (q.limit <= 0 || q.running < q.limit) {
		first := q.waiting[0]
		q.waiting = slices.Delete(q.waiting, 0, 1)
		q.let(first)
	}
}

func (q *startQueue) let(t *startTicket) {
	q.running++
	t.inside, t.admitted = true, time.Now()
	close(t.in)
}

// count returns how many starts go on and how many wait.
func (q *startQueue) count() (running, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running, len(q.waiting)
}

// place returns the place of a ticket among those that wait, from 1; 0 if it does not wait.
func (t *startTicket) place() int {
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	return slices.Index(t.queue.waiting, t) + 1
}

// times returns how long the ticket waited, and how long ago it was let in; false for one that was
// not.
func (t *startTicket) times() (waited, inside time.Duration, ok bool) {
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	if t.admitted.IsZero() {
		return 0, 0, false
	}
	return t.admitted.Sub(t.asked), time.Since(t.admitted), true
}

// leave gives the place or the permit back. Leaving again changes nothing.
func (t *startTicket) leave() {
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if at := slices.Index(q.waiting, t); at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	if t.inside {
		t.inside = false
		q.running--
		q.admit()
	}
}
