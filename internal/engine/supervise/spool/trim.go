package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"hearth/internal/engine"
)

// TrimmedError is an engine.ErrTrimmed: it says which events are not kept.
type TrimmedError struct {
	// After is the number of the last event that the reader has, First that of the first one kept.
	After, First uint64
}

func (e *TrimmedError) Error() string {
	return fmt.Sprintf("%v: those from %d to %d were given up as stored", engine.ErrTrimmed, e.After+1, e.First-1)
}

// Unwrap makes errors.Is match engine.ErrTrimmed.
func (e *TrimmedError) Unwrap() error { return engine.ErrTrimmed }

// Trim removes the segments that hold no event with a number greater than seq. The newest one stays
// in any case.
func (s *Spool) Trim(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.segments) > 1 && s.segments[1].first-1 <= seq {
		if err := remove(s.segments[0].path); err != nil {
			return err
		}
		s.segments = s.segments[1:]
	}
	return nil
}

// first returns the number of the first event that is kept.
func (s *Spool) first() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[0].first
}

// Trim is Spool.Trim for the spool at a path, whose supervisor has ended.
func Trim(path string, seq uint64) error {
	files, err := list(path)
	if err != nil {
		return err
	}
	for i := 1; i < len(files) && files[i].first-1 <= seq; i++ {
		if err := remove(files[i-1].path); err != nil {
			return err
		}
	}
	return nil
}

// First returns the number of the first event that the spool at a path keeps, or would.
func First(path string) (uint64, error) {
	files, err := list(path)
	if err != nil || len(files) == 0 {
		return 1, err
	}
	return files[0].first, nil
}

// Size returns how many bytes the spool at a path takes.
func Size(path string) (int64, error) {
	files, err := list(path)
	n := int64(0)
	for _, f := range files {
		if info, err := os.Stat(f.path); err == nil {
			n += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("measure spool: %w", err)
		}
	}
	return n, err
}

// remove removes a segment; it may be gone.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("trim spool: %w", err)
	}
	return nil
}

// segmentPath returns the path of the segment whose first event has the number.
func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d", first))
}

// list returns the segments of the spool at a path in order, with path and first set: the file
// itself if it is that of an older version.
func list(path string) ([]*segment, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if !info.IsDir() {
		return []*segment{{path: path, first: 1}}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	var all []*segment
	for _, e := range entries {
		// Nothing else is put there by us.
		if first, err := strconv.ParseUint(e.Name(), 10, 64); err == nil && first > 0 {
			all = append(all, &segment{path: filepath.Join(path, e.Name()), first: first})
		}
	}
	slices.SortFunc(all, func(a, b *segment) int { return cmp.Compare(a.first, b.first) })
	return all, nil
}
