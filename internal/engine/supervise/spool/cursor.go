package spool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// Cursor reads the events of a growing spool. It is for one goroutine.
type Cursor struct {
	spool *Spool
	in    *segment
	file  *os.File // of the segment
	at    int64    // of the next record
	seq   uint64   // of the event before it
	after uint64
	ahead []byte // the bytes of the file from there on that were read already
}

// readAhead is how much of the file a Cursor reads at once.
const readAhead = 32 << 10

// After returns a Cursor on the first event whose number is greater. TrimmedError if that one is
// not kept any more.
func (s *Spool) After(after uint64) (*Cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.segments[0].first; after < first-1 {
		return nil, &TrimmedError{After: after, First: first}
	}
	c := &Cursor{spool: s, after: after}
	if after < s.last {
		i, found := slices.BinarySearchFunc(s.segments, after+1, func(g *segment, seq uint64) int { return cmp.Compare(g.first, seq) })
		if !found {
			i--
		}
		c.in = s.segments[i]
		skipped := (after + 1 - c.in.first) / every
		c.at, c.seq = c.in.marks[skipped], c.in.first+skipped*every-1
	} else {
		c.in = s.segments[len(s.segments)-1]
		c.at, c.seq = c.in.end, s.last
	}
	var err error
	if c.file, err = os.Open(c.in.path); err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	return c, nil
}

// Entry is one event in the spool.
type Entry struct {
	// Event is the event in JSON. It is valid until the next call of Next.
	Event json.RawMessage
	// Exit marks the last event.
	Exit bool
}

// Next returns the next event as it was encoded by Append, and false when the cursor has caught up.
// TrimmedError if what it would read next is not kept any more.
func (c *Cursor) Next() (Entry, bool, error) {
	for {
		c.spool.mu.Lock()
		end, next, exit := c.in.end, c.in.next, c.spool.exit
		c.spool.mu.Unlock()
		if c.at >= end {
			if next == nil {
				return Entry{}, false, nil
			}
			if err := c.enter(next); err != nil {
				return Entry{}, false, err
			}
			continue
		}
		body, n, err := c.read(end)
		if err != nil {
			return Entry{}, false, err
		}
		c.at += n
		event, ok := eventOf(body)
		if !ok {
			continue // an acceptance
		}
		if c.seq++; c.seq > c.after {
			return Entry{Event: event, Exit: c.seq == exit}, true, nil
		}
	}
}

// enter goes on with the next segment.
func (c *Cursor) enter(next *segment) error {
	f, err := os.Open(next.path)
	if errors.Is(err, fs.ErrNotExist) {
		return &TrimmedError{After: c.seq, First: c.spool.first()}
	}
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	_ = c.file.Close()
	c.in, c.file, c.at, c.ahead = next, f, int64(len(magic)), nil
	return nil
}

// read returns the body of one record from the bytes read ahead, or from the file.
func (c *Cursor) read(end int64) ([]byte, int64, error) {
	body, n, err := readBody(bytes.NewReader(c.ahead))
	if err == nil {
		c.ahead = c.ahead[n:]
		return body, n, nil
	}
	b := make([]byte, min(end-c.at, readAhead))
	if _, err := c.file.ReadAt(b, c.at); err != nil {
		return nil, 0, err
	}
	c.ahead = b
	if body, n, err = readBody(bytes.NewReader(b)); err == nil {
		c.ahead = b[n:]
		return body, n, nil
	}
	c.ahead = nil // longer than that
	return readBody(io.NewSectionReader(c.file, c.at, end-c.at))
}

// Close closes the file that the cursor reads.
func (c *Cursor) Close() error { return c.file.Close() }
