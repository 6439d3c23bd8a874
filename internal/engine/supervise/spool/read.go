package spool

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"hearth/internal/engine"
)

// Contents summarises a spool without its events.
type Contents struct {
	Last       uint64
	Unfinished []int64 // accepted statements without a result, in order
	Exit       *engine.Exit
}

// Recover opens the spool of a dead supervisor to append to it, and cuts off everything after the
// last whole record. A file that does not exist, or that is too short for its magic, becomes a new
// spool.
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
				c.Exit, s.exit = r.Event.Exit, s.last
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

// Replay reads the file at path and calls each event whose number is greater than after, until the
// end, damage (ErrDamaged) or an error of each.
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

// scan calls each whole record with its offset, checks that events are numbered without a gap, and
// returns the offset behind the last good record: 0 if not even the magic is there.
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

// read reads one record: io.EOF at a clean end, ErrDamaged for anything else that is not a record.
func read(src io.Reader) (Record, int64, error) {
	body, n, err := readBody(src)
	if err != nil {
		return Record{}, 0, err
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, n, nil
}

// readBody reads the body of one record, whose checksum it compares, and returns the length of the
// whole record with it. Errors are those of read.
func readBody(src io.Reader) ([]byte, int64, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(src, head[:]); errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	} else if err != nil {
		return nil, 0, damaged(err)
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size > maxRecord {
		return nil, 0, fmt.Errorf("record of %d bytes: %w", size, ErrDamaged)
	}
	// Read as it comes: a damaged length must not become an allocation.
	body, err := io.ReadAll(io.LimitReader(src, int64(size)))
	if err != nil {
		return nil, 0, err
	}
	if len(body) < int(size) || checksum(body) != binary.BigEndian.Uint32(head[4:]) {
		return nil, 0, ErrDamaged
	}
	return body, headerSize + int64(size), nil
}

// damaged returns ErrDamaged for a file that ends too early, and another error as it is.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
