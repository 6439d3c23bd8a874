// Package spool keeps what an instance has told, in order, in one append-only
// file that outlives every process: numbered engine events, and the numbers of
// the statements that were accepted.
//
// The file is the buffer between kernels and server. Records go to the operating
// system one by one and so survive the death of any process; they are not forced
// to the disk, so a power cut may take the newest. Each record carries a
// checksum: a reader stops at the first one that is torn or damaged, and Recover
// cuts the file there before it is continued.
//
// The format is eight bytes of magic, then records: length and CRC-32C of the
// body, each four bytes big-endian, then the body in JSON. The package starts no
// process and knows no sockets.
package spool

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"hearth/internal/engine"
)

const (
	magic      = "HSPOOL1\n"
	headerSize = 8
	// maxRecord bounds a body: a frame of 16 MiB whose text grows when it is
	// encoded again.
	maxRecord = 64 << 20
	// every is how many events lie between two marks of the index.
	every = 256
)

// ErrDamaged says that a record is torn or its checksum is wrong.
var ErrDamaged = errors.New("spool: damaged record")

// Record is one entry: an event or the acceptance of a statement.
type Record struct {
	Event  *engine.Event `json:"event,omitempty"`
	Accept *Accept       `json:"accept,omitempty"`
}

// Accept says that a statement was taken over and must never be taken again.
type Accept struct {
	Number   int64           `json:"number"`
	Language engine.Language `json:"language,omitempty"`
}

// Spool is a spool open for appending. Appending is for one goroutine at a time;
// reading what is there is for any number, meanwhile.
type Spool struct {
	file *os.File

	mu    sync.Mutex
	end   int64 // of the last whole record
	last  uint64
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

// Append numbers the event of the record, writes it and returns the number. When
// it fails nothing of it stays in the file.
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
		// A part of it may stand behind the end; it must not be read as a torn tail.
		return 0, errors.Join(fmt.Errorf("append to spool: %w", err), s.file.Truncate(s.end))
	}
	if r.Event != nil {
		if s.last%every == 0 {
			s.marks = append(s.marks, s.end)
		}
		s.last++
	}
	s.end += int64(len(b))
	return s.last, nil
}

// encode makes the bytes of a record.
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

// Last is the number of the last event.
func (s *Spool) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Cursor reads the events of a growing spool.
type Cursor struct {
	spool *Spool
	at    int64
	after uint64
}

// After returns a Cursor on the first event whose number is greater.
func (s *Spool) After(after uint64) *Cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Cursor{spool: s, at: s.end, after: after}
	if after < s.last {
		c.at = s.marks[after/every]
	}
	return c
}

// Next returns the next event, or nil when the cursor has caught up.
func (c *Cursor) Next() (*engine.Event, error) {
	for {
		c.spool.mu.Lock()
		end := c.spool.end
		c.spool.mu.Unlock()
		if c.at >= end {
			return nil, nil
		}
		r, n, err := read(io.NewSectionReader(c.spool.file, c.at, end-c.at))
		if err != nil {
			return nil, err
		}
		c.at += n
		if r.Event != nil && r.Event.Seq > c.after {
			return r.Event, nil
		}
	}
}

// Close closes the file.
func (s *Spool) Close() error { return s.file.Close() }

// Contents is what a spool holds, without the events themselves.
type Contents struct {
	Last       uint64
	Unfinished []int64 // accepted statements without a result, in order
	Exit       *engine.Exit
}

// Recover opens the spool of a dead supervisor to be continued: whatever follows
// the last whole record is cut off. A file that does not exist, or that is too
// short for its magic, becomes a new spool.
func Recover(path string) (*Spool, Contents, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, Contents{}, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{file: f}
	c, err := s.recover()
	if err != nil {
		return nil, Contents{}, errors.Join(fmt.Errorf("recover spool: %w", err), f.Close())
	}
	return s, c, nil
}

func (s *Spool) recover() (Contents, error) {
	var c Contents
	open := map[int64]bool{}
	end, err := scan(s.file, func(at int64, r Record) error {
		switch {
		case r.Accept != nil:
			open[r.Accept.Number] = true
			c.Unfinished = append(c.Unfinished, r.Accept.Number)
		case r.Event != nil:
			if s.last%every == 0 {
				s.marks = append(s.marks, at)
			}
			s.last = r.Event.Seq
			if r.Event.Kind == engine.EventResult {
				delete(open, r.Event.Statement)
			}
			if r.Event.Kind == engine.EventExit {
				c.Exit = r.Event.Exit
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Contents{}, err
	}
	if end == 0 {
		if _, err := s.file.WriteAt([]byte(magic), 0); err != nil {
			return Contents{}, err
		}
		end = int64(len(magic))
	}
	if err := s.file.Truncate(end); err != nil {
		return Contents{}, err
	}
	s.end, c.Last = end, s.last
	unfinished := c.Unfinished
	c.Unfinished = nil
	for _, n := range unfinished {
		if open[n] {
			c.Unfinished = append(c.Unfinished, n)
		}
	}
	return c, nil
}

// Replay reads the file at path and calls each event whose number is greater
// than after, until the end, damage (ErrDamaged) or an error of each.
func Replay(path string, after uint64, each func(engine.Event) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	defer f.Close()
	_, err = scan(f, func(_ int64, r Record) error {
		if r.Event == nil || r.Event.Seq <= after {
			return nil
		}
		return each(*r.Event)
	})
	return err
}

// scan calls each whole record with its offset, checks that events are numbered
// without a gap, and returns the offset behind the last good record: 0 if not
// even the magic is there.
func scan(f io.Reader, each func(int64, Record) error) (int64, error) {
	b := bufio.NewReaderSize(f, 64<<10)
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(b, head); err != nil {
		return 0, damaged(err)
	}
	if string(head) != magic {
		return 0, fmt.Errorf("not a spool of this version: it begins with %q", head)
	}
	at, last := int64(len(magic)), uint64(0)
	for {
		r, n, err := read(b)
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
		if r.Event != nil {
			if r.Event.Seq != last+1 {
				return at, fmt.Errorf("event %d follows %d: %w", r.Event.Seq, last, ErrDamaged)
			}
			last++
		}
		if err := each(at, r); err != nil {
			return at, err
		}
		at += n
	}
}

// read reads one record: io.EOF at a clean end, ErrDamaged for anything else
// that is not a record.
func read(src io.Reader) (Record, int64, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(src, head[:]); errors.Is(err, io.EOF) {
		return Record{}, 0, io.EOF
	} else if err != nil {
		return Record{}, 0, damaged(err)
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size > maxRecord {
		return Record{}, 0, fmt.Errorf("record of %d bytes: %w", size, ErrDamaged)
	}
	// Read as it comes: a damaged length must not become an allocation.
	body, err := io.ReadAll(io.LimitReader(src, int64(size)))
	if err != nil {
		return Record{}, 0, err
	}
	if len(body) < int(size) || checksum(body) != binary.BigEndian.Uint32(head[4:]) {
		return Record{}, 0, ErrDamaged
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, headerSize + int64(size), nil
}

// damaged tells a file that ends too early from one that cannot be read now.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
