// Package spool keeps the events of an instance, in order, in one append-only file that outlives
// every process: numbered engine events, and the numbers of the statements that were accepted.
//
// The file is the buffer between kernels and server. Records go to the operating system one by one
// and so survive the death of any process; they are not forced to the disk, so a power cut may take
// the newest. Each record carries a checksum: a reader stops at the first one that is torn or
// damaged, and Recover cuts the file there before it is continued.
//
// The format is eight bytes of magic, then records: length and CRC-32C of the body, each four bytes
// big-endian, then the body in JSON. The package starts no process and knows no sockets.
package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"hearth/internal/engine"
)

const (
	magic      = "HSPOOL1\n"
	headerSize = 8
	// maxRecord bounds a body: a frame of 16 MiB whose text grows when it is encoded again.
	maxRecord = 64 << 20
	// every is how many events lie between two marks of the index.
	every = 256
)

// ErrDamaged means that a record is torn or its checksum is wrong.
var ErrDamaged = errors.New("spool: damaged record")

// Record is one entry: an event or the acceptance of a statement.
type Record struct {
	Event  *engine.Event `json:"event,omitempty"`
	Accept *Accept       `json:"accept,omitempty"`
}

// Accept records that a statement was accepted and must never be accepted again.
type Accept struct {
	Number   int64           `json:"number"`
	Language engine.Language `json:"language,omitempty"`
}

// Spool is a spool open for appending. One goroutine at a time may append; any number may read
// meanwhile.
type Spool struct {
	file *os.File

	mu    sync.Mutex
	end   int64 // of the last whole record
	last  uint64
	exit  uint64  // number of the exit, 0 before it
	marks []int64 // offset of event 1, 1+every, 1+2*every …
}

// Create makes a new, empty spool. The file must not exist.
func Create(path string) (*Spool, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	if _, err := f.WriteString(magic); err != nil {
		return nil, errors.Join(fmt.Errorf("create spool: %w", err), f.Close())
	}
	return &Spool{file: f, end: int64(len(magic))}, nil
}

// Append numbers the event of the record, writes it and returns the number. If it fails nothing of
// the record stays in the file.
func (s *Spool) Append(r Record) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Event != nil {
		r.Event.Seq = s.last + 1
	}
	b, err := encode(r)
	if err != nil {
		return 0, err
	}
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		// A part of it may stand after the end; it must not be read as a torn tail.
		return 0, errors.Join(fmt.Errorf("append to spool: %w", err), s.file.Truncate(s.end))
	}
	if r.Event != nil {
		if s.last%every == 0 {
			s.marks = append(s.marks, s.end)
		}
		s.last++
		if r.Event.Kind == engine.EventExit {
			s.exit = s.last
		}
	}
	s.end += int64(len(b))
	return s.last, nil
}

// encode returns the bytes of a record.
func encode(r Record) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, headerSize))
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // HTML output would grow sixfold at every bracket
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode spool record: %w", err)
	}
	body := b.Bytes()[headerSize:]
	if len(body) > maxRecord {
		return nil, fmt.Errorf("spool record of %d bytes is too large", len(body))
	}
	binary.BigEndian.PutUint32(b.Bytes(), uint32(len(body)))
	binary.BigEndian.PutUint32(b.Bytes()[4:], checksum(body))
	return b.Bytes(), nil
}

// Last returns the number of the last event.
func (s *Spool) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Cursor reads the events of a growing spool. It is for one goroutine.
type Cursor struct {
	spool *Spool
	at    int64  // of the next record
	seq   uint64 // of the event before it
	after uint64
	ahead []byte // the bytes of the file from there on that were read already
}

// readAhead is how much of the file a Cursor reads at once.
const readAhead = 32 << 10

// After returns a Cursor on the first event whose number is greater.
func (s *Spool) After(after uint64) *Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Cursor{spool: s, at: s.end, seq: s.last, after: after}
	if after < s.last {
		c.at, c.seq = s.marks[after/every], after/every*every
	}
	return c
}

// Entry is one event in the spool.
type Entry struct {
	// Event is the event in JSON. It is valid until the next call of Next.
	Event json.RawMessage
	// Exit marks the last event.
	Exit bool
}

// Next returns the next event as it was encoded by Append, and false when the cursor has caught up.
func (c *Cursor) Next() (Entry, bool, error) {
	for {
		c.spool.mu.Lock()
		end, exit := c.spool.end, c.spool.exit
		c.spool.mu.Unlock()
		if c.at >= end {
			return Entry{}, false, nil
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

// eventOf returns the event of the body of a record that holds one, as encode has written it.
func eventOf(body []byte) (json.RawMessage, bool) {
	event, ok := bytes.CutPrefix(body, []byte(`{"event":`))
	return bytes.TrimSuffix(bytes.TrimSuffix(event, []byte("\n")), []byte("}")), ok
}

// read returns the body of one record from the bytes read ahead, or from the file.
func (c *Cursor) read(end int64) ([]byte, int64, error) {
	body, n, err := readBody(bytes.NewReader(c.ahead))
	if err == nil {
		c.ahead = c.ahead[n:]
		return body, n, nil
	}
	b := make([]byte, min(end-c.at, readAhead))
	if _, err := c.spool.file.ReadAt(b, c.at); err != nil {
		return nil, 0, err
	}
	c.ahead = b
	if body, n, err = readBody(bytes.NewReader(b)); err == nil {
		c.ahead = b[n:]
		return body, n, nil
	}
	c.ahead = nil // longer than that
	return readBody(io.NewSectionReader(c.spool.file, c.at, end-c.at))
}

// Close closes the file.
func (s *Spool) Close() error { return s.file.Close() }
