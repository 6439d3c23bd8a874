package supervise

import (
	"sync"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
)

// feed is what connections read from: the spool, and of what is not kept the
// newest event alone. A connection that is slow or dead costs no memory and
// holds up nobody, because each reads the spool at its own pace.
type feed struct {
	spool *spool.Spool

	mu      sync.Mutex
	readers map[*reader]bool
	live    *engine.Event // newest event that is not kept, while its start or statement goes on
}

// reader is the place of one connection in the feed.
type reader struct {
	feed   *feed
	cursor *spool.Cursor
	wake   chan struct{} // one token when there is something new

	live *engine.Event // under feed.mu
}

func newFeed(s *spool.Spool) *feed { return &feed{spool: s, readers: map[*reader]bool{}} }

// keep numbers the event, writes it to the spool and wakes the readers.
func (f *feed) keep(e engine.Event) error {
	e.Time = time.Now()
	if _, err := f.spool.Append(spool.Record{Event: &e}); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	over := e.Kind == engine.EventReady || e.Kind == engine.EventResult
	if over {
		f.live = nil // of a start or statement that is over now
	}
	for r := range f.readers {
		if over {
			r.live = nil
		}
		r.poke()
	}
	return nil
}

// show passes on an event that is not kept. A newer one replaces it where it
// was not read yet.
func (f *feed) show(e engine.Event) {
	e.Time = time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.live = &e
	for r := range f.readers {
		r.live = &e
		r.poke()
	}
}

func (f *feed) subscribe(after uint64) *reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &reader{feed: f, cursor: f.spool.After(after), wake: make(chan struct{}, 1), live: f.live}
	f.readers[r] = true
	r.poke()
	return r
}

func (r *reader) leave() {
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	delete(r.feed.readers, r)
}

func (r *reader) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// next returns the next event, nil if there is none now. What is not kept comes
// only when the reader has caught up with the spool, so that it never tells of
// a statement that for this reader has not begun.
func (r *reader) next() (*engine.Event, error) {
	if e, err := r.cursor.Next(); e != nil || err != nil {
		return e, err
	}
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	// Between the look at the spool and the lock, it may have grown.
	if e, err := r.cursor.Next(); e != nil || err != nil {
		return e, err
	}
	e := r.live
	r.live = nil
	return e, nil
}
