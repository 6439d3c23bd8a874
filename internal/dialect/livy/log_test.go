package livy

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

// logs is a Manager whose sessions have this log.
type logs struct {
	Manager
	text string
	read int
}

type seekable struct {
	*bytes.Reader
	of *logs
}

func (l *logs) Log(context.Context, session.Ref) (io.ReadCloser, error) {
	return seekable{bytes.NewReader([]byte(l.text)), l}, nil
}

func (s seekable) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.of.read += n
	return n, err
}

func (seekable) Close() error { return nil }

func TestLastLines_OfALongLog_ReadsItsEndAlone(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		b.WriteString("line " + strconv.Itoa(i) + "\n")
	}
	l := &logs{text: b.String()}
	d := &dialect{Config: Config{Manager: l}}
	got, err := d.lastLines(t.Context(), session.Session{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"line 99997", "line 99998", "line 99999"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if l.read > 2*tailBytes {
		t.Errorf("read %d bytes of %d", l.read, len(l.text))
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

func TestLogPart_FromTheEnd_KeepsNoMoreThanItNeeds(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(strconv.Itoa(i) + "\n")
	}
	p := logPart{size: 2}
	if err := p.last(linesOf(strings.NewReader(b.String()))); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.lines, []string{"4998", "4999"}) || p.from != 4998 || p.total != 5000 {
		t.Errorf("%v from %d of %d", p.lines, p.from, p.total)
	}
}
