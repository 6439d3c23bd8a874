package livyapi

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counted is a text that counts how much of it is read.
type counted struct {
	*bytes.Reader
	read *int
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.read += n
	return n, err
}

func (counted) Close() error { return nil }

func text(s string) Log {
	return Log{Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
}

func TestTail_OfALongLog_ReadsItsEndAlone(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		b.WriteString("line " + strconv.Itoa(i) + "\n")
	}
	read := 0
	l := Log{Open: func() (io.ReadCloser, error) { return counted{bytes.NewReader([]byte(b.String())), &read}, nil }}
	got, err := l.Tail(3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"line 99997", "line 99998", "line 99999"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if read > 2*tailBytes {
		t.Errorf("read %d bytes of %d", read, b.Len())
	}
}

func TestTail_OfAShortLog_HasTheLinesAroundIt(t *testing.T) {
	l := text("a\nb\n")
	l.Before, l.After = []string{MarkOut, MarkErr}, []string{"end"}
	for n, want := range map[int][]string{10: {MarkOut, MarkErr, "a", "b", "end"}, 2: {"b", "end"}} {
		if got, err := l.Tail(n); err != nil || !slices.Equal(got, want) {
			t.Errorf("Tail(%d) = %q, %v", n, got, err)
		}
	}
}

func TestLinesOf_LinesOfAnyKind_AreShownShortAndValid(t *testing.T) {
	long := strings.Repeat("x", 10*maxLine)
	var got []string
	for line, err := range linesOf(strings.NewReader("a\r\n\nb\xff\n" + long + "\nend")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{"a", "", "b\uFFFD", long[:maxLine] + "…", "end"}
	if !slices.Equal(got, want) {
		t.Errorf("%d lines, of lengths %v", len(got), lengths(got))
	}
}

func lengths(lines []string) []int {
	var out []int
	for _, l := range lines {
		out = append(out, len(l))
	}
	return out
}

func TestLog_Parts_AreCutByPosition(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(strconv.Itoa(i) + "\n")
	}
	l := text(b.String())
	l.Before, l.After = []string{"first"}, []string{"last"}
	for name, c := range map[string]struct {
		cut  func() (Part, error)
		want Part
	}{
		"the end":      {func() (Part, error) { return l.Last(2) }, Part{5000, 5002, []string{"4999", "last"}}},
		"the begin":    {func() (Part, error) { return l.Slice(-1, 2) }, Part{0, 5002, []string{"first", "0"}}},
		"the middle":   {func() (Part, error) { return l.Slice(4999, 1) }, Part{4999, 5002, []string{"4998"}}},
		"what is left": {func() (Part, error) { return l.Slice(5000, -1) }, Part{5000, 5002, []string{"4999", "last"}}},
		"beyond":       {func() (Part, error) { return l.Slice(6000, 10) }, Part{6000, 5002, nil}},
		"nothing":      {func() (Part, error) { return l.Last(0) }, Part{5002, 5002, []string{}}},
	} {
		got, err := c.cut()
		if err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if all, err := l.Last(-1); err != nil || len(all.Lines) != 5002 || all.From != 0 {
		t.Errorf("all: %d lines from %d, %v", len(all.Lines), all.From, err)
	}
}
