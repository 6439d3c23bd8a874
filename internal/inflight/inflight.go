// Package inflight bounds the memory of the requests that are being answered: of the bodies that
// are read and of the output that answers carry, all requests together.
//
// Every request has a Share of one Budget, which its context carries. It takes from the budget
// before it holds much: ReadBody does for bodies, and whoever reads large rows calls Take. What it
// took is given back when the request ends. A request without a share, as in tests of a dialect
// alone, takes nothing and is not bounded.
//
// It does not bound the number of requests, and it measures no memory: a byte of a body or of
// output costs a few while it is decoded or encoded.
package inflight

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Free is how many bytes a request may hold that count for nobody: most requests are smaller.
const Free = 1 << 20

// ErrFull is the error of a request that found no room in time. It is to be tried again.
var ErrFull = errors.New("too many large requests are being answered")

// While others wait for the room that a share holds, its client must be quick: for every second in
// which the server waits for it, pace bytes must come from it or go to it, after the grace.
// Otherwise its request is cut off.
const (
	pace  = 256 << 10
	grace = 5 * time.Second
	// lookEvery is how often a request that waits looks for shares that are too slow.
	lookEvery = time.Second
)

// Budget is a number of bytes that requests share. Make it with New.
type Budget struct {
	size     int64
	patience time.Duration

	mu      sync.Mutex
	free    int64
	waiting []*waiter // in order of arrival
	holders map[*Share]struct{}
}

// waiter is a share that waits for n bytes.
type waiter struct {
	share *Share
	n     int64
	ready chan struct{}
}

// New returns a budget of size bytes. A request waits for room as long as the patience.
func New(size int64, patience time.Duration) *Budget {
	return &Budget{size: size, free: size, patience: patience, holders: map[*Share]struct{}{}}
}

// Share is the part of a budget that one request holds.
type Share struct {
	budget *Budget
	cut    func()
	isCut  atomic.Bool

	// The budget's lock guards these.
	wanted, held int64
	// moved counts the bytes that came from the client and went to it since the share holds some,
	// waited is how long that took, and began when the last wait did, zero while there is none.
	moved  int64
	waited time.Duration
	began  time.Time
}

// Open returns the share of a request that begins. cut is called, at most once and never after
// Close, if the client is too slow while others wait for the room that it holds.
func (b *Budget) Open(cut func()) *Share { return &Share{budget: b, cut: cut} }

// Close gives back what the request took.
func (s *Share) Close() {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += s.held
	s.held = 0
	delete(b.holders, s)
	b.admit()
}

// Moving notes that the server begins to wait for the client. The returned function notes how many
// bytes came from it, or went to it.
func (s *Share) Moving() (moved func(n int)) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	s.began = time.Now()
	return func(n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		s.moved += int64(n)
		s.waited += time.Since(s.began)
		s.began = time.Time{}
	}
}

// IsCut reports whether the request was cut off.
func (s *Share) IsCut() bool { return s.isCut.Load() }

type key struct{}

// With returns a context that carries the share.
func With(ctx context.Context, s *Share) context.Context { return context.WithValue(ctx, key{}, s) }

// Take waits until the request of the context may hold n more bytes. What is beyond the whole
// budget counts as the whole. It returns ErrFull, or the error of the context, after which the
// request must not hold them. A request that holds some already does not wait for more, or two
// would wait for each other.
func Take(ctx context.Context, n int64) error {
	s, ok := ctx.Value(key{}).(*Share)
	if !ok || n <= 0 {
		return nil
	}
	return s.budget.take(ctx, s, n)
}

func (b *Budget) take(ctx context.Context, s *Share, n int64) error {
	b.mu.Lock()
	s.wanted += n
	more := min(s.wanted, b.size) - s.held
	if s.wanted <= Free || more <= 0 {
		b.mu.Unlock()
		return nil
	}
	if s.held > 0 {
		defer b.mu.Unlock()
		if more > b.free {
			s.wanted -= n
			return ErrFull
		}
		b.free -= more
		s.held += more
		return nil
	}
	w := &waiter{share: s, n: more, ready: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.admit()
	b.mu.Unlock()
	err := b.await(ctx, w)
	if err != nil && !b.withdraw(w, n) {
		return nil // it was admitted in the same moment
	}
	return err
}

func (b *Budget) await(ctx context.Context, w *waiter) error {
	select {
	case <-w.ready:
		return nil
	default:
	}
	patience := time.NewTimer(b.patience)
	defer patience.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-w.ready:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return ErrFull
		case <-look.C:
			b.cutSlow(time.Now())
		}
	}
}

// admit gives room to those that wait, in their order. The lock is held.
func (b *Budget) admit() {
	for len(b.waiting) > 0 && b.waiting[0].n <= b.free {
		w := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.free -= w.n
		w.share.held, w.share.moved, w.share.waited = w.n, 0, 0
		b.holders[w.share] = struct{}{}
		close(w.ready)
	}
}

// withdraw takes a waiter out of the queue, and what it wanted off its share. It reports whether it
// was there still.
func (b *Budget) withdraw(w *waiter, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.Index(b.waiting, w)
	if at < 0 {
		return false
	}
	b.waiting = slices.Delete(b.waiting, at, at+1)
	w.share.wanted -= n
	b.admit() // the next one may want less
	return true
}

// cutSlow cuts off the requests whose clients are slower than the pace.
func (b *Budget) cutSlow(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.holders {
		late := s.waited - grace
		if !s.began.IsZero() {
			late += now.Sub(s.began)
		}
		if late > 0 && float64(s.moved) < late.Seconds()*pace && s.isCut.CompareAndSwap(false, true) {
			s.cut()
		}
	}
}
