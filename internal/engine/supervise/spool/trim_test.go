package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/engine"
)

// life is a spool and what it should hold.
type life struct {
	*Spool
	path   string
	texts  []string // of event 1, 2 …
	open   []int64  // accepted statements without a result
	given  int64    // statements accepted at all
	stored uint64   // acknowledged by the server
}

// smallSegment is the size of segments in these tests.
const smallSegment = 600

func (l *life) append(t *rapid.T, r Record) {
	n, err := l.Append(r)
	if r.Event != nil {
		l.texts = append(l.texts, r.Event.Text)
	}
	if err != nil || n != uint64(len(l.texts)) {
		t.Fatalf("Append = %d, %v, want %d", n, err, len(l.texts))
	}
}

func (l *life) print(t *rapid.T) {
	l.append(t, event(strings.Repeat("x", rapid.IntRange(0, 2*smallSegment).Draw(t, "length"))+strconv.Itoa(len(l.texts))))
}

func (l *life) accept(t *rapid.T) {
	l.given++
	l.open = append(l.open, l.given)
	l.append(t, Record{Accept: &Accept{Number: l.given}})
}

func (l *life) finish(t *rapid.T) {
	if len(l.open) == 0 {
		return
	}
	n := rapid.SampledFrom(l.open).Draw(t, "finished")
	l.open = slices.DeleteFunc(l.open, func(m int64) bool { return m == n })
	l.append(t, Record{Event: &engine.Event{Kind: engine.EventResult, Statement: n}})
}

// store acknowledges some more events, which are then trimmed.
func (l *life) store(t *rapid.T) {
	l.stored = rapid.Uint64Range(l.stored, uint64(len(l.texts))).Draw(t, "stored")
	if err := l.Trim(l.stored); err != nil {
		t.Fatal(err)
	}
	if len(l.segments) > 1 && l.segments[1].first-1 <= l.stored {
		t.Fatalf("up to %d is stored, and the segments from %d and %d are kept", l.stored, l.segments[0].first, l.segments[1].first)
	}
}

// die kills the supervisor between any two system calls of what it might have begun, or within a
// write, and recovers the spool, whose recovery may be killed too.
func (l *life) die(t *rapid.T) {
	l.Close()
	l.began(t)
	s, c, err := Recover(l.path)
	if err != nil || c.Last != uint64(len(l.texts)) || !slices.Equal(c.Unfinished, l.open) {
		t.Fatalf("Recover = %+v, %v, want %d events and %v", c, err, len(l.texts), l.open)
	}
	l.Spool = s
	s.full = smallSegment
}

// began leaves on disk what is there of a step when the supervisor is killed in it.
func (l *life) began(t *rapid.T) {
	files, err := list(l.path)
	if err != nil {
		t.Fatal(err)
	}
	newest := files[len(files)-1]
	last := uint64(len(l.texts))
	switch rapid.SampledFrom([]string{"nothing", "a record", "a segment", "a removal"}).Draw(t, "began") {
	case "a record":
		b, err := encode(event(strings.Repeat("torn", 10)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(newest.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(b[:rapid.IntRange(0, len(b)-1).Draw(t, "torn")])
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	case "a segment":
		if newest.first > last {
			return // one follows another when there are events in it
		}
		head, err := encode(Record{Head: &Head{First: last + 1, Unfinished: l.open}})
		if err != nil {
			t.Fatal(err)
		}
		b := append([]byte(magic), head...)
		if err := os.WriteFile(segmentPath(l.path, last+1), b[:rapid.IntRange(0, len(b)).Draw(t, "torn")], 0o600); err != nil {
			t.Fatal(err)
		}
	case "a removal":
		l.stored = rapid.Uint64Range(l.stored, last).Draw(t, "stored")
		for i := 1; i < len(files) && files[i].first-1 <= l.stored && rapid.Bool().Draw(t, "removed"); i++ {
			if err := os.Remove(files[i-1].path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// check reads the spool from any event on: a server that has stored what it acknowledged gets
// exactly the rest, another one that or an error.
func (l *life) check(t *rapid.T) {
	after := rapid.Uint64Range(0, uint64(len(l.texts))).Draw(t, "after")
	for _, after := range []uint64{l.stored, after} {
		var replayed []string
		next := after
		err := Replay(l.path, after, func(e engine.Event) error {
			if next++; e.Seq != next {
				return fmt.Errorf("event %d in the place of %d", e.Seq, next)
			}
			replayed = append(replayed, e.Text)
			return nil
		})
		cursor, cerr := l.After(after)
		if cerr == nil {
			cursor.Close()
		}
		trimmed := errors.Is(err, engine.ErrTrimmed)
		if trimmed != errors.Is(cerr, engine.ErrTrimmed) || trimmed && (after >= l.stored || len(replayed) > 0) {
			t.Fatalf("after %d of %d that are stored: %v and %v, %d events", after, l.stored, err, cerr, len(replayed))
		}
		if !trimmed && (err != nil || cerr != nil || !slices.Equal(replayed, l.texts[after:])) {
			t.Fatalf("after %d: %d events of %d, %v, %v", after, len(replayed), len(l.texts)-int(after), err, cerr)
		}
	}
}

// Wherever the supervisor is killed, the server finds everything behind what it has acknowledged.
func TestTrim_SupervisorKilledAtAnyMoment_KeepsAllThatIsNotStored(t *testing.T) {
	dir, round := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		l := &life{path: filepath.Join(dir, strconv.Itoa(round))}
		defer os.RemoveAll(l.path)
		var err error
		if l.Spool, err = Create(l.path); err != nil {
			t.Fatal(err)
		}
		defer func() { l.Close() }()
		l.full = smallSegment
		t.Repeat(map[string]func(*rapid.T){
			"print": l.print, "accept": l.accept, "finish": l.finish, "store": l.store, "die": l.die, "": l.check,
		})
	})
}

// A power cut may bring removed files back in any combination: only those that follow each other to
// the newest count.
func TestRecover_SegmentsThatWereTrimmedAreBackInPart_StartsBehindTheGap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	fill(t, path, 200)
	files, err := list(path)
	if err != nil || len(files) < 5 {
		t.Fatalf("%d segments, %v", len(files), err)
	}
	if err := os.Remove(files[2].path); err != nil {
		t.Fatal(err)
	}
	read := func(after uint64) (n int, err error) {
		return n, Replay(path, after, func(engine.Event) error { n++; return nil })
	}
	if _, err := read(files[1].first); !errors.Is(err, engine.ErrTrimmed) {
		t.Errorf("a reader before the gap: %v, want ErrTrimmed", err)
	}
	s, c, err := Recover(path)
	if err != nil || c.Last != 200 {
		t.Fatalf("Recover = %+v, %v", c, err)
	}
	s.Close()
	if first, err := First(path); err != nil || first != files[3].first {
		t.Errorf("the first event is %d, %v, want %d", first, err, files[3].first)
	}
	n := 0
	err = Replay(path, files[3].first-1, func(engine.Event) error { n++; return nil })
	if err != nil || n != 201-int(files[3].first) {
		t.Errorf("%d events behind the gap, %v", n, err)
	}
}

func TestCursor_WhileOtherEventsAreTrimmed_ReadsAllOfItsOwn(t *testing.T) {
	const n = 5000
	s, err := Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.full = 4 << 10
	var appended sync.WaitGroup
	appended.Go(func() { fillSpool(t, s, n) })
	cur := cursor(t, s, 0)
	for want := uint64(1); want <= n; {
		e := next(t, cur)
		if e == nil {
			continue
		}
		if e.Seq != want {
			t.Fatalf("event %d, want %d", e.Seq, want)
		}
		if want%100 == 0 {
			if err := s.Trim(want); err != nil {
				t.Fatal(err)
			}
		}
		want++
	}
	appended.Wait()
	if size, err := Size(s.path); err != nil || size > 2*s.full {
		t.Errorf("%d bytes are left, %v", size, err)
	}
}

func TestCursor_WhatItReadsNextIsTrimmed_SaysSo(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.full = 1000
	fillSpool(t, s, 100)
	cur := cursor(t, s, 0)
	if e := next(t, cur); e == nil || e.Seq != 1 {
		t.Fatalf("the first event is %+v", e)
	}
	if err := s.Trim(100); err != nil {
		t.Fatal(err)
	}
	for want := uint64(2); ; want++ {
		e, ok, err := cur.Next()
		if trimmed, is := errors.AsType[*TrimmedError](err); is {
			if trimmed.After != want-1 || trimmed.First <= want {
				t.Errorf("behind event %d: %v", want-1, err)
			}
			return
		}
		if err != nil || !ok {
			t.Fatalf("event %d: %s, %v, %v", want, e.Event, ok, err)
		}
	}
}

func TestTrim_MoreThanThereIs_LeavesTheNewestSegment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	fill(t, path, 100)
	if err := Trim(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	s, c, err := Recover(path)
	if err != nil || c.Last != 100 || len(s.segments) != 1 {
		t.Fatalf("Recover = %+v, %v", c, err)
	}
	defer s.Close()
	if n, err := s.Append(event("on")); n != 101 || err != nil {
		t.Errorf("Append = %d, %v", n, err)
	}
}

// It is left when neither the head of a segment could be written nor its file be removed.
func TestRecover_SegmentAmongTheEventsOfAnother_IsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	fill(t, path, 100)
	files, err := list(path)
	if err != nil {
		t.Fatal(err)
	}
	stray := segmentPath(path, files[len(files)-1].first+1)
	if err := os.WriteFile(stray, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, c, err := Recover(path)
	if err != nil || c.Last != 100 {
		t.Fatalf("Recover = %+v, %v", c, err)
	}
	s.Close()
	if _, err := os.Stat(stray); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is left: %v", err)
	}
}

func TestAppend_NoSegmentCanBeBegun_GoesOnInTheLastOne(t *testing.T) {
	dir := t.TempDir()
	path, away := filepath.Join(dir, "spool"), filepath.Join(dir, "away")
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.full = 100
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	fillSpool(t, s, 50)
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	fillSpool(t, s, 50)
	n := uint64(0)
	err = Replay(path, 0, func(e engine.Event) error {
		if n++; e.Seq != n {
			t.Errorf("event %d in the place of %d", e.Seq, n)
		}
		return nil
	})
	if err != nil || n != 100 || len(s.segments) < 5 {
		t.Errorf("%d events in %d segments, %v", n, len(s.segments), err)
	}
}
