package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"hearth/internal/engine"
)

// Contents summarises a spool without its events.
type Contents struct {
	Last       uint64
	Unfinished []int64 // accepted statements without a result, in order
	Exit       *engine.Exit
}

// Recover opens the spool of a dead supervisor to append to it, and cuts off everything after the
// last whole record. A spool that does not exist, or that is too short for the magic of its first
// segment, becomes a new one.
func Recover(path string) (*Spool, Contents, error) {
	s := &Spool{path: path, full: segmentSize}
	c, err := s.recover()
	if err != nil {
		return nil, Contents{}, fmt.Errorf("recover spool: %w", err)
	}
	return s, c, nil
}

func (s *Spool) recover() (c Contents, err error) {
	if err := os.Mkdir(s.path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return c, err
	}
	files, err := list(s.path)
	if err != nil {
		return c, err
	}
	before, cut, err := s.load(files, &c)
	if err != nil {
		return c, err
	}
	// The newest first, and what is damaged last: whoever goes on after a death between two steps
	// finds the same end.
	for i := len(files) - 1; i >= cut; i-- {
		if err := remove(files[i].path); err != nil {
			return c, err
		}
	}
	for _, g := range before {
		if err := remove(g.path); err != nil {
			return c, err
		}
	}
	if err := s.open(); err != nil {
		return c, err
	}
	c.Last, c.Unfinished = s.last, slices.Clone(s.unfinished)
	return c, nil
}

// load notes the segments until the first damage, from the last missing one on: only trimming
// removes any. It returns those before that one, and the index of the first one that holds nothing.
func (s *Spool) load(files []*segment, c *Contents) (before []*segment, cut int, err error) {
	for i, g := range files {
		switch {
		case i == 0:
			s.last = g.first - 1
		case g.first <= s.last:
			return before, i, nil
		case g.first > s.last+1:
			before, s.segments = files[:i], nil
			s.last, s.exit, s.unfinished, c.Exit = g.first-1, 0, nil, nil
		}
		end, err := g.scan(func(r Record) error {
			s.note(g, r)
			if r.Event != nil && r.Event.Kind == engine.EventExit {
				c.Exit = r.Event.Exit
			}
			return nil
		})
		switch {
		case err != nil && !errors.Is(err, ErrDamaged):
			return nil, 0, err
		case end == 0:
			return before, i, nil
		}
		s.add(g)
		if err != nil {
			return before, i + 1, nil //nolint:nilerr // the spool ends there
		}
	}
	return before, len(files), nil
}

// open opens the newest segment and cuts off what is behind its last whole record. It begins one if
// there is none.
func (s *Spool) open() error {
	if len(s.segments) == 0 {
		if err := os.Mkdir(s.path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err // there was the one file of an older version
		}
		return s.begin()
	}
	now := s.segments[len(s.segments)-1]
	s.single = now.path == s.path
	f, err := os.OpenFile(now.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Truncate(now.end); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file = f
	return nil
}
