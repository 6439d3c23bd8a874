package spool

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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
		cur := s.After(after)
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
	cur := s.After(0)
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

// Whatever a crash or a bad disk does to the file, what is read is a gapless beginning of what was
// written, and the spool can be continued.
func TestRecover_FileTornOrDamaged_KeepsAPrefixAndContinues(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	fill(t, whole, 50)
	original, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "spool")
	rapid.Check(t, func(t *rapid.T) {
		b := append([]byte(nil), original...)
		b = b[:rapid.IntRange(0, len(b)).Draw(t, "torn")]
		if len(b) > len(magic) && rapid.Bool().Draw(t, "damage") {
			b[rapid.IntRange(len(magic), len(b)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
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
		err = Replay(path, 0, func(e engine.Event) error {
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
	b, _ := os.ReadFile(path)
	f.Add(b)
	f.Add([]byte(magic))
	f.Add([]byte(magic + "\xff\xff\xff\xff....."))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		err := Replay(path, 0, func(e engine.Event) error {
			if e.Seq != last+1 {
				return errors.New("gap")
			}
			last++
			return nil
		})
		if err != nil && err.Error() == "gap" {
			t.Fatal(err)
		}
	})
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
	cur := s.After(0)
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
	late := s.After(3)
	for seq := uint64(4); seq <= uint64(len(texts)); seq++ {
		if e := next(t, late); e == nil || e.Seq != seq {
			t.Errorf("a late reader gets %+v for %d", e, seq)
		}
	}
}
