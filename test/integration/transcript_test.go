//go:build e2e

package integration_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/session"
	"hearth/internal/store"
	"hearth/test/harness"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts of testdata again")

// A file of testdata/transcripts/cells holds the cells of a session:
//
//	% python       the language of the cell that follows; "crlf" behind it ends its lines so
//	print("x")
//
// The file of its name below the name of the runtime shows the same cells and below each what came
// of it, in order: streams, displays, then the value or the error. With -update they are written
// again; read what changed.
func TestTranscripts_OfEveryLanguage_AreThoseOfTheGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/cells/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cells: %v", err)
	}
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	id := s.Livy().Create(t, map[string]any{"kind": "shared"})
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, c := range cellsOf(string(text)) {
				number := s.Livy().Submit(t, id, c.kind(), c.sent())
				s.Livy().Finish(t, id, number)
				got.WriteString(c.head + "\n" + c.code + told(t, h, id, number+1))
			}
			compare(t, h, filepath.Base(file), got.String())
		})
	}
	s.Terminate(t)
}

// Each cell of endings.txt ends its session, which has nothing else to do.
func TestTranscripts_OfEndings_SayWhyTheSessionEnded(t *testing.T) {
	text, err := os.ReadFile("testdata/transcripts/endings.txt")
	if err != nil {
		t.Fatal(err)
	}
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	var got strings.Builder
	for _, c := range cellsOf(string(text)) {
		id := s.Livy().Create(t, map[string]any{"kind": "shared", "driverMemory": "600m"})
		number := s.Livy().Submit(t, id, c.kind(), c.sent())
		s.Livy().WaitState(t, id, "dead")
		ended := stored(t, h, id)
		fmt.Fprintf(&got, "%s\n%s%ssession| %s %s\n", c.head, c.code, told(t, h, id, number+1), ended.State, ended.Cause)
		for line := range strings.Lines(normal(h, ended.Reason)) {
			if kept := strings.TrimRight(line, "\n"); !noise.MatchString(kept) {
				got.WriteString("      | " + kept + "\n")
			}
		}
		got.WriteString("\n")
	}
	compare(t, h, "endings.txt", got.String())
	s.Terminate(t)
}

type cell struct{ head, code string }

func cellsOf(text string) []cell {
	var cells []cell
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "% ") {
			cells = append(cells, cell{head: strings.TrimSpace(line)})
		} else if n := len(cells); n > 0 {
			cells[n-1].code += line
		}
	}
	for i := range cells {
		cells[i].code = strings.TrimRight(cells[i].code, "\n") + "\n"
	}
	return cells
}

// kind is the language in Livy's words.
func (c cell) kind() string {
	return map[string]string{"python": "pyspark", "scala": "spark", "sql": "sql"}[strings.Fields(c.head)[1]]
}

func (c cell) sent() string {
	code := strings.TrimSuffix(c.code, "\n")
	if strings.HasSuffix(c.head, " crlf") {
		code = strings.ReplaceAll(code, "\n", "\r\n")
	}
	return code
}

// compare compares with the golden file of the runtime that runs.
func compare(t *testing.T, h harness.Home, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", "transcripts", runtimeOf(t, h), name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// open reads what the server has stored. It never writes.
func open(t *testing.T, h harness.Home) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(h.Data(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func stored(t *testing.T, h harness.Home, id int64) session.Session {
	t.Helper()
	s, err := open(t, h).FindSession(context.WithoutCancel(t.Context()), session.Ref{Dialect: "livy", Scope: "default", ExternalID: fmt.Sprint(id)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runtimeOf(t *testing.T, h harness.Home) string { return stored(t, h, 0).Spec.Launch.Runtime }

// told is what came of a statement, a line each.
func told(t *testing.T, h harness.Home, id, number int64) string {
	t.Helper()
	reader, s := open(t, h), stored(t, h, id)
	st, err := reader.Statement(t.Context(), s.ID, number)
	if err != nil {
		t.Fatal(err)
	}
	output, err := reader.Output(t.Context(), s.ID, number)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, o := range output {
		if o.Stream != "" {
			write(&b, o.Stream, normal(h, o.Text))
			continue
		}
		writeData(&b, h, "display", o.Data)
	}
	writeData(&b, h, "value", st.Result)
	if e := st.Error; e != nil {
		write(&b, "error "+e.Name, normal(h, e.Value))
		write(&b, "traceback", normal(h, strings.Join(e.Traceback, "")))
	}
	if st.State != session.StatementDone {
		fmt.Fprintf(&b, "state| %s\n", st.State)
	}
	return b.String() + "\n"
}

func writeData(b *strings.Builder, h harness.Home, what string, data map[string]string) {
	for _, mime := range slices.Sorted(maps.Keys(data)) {
		text := normal(h, data[mime])
		if strings.HasPrefix(mime, "image/") {
			text = "(a picture)"
		}
		write(b, what+" "+mime, text)
	}
}

// write writes text behind a heading; a missing line end is shown.
func write(b *strings.Builder, what, text string) {
	for line := range strings.Lines(text) {
		end := "⏎"
		if strings.HasSuffix(line, "\n") {
			end = ""
		}
		if line = strings.TrimSuffix(line, "\n"); !noise.MatchString(line) {
			fmt.Fprintf(b, "%s| %s%s\n", what, strings.ReplaceAll(line, "\r", "␍"), end)
		}
	}
}

// noise are frames of the JVM and marks below the source of a Python frame, which change with every
// release, and the log records that PySpark 4 prints.
var noise = regexp.MustCompile(`^\s*(at [\w.$/]+\(?|\.\.\. \d+ (more|elided)|[~^]{2,}$|\{"ts": )`)

var varying = []struct {
	form *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`0x[0-9a-f]{6,}`), "0x…"},
	{regexp.MustCompile(`@[0-9a-f]{5,8}\b`), "@…"},
	{regexp.MustCompile(`\$Lambda[/$\w]+`), "$$Lambda…"},
	{regexp.MustCompile(`#\d+L?\b`), "#n"},
	{regexp.MustCompile(`\bo\d+\.`), "on."},
	{regexp.MustCompile(`File "/[^"]*/(\w+\.py)", line \d+`), `File "…/$1", line n`},
	{regexp.MustCompile(`(stage|task|TID|Job) \d+(\.\d+)?`), "$1 n"},
}

// normal takes out of a text what differs from run to run.
func normal(h harness.Home, text string) string {
	text = strings.ReplaceAll(text, h.Dir, "HOME")
	for _, v := range varying {
		text = v.form.ReplaceAllString(text, v.to)
	}
	return text
}
