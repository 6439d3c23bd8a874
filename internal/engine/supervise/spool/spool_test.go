package spool

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/engine"
)

func event(text string) Record {
	return Record{Event: &engine.Event{Kind: engine.EventStream, Statement: 1, Text: text}}
}

func fill(t *testing.T, path string, n int) {
	t.Helper()
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.full = 2000
	fillSpool(t, s, n)
}

func fillSpool(t *testing.T, s *Spool, n int) {
	t.Helper()
	for i := range n {
		if i%5 == 0 {
			if _, err := s.Append(Record{Accept: &Accept{Number: int64(i)}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Append(event("line")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCursor_AnyStart_GivesWhatFollowsInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	fill(t, path, 1000)
	s, c, err := Recover(path)
	if err != nil || c.Last != 1000 {
		t.Fatalf("Recover = %+v, %v", c, err)
	}
	defer s.Close()
	for _, after := range []uint64{0, 1, 255, 256, 257, 511, 512, 999, 1000, 5000} {
		want := after + 1
		cur := cursor(t, s, after)
		for {
			e := next(t, cur)
			if e == nil {
				break
			}
			if e.Seq != want {
				t.Fatalf("after %d: event %d, want %d", after, e.Seq, want)
			}
			want++
		}
		if want != max(after, 1000)+1 {
			t.Errorf("after %d: ended before %d", after, want)
		}
	}
}

func TestCursor_SpoolGrows_ReadsOn(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cur := cursor(t, s, 0)
	for i := range 600 {
		if _, err := s.Append(event("x")); err != nil {
			t.Fatal(err)
		}
		e := next(t, cur)
		if e == nil || e.Seq != uint64(i+1) {
			t.Fatalf("Next = %v", e)
		}
		if e := next(t, cur); e != nil {
			t.Fatalf("Next at the end = %v", e)
		}
	}
}

func TestRecover_Unfinished_ListsAcceptedWithoutResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	s, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Record{
		{Accept: &Accept{Number: 1}},
		{Accept: &Accept{Number: 2}},
		{Event: &engine.Event{Kind: engine.EventResult, Statement: 1}},
		{Accept: &Accept{Number: 3}},
	} {
		if _, err := s.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	_, c, err := Recover(path)
	if err != nil || len(c.Unfinished) != 2 || c.Unfinished[0] != 2 || c.Unfinished[1] != 3 {
		t.Fatalf("Recover = %+v, %v", c, err)
	}
}

// oneFile writes the spool of a supervisor of an older version.
func oneFile(t *testing.T, path string, n int) {
	t.Helper()
	text := []byte(oneFileMagic)
	for i := range n {
		for _, r := range []Record{{Accept: &Accept{Number: int64(i + 1)}}, event("line")} {
			if r.Event != nil {
				r.Event.Seq = uint64(i + 1)
			}
			b, err := encode(r)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, b...)
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever a crash or a bad disk does to a file, what is read is a gapless beginning of what was
// written, and the spool can be continued. A file before the newest that ends too early between two
// records looks like one whose followers were trimmed: then it is what comes behind the gap, and
// who asks for more is told so.
func TestRecover_FileTornOrDamaged_KeepsAPrefixAndContinues(t *testing.T) {
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "segments"), 100)
	oneFile(t, filepath.Join(dir, "one file"), 50)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		path := filepath.Join(dir, strconv.Itoa(round))
		defer os.RemoveAll(path)
		original := filepath.Join(dir, rapid.SampledFrom([]string{"segments", "one file"}).Draw(t, "version"))
		files := duplicate(t, original, path)
		damaged := rapid.SampledFrom(files).Draw(t, "file")
		b, err := os.ReadFile(damaged)
		if err != nil {
			t.Fatal(err)
		}
		b = b[:rapid.IntRange(0, len(b)).Draw(t, "torn")]
		if len(b) > len(magic) && rapid.Bool().Draw(t, "damage") {
			b[rapid.IntRange(len(magic), len(b)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		}
		if err := os.WriteFile(damaged, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, c, err := Recover(path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if n, err := s.Append(event("after")); err != nil || n != c.Last+1 {
			t.Fatalf("Append = %d, %v after %d", n, err, c.Last)
		}
		want := uint64(1)
		if err := Replay(path, 0, func(engine.Event) error { return nil }); errors.Is(err, engine.ErrTrimmed) && damaged != files[len(files)-1] {
			if want, err = First(path); err != nil || want == 1 {
				t.Fatalf("trimmed, and the first is %d, %v", want, err)
			}
		}
		err = Replay(path, want-1, func(e engine.Event) error {
			text := "line"
			if e.Seq == c.Last+1 {
				text = "after"
			}
			if e.Seq != want || e.Text != text {
				t.Fatalf("event %d %q, want %d %q", e.Seq, e.Text, want, text)
			}
			want++
			return nil
		})
		if err != nil || want != c.Last+2 {
			t.Fatalf("Replay ended before %d: %v", want, err)
		}
	})
}

// duplicate copies a spool and returns the paths of the files of the copy.
func duplicate(t *rapid.T, from, to string) (files []string) {
	originals, err := list(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range originals {
		path := to
		if g.path != from {
			path = filepath.Join(to, filepath.Base(g.path))
			err = os.MkdirAll(to, 0o700)
		}
		b, rerr := os.ReadFile(g.path)
		if err := errors.Join(err, rerr, os.WriteFile(path, b, 0o600)); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	return files
}

func TestRecover_SpoolOfAnOlderVersion_IsReadAndContinued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	oneFile(t, path, 500)
	s, c, err := Recover(path)
	if err != nil || c.Last != 500 || len(c.Unfinished) != 500 {
		t.Fatalf("Recover = %d, %d unfinished, %v", c.Last, len(c.Unfinished), err)
	}
	defer s.Close()
	s.full = 1
	fillSpool(t, s, 100)
	if err := errors.Join(s.Trim(600), Trim(path, 600)); err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	err = Replay(path, 0, func(e engine.Event) error {
		if n++; e.Seq != n {
			t.Fatalf("event %d in the place of %d", e.Seq, n)
		}
		return nil
	})
	if first, ferr := First(path); n != 600 || err != nil || first != 1 || ferr != nil {
		t.Errorf("%d events, %v, the first of them is %d, %v", n, err, first, ferr)
	}
}

func TestRecover_OtherVersion_LeavesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(path, []byte("HSPOOL9\nwho knows"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Recover(path); err == nil {
		t.Error("a spool of another version was recovered")
	}
	if b, _ := os.ReadFile(path); string(b) != "HSPOOL9\nwho knows" {
		t.Errorf("the file is now %q", b)
	}
}

func FuzzReplay(f *testing.F) {
	path := filepath.Join(f.TempDir(), "spool")
	s, err := Create(path)
	if err != nil {
		f.Fatal(err)
	}
	_, _ = s.Append(event("a"))
	s.Close()
	b, _ := os.ReadFile(segmentPath(path, 1))
	f.Add(b)
	f.Add([]byte(magic))
	f.Add([]byte(oneFileMagic))
	f.Add([]byte(magic + "\xff\xff\xff\xff....."))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		one, segments := filepath.Join(dir, "one"), filepath.Join(dir, "segments")
		err := errors.Join(os.WriteFile(one, b, 0o600), os.Mkdir(segments, 0o700), os.WriteFile(segmentPath(segments, 1), b, 0o600))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{one, segments} {
			last := uint64(0)
			gap := errors.New("gap")
			err := Replay(path, 0, func(e engine.Event) error {
				if e.Seq != last+1 {
					return gap
				}
				last++
				return nil
			})
			if errors.Is(err, gap) {
				t.Fatal(err)
			}
			replayed := err == nil || errors.Is(err, ErrDamaged)
			s, c, err := Recover(path)
			if replayed != (err == nil) || c.Last != last && replayed {
				t.Fatalf("replayed %d, recovered %d: %v", last, c.Last, err)
			}
			if err == nil {
				s.Close()
			}
		}
	})
}

// cursor returns a cursor on what follows an event.
func cursor(t *testing.T, s *Spool, after uint64) *Cursor {
	t.Helper()
	c, err := s.After(after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// next returns the next event of a cursor, nil if it has caught up.
func next(t *testing.T, c *Cursor) *engine.Event {
	t.Helper()
	entry, ok, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	var e engine.Event
	if err := json.Unmarshal(entry.Event, &e); err != nil || entry.Exit != (e.Kind == engine.EventExit) {
		t.Fatalf("%s, %v: %v", entry.Event, entry.Exit, err)
	}
	return &e
}

func TestCursor_OverManySizes_GivesEventsAsTheyWereEncoded(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	texts := []string{"", "<b>&", "line\n", `"}`, `}}`, strings.Repeat("x", readAhead), strings.Repeat("é", 3*readAhead)}
	cur := cursor(t, s, 0)
	for i, text := range texts {
		if _, err := s.Append(Record{Accept: &Accept{Number: int64(i)}}); err != nil {
			t.Fatal(err)
		}
		kind := engine.EventStream
		if i == len(texts)-1 {
			kind = engine.EventExit
		}
		if _, err := s.Append(Record{Event: &engine.Event{Kind: kind, Text: text}}); err != nil {
			t.Fatal(err)
		}
		if e := next(t, cur); e == nil || e.Text != text || e.Seq != uint64(i+1) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if e := next(t, cur); e != nil {
		t.Errorf("after the last there is %+v", e)
	}
	late := cursor(t, s, 3)
	for seq := uint64(4); seq <= uint64(len(texts)); seq++ {
		if e := next(t, late); e == nil || e.Seq != seq {
			t.Errorf("a late reader gets %+v for %d", e, seq)
		}
	}
}
