package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"hearth/internal/engine"
)

// Replay reads the spool at path and calls each event whose number is greater than after, and the
// exit whatever its number, until the end, damage (ErrDamaged) or an error of each. TrimmedError if
// one of the events is not kept any more.
func Replay(path string, after uint64, each func(engine.Event) error) error {
	files, err := list(path)
	if err != nil {
		return err
	}
	for len(files) > 1 && files[1].first-1 <= after {
		files = files[1:]
	}
	last := after
	for i, g := range files {
		if g.first-1 > last {
			return &TrimmedError{After: last, First: g.first}
		}
		_, err := g.scan(func(r Record) error {
			if r.Event == nil {
				return nil
			}
			last = r.Event.Seq
			if r.Event.Seq <= after && r.Event.Kind != engine.EventExit {
				return nil
			}
			return each(*r.Event)
		})
		if errors.Is(err, fs.ErrNotExist) && i+1 < len(files) {
			return &TrimmedError{After: last, First: files[i+1].first}
		}
		if err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no segments: %w", path, ErrDamaged)
	}
	return nil
}

// scan calls each whole record, checks that events are numbered from the first one on without a
// gap, and returns the offset behind the last good record: 0 if not even the head is there. The end
// of the segment follows: each may use it as the offset of its record.
func (g *segment) scan(each func(Record) error) (int64, error) {
	f, err := os.Open(g.path)
	if err != nil {
		return 0, fmt.Errorf("open spool: %w", err)
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 64<<10)
	if g.end, err = g.scanHead(b, each); err != nil {
		return 0, err
	}
	for next := g.first; ; {
		r, n, err := read(b)
		if errors.Is(err, io.EOF) {
			return g.end, nil
		}
		if err != nil {
			return g.end, err
		}
		if r.Event != nil {
			if r.Event.Seq != next {
				return g.end, fmt.Errorf("event %d in the place of %d: %w", r.Event.Seq, next, ErrDamaged)
			}
			next++
		}
		if err := each(r); err != nil {
			return g.end, err
		}
		g.end += n
	}
}

// scanHead reads magic and head, calls each with the head, and returns the offset behind it.
func (g *segment) scanHead(b io.Reader, each func(Record) error) (int64, error) {
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(b, start); err != nil {
		return 0, damaged(err)
	}
	switch string(start) {
	case oneFileMagic:
		return int64(len(start)), nil
	case magic:
	default:
		return 0, fmt.Errorf("not a spool of this version: it begins with %q", start)
	}
	r, n, err := read(b)
	if err != nil {
		return 0, damaged(err)
	}
	if r.Head == nil || r.Head.First != g.first {
		return 0, fmt.Errorf("the head of the segment from %d is %+v: %w", g.first, r.Head, ErrDamaged)
	}
	return int64(len(start)) + n, each(r)
}
