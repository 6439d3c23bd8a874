package supervise

import (
	"encoding/json"
	"sync"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
)

// broadcast distributes events to connections: all events in the spool, and the newest of those
// that are not kept. A connection that is slow or dead costs no memory and holds up nobody, because
// each reads the spool at its own pace.
type broadcast struct {
	spool *spool.Spool

	mu      sync.Mutex
	readers map[*reader]bool
	live    *engine.Event // newest event that is not kept, while its start or statement goes on
}

// reader is the place of one connection in the broadcast.
type reader struct {
	from   *broadcast
	cursor *spool.Cursor
	wake   chan struct{} // one token when there is something new

	live *engine.Event // under broadcast.mu
}

func newBroadcast(s *spool.Spool) *broadcast {
	return &broadcast{spool: s, readers: map[*reader]bool{}}
}

// keep numbers the event, writes it to the spool and wakes the readers.
func (b *broadcast) keep(e engine.Event) error {
	if _, err := b.spool.Append(spool.Record{Event: &e}); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	over := e.Kind == engine.EventReady || e.Kind == engine.EventResult
	if over {
		b.live = nil // of a start or statement that is over now
	}
	for r := range b.readers {
		if over {
			r.live = nil
		}
		r.poke()
	}
	return nil
}

// show distributes an event that is not kept. It replaces an older one that was not read yet.
func (b *broadcast) show(e engine.Event) {
	e.Time = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live = &e
	for r := range b.readers {
		r.live = &e
		r.poke()
	}
}

// subscribe returns a reader of the events behind one. engine.ErrTrimmed if they are not kept.
func (b *broadcast) subscribe(after uint64) (*reader, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cursor, err := b.spool.After(after)
	if err != nil {
		return nil, err
	}
	r := &reader{from: b, cursor: cursor, wake: make(chan struct{}, 1), live: b.live}
	b.readers[r] = true
	r.poke()
	return r, nil
}

func (r *reader) leave() {
	_ = r.cursor.Close()
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	delete(r.from.readers, r)
}

func (r *reader) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// next returns the next event, and false if there is none now. An event that is not kept comes only
// when the reader has caught up with the spool, so that it is never about a statement whose earlier
// events the reader lacks.
func (r *reader) next() (spool.Entry, bool, error) {
	if e, ok, err := r.cursor.Next(); ok || err != nil {
		return e, ok, err
	}
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	// The spool may have grown before the lock was taken.
	if e, ok, err := r.cursor.Next(); ok || err != nil {
		return e, ok, err
	}
	live := r.live
	r.live = nil
	if live == nil {
		return spool.Entry{}, false, nil
	}
	text, err := json.Marshal(live)
	return spool.Entry{Event: text}, true, err
}
