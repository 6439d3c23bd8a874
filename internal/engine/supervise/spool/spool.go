// Package spool keeps the events of an instance, in order, on disk, where they outlive every
// process: numbered engine events, and the numbers of the statements that were accepted.
//
// The spool is the buffer between kernels and server. Records go to the operating system one by one
// and so survive the death of any process; they are not forced to the disk, so a power cut may take
// the newest. Each record carries a checksum: a reader stops at the first one that is torn or
// damaged, and Recover cuts the spool there before it is continued.
//
// A spool is a directory of segments, files that are named by the number of their first event.
// What a server has stored for good is removed by whole segments, the oldest first, and never the
// newest; so whatever dies meanwhile, the rest is without a gap, and a reader of what is gone gets
// a TrimmedError. Supervisors of older versions have one file in place of the directory, which is
// read as the only segment of its spool, and never trimmed.
//
// The format of a segment is eight bytes of magic, then records: length and CRC-32C of the body,
// each four bytes big-endian, then the body in JSON. The first record is the Head; the one file of
// older versions has another magic and no head. The package starts no process and knows no sockets.
package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"hearth/internal/engine"
)

const (
	// segmentSize is the size, in bytes, from which on a segment is followed by another one.
	segmentSize = 1 << 20
	// every is how many events lie between two marks of the index.
	every = 256
)

// Spool is a spool open for appending. One goroutine at a time may append; any number may read or
// trim meanwhile.
type Spool struct {
	path   string
	single bool  // of an older version: one file, which stays one
	full   int64 // segmentSize

	mu         sync.Mutex
	file       *os.File   // of the newest segment
	segments   []*segment // that are kept, at least one
	last       uint64
	exit       uint64  // number of the exit, 0 before it
	unfinished []int64 // accepted statements without a result, in order
}

// segment is one file of a spool.
type segment struct {
	path  string
	first uint64
	end   int64   // of the last whole record
	marks []int64 // offset of event first, first+every, first+2*every …
	next  *segment
}

// Create makes a new, empty spool. Nothing may be at the path.
func Create(path string) (*Spool, error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	s := &Spool{path: path, full: segmentSize}
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	return s, nil
}

// begin appends a segment for the events from now on. If it fails the spool is as before.
func (s *Spool) begin() error {
	head, err := encode(Record{Head: &Head{First: s.last + 1, Unfinished: s.unfinished}})
	if err != nil {
		return err
	}
	path := segmentPath(s.path, s.last+1)
	// One that is there already was begun by a process that died, and holds nothing.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append([]byte(magic), head...)); err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	s.add(&segment{path: path, first: s.last + 1, end: int64(len(magic) + len(head))})
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file = f
	return nil
}

// add appends a segment to the list.
func (s *Spool) add(g *segment) {
	if n := len(s.segments); n > 0 {
		s.segments[n-1].next = g
	}
	s.segments = append(s.segments, g)
}

// Append numbers the event of the record, writes it and returns the number. If it fails nothing of
// the record stays in the file.
func (s *Spool) Append(r Record) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.segments[len(s.segments)-1]
	if now.end >= s.full && s.last >= now.first && !s.single && s.begin() == nil {
		now = now.next // otherwise the one before grows on: no file may be left, and still some space
	}
	if r.Event != nil {
		r.Event.Seq = s.last + 1
	}
	b, err := encode(r)
	if err != nil {
		return 0, err
	}
	if _, err := s.file.WriteAt(b, now.end); err != nil {
		// A part of it may stand after the end; it must not be read as a torn tail.
		return 0, errors.Join(fmt.Errorf("append to spool: %w", err), s.file.Truncate(now.end))
	}
	s.note(now, r)
	now.end += int64(len(b))
	return s.last, nil
}

// note counts a record at the end of a segment.
func (s *Spool) note(g *segment, r Record) {
	switch {
	case r.Head != nil:
		s.unfinished = r.Head.Unfinished
	case r.Accept != nil:
		s.unfinished = append(s.unfinished, r.Accept.Number)
	case r.Event != nil:
		if s.last++; (s.last-g.first)%every == 0 {
			g.marks = append(g.marks, g.end)
		}
		switch r.Event.Kind {
		case engine.EventResult:
			s.unfinished = slices.DeleteFunc(s.unfinished, func(n int64) bool { return n == r.Event.Statement })
		case engine.EventExit:
			s.exit = s.last
		}
	}
}

// Last returns the number of the last event.
func (s *Spool) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Close closes the spool. Its Cursors read on.
func (s *Spool) Close() error { return s.file.Close() }
