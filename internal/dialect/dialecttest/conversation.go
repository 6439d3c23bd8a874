package dialecttest

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the answers in testdata again")

// Conversations are those of a folder testdata. Each file is one, with a server of its own:
//
//	% fields 0.7                        how the server is set up, first of all
//	> POST /sessions {"kind":"spark"}   a request; [Name: value] are headers
//	< 201 /sessions/0                   its answer: status, then headers that matter
//	{"id":0,…}                          and body
//	! sleep 3s                          something happens in between
//
// All else is for people. With -update answers are written again; read what changed before you
// commit it.
type Conversations struct {
	// SetUp makes the fixture of a conversation from its lines that begin with %.
	SetUp func(t *testing.T, lines []string) Config
	// Base is put in front of every path.
	Base string
	// Headers are those of an answer that matter.
	Headers []string
	// Request returns a request as it is sent, and Body the body of an answer as it is written
	// down; nil is as it is.
	Request func(f *Fixture, line string) string
	Body    func(f *Fixture, w *httptest.ResponseRecorder) string
	// Happen does what a line that begins with ! says, other than "sleep DURATION" and "restart".
	// It reports whether it knows the verb.
	Happen func(f *Fixture, verb, rest string) bool
}

// Run holds every conversation of testdata and compares the answers to the byte.
func (c Conversations) Run(t *testing.T) {
	found, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(found) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range found {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := string(text)
			var got string
			Run(t, c.SetUp(t, settings(want)), func(_ *testing.T, f *Fixture) { got = c.hold(f, want) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// settings returns the lines that begin with %, without it.
func settings(conversation string) []string {
	var lines []string
	for line := range strings.Lines(conversation) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "% "); ok {
			lines = append(lines, text)
		}
	}
	return lines
}

// hold sends the requests of a conversation and returns it with the answers that came.
func (c Conversations) hold(f *Fixture, conversation string) string {
	var b strings.Builder
	answered := false
	for line := range strings.Lines(conversation) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "< "):
			answered = true
			continue
		case strings.HasPrefix(line, "> "):
			b.WriteString(line + "\n" + c.answer(f, line[2:]))
		case answered && (strings.HasPrefix(line, "{") || strings.HasPrefix(line, `"`) || strings.HasPrefix(line, "HTML ")):
		case strings.HasPrefix(line, "! "):
			c.happen(f, line[2:])
			b.WriteString(line + "\n")
		default:
			b.WriteString(line + "\n")
		}
		answered = false
	}
	return b.String()
}

// answer sends one request and returns the lines of its answer.
func (c Conversations) answer(f *Fixture, request string) string {
	if c.Request != nil {
		request = c.Request(f, request)
	}
	var headers []string
	for strings.HasPrefix(request, "[") {
		header, rest, _ := strings.Cut(request[1:], "] ")
		headers, request = append(headers, header), rest
	}
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	w := f.Send(method, c.Base+path, body, headers...)
	synctest.Wait()
	var b strings.Builder
	fmt.Fprintf(&b, "< %d", w.Code)
	for _, name := range c.Headers {
		if value := w.Header().Get(name); value != "" {
			b.WriteString(" " + value)
		}
	}
	b.WriteString("\n")
	text := w.Body.String()
	if c.Body != nil {
		text = c.Body(f, w)
	}
	if text != "" {
		b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
	}
	return b.String()
}

// happen does what a line that begins with ! says.
func (c Conversations) happen(f *Fixture, what string) {
	f.T.Helper()
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "sleep":
		d, err := time.ParseDuration(rest)
		if err != nil {
			f.T.Fatal(err)
		}
		time.Sleep(d)
	case "restart":
		f.Leave()
		f.Open()
	default:
		if c.Happen == nil || !c.Happen(f, verb, rest) {
			f.T.Fatalf("%q cannot happen", what)
		}
	}
	synctest.Wait()
}
