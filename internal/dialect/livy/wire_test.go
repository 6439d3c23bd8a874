package livy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the answers in testdata again")

// Each file of testdata is a conversation with a server of its own:
//
//	% fields 0.7                        how the server is set up, first of all
//	> POST /sessions {"kind":"spark"}   a request; [Name: value] are headers
//	< 201 /sessions/0                   its answer: status, and Location if any
//	{"id":0,…}                          and body
//	! sleep 3s                          something happens in between
//
// All else is for people. With -update answers are written again; read what
// changed before you commit it.
func TestWire_Conversations_AreAnsweredToTheByte(t *testing.T) {
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
			within(t, setUp(t, want), func(t *testing.T, h *house) { got = h.converse(want) })
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

// setUp reads the lines that begin with %.
func setUp(t *testing.T, conversation string) func(*Config) {
	return func(c *Config) {
		for line := range strings.Lines(conversation) {
			text, ok := strings.CutPrefix(strings.TrimSpace(line), "% ")
			if !ok {
				continue
			}
			switch name, value, _ := strings.Cut(text, " "); name {
			case "fields":
				c.Fields = value
			case "base":
				c.BasePath = value
			case "csrf":
				c.RequireRequestedBy = true
			case "interrupt-cancels":
				c.InterruptCancels = true
			case "impersonation":
				c.Impersonation, c.Superusers = true, strings.Fields(value)
			default:
				t.Errorf("%q sets up nothing", text)
			}
		}
	}
}

// converse sends the requests of a conversation and returns it with the answers
// that came.
func (h *house) converse(conversation string) string {
	var b strings.Builder
	answered := false
	for line := range strings.Lines(conversation) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "< "):
			answered = true
			continue
		case strings.HasPrefix(line, "> "):
			b.WriteString(line + "\n" + h.answer(line[2:]))
		case answered && (strings.HasPrefix(line, "{") || strings.HasPrefix(line, `"`) || strings.HasPrefix(line, "HTML ")):
		case strings.HasPrefix(line, "! "):
			h.happen(line[2:])
			b.WriteString(line + "\n")
		default:
			b.WriteString(line + "\n")
		}
		answered = false
	}
	return b.String()
}

// answer sends one request and writes down what comes back.
func (h *house) answer(request string) string {
	var headers []string
	for strings.HasPrefix(request, "[") {
		header, rest, _ := strings.Cut(request[1:], "] ")
		headers, request = append(headers, header), rest
	}
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	w := h.send(method, path, body, headers...)
	synctest.Wait()
	var b strings.Builder
	fmt.Fprintf(&b, "< %d", w.Code)
	for _, name := range []string{"Location", "Allow", "Retry-After", "WWW-Authenticate"} {
		if value := w.Header().Get(name); value != "" {
			b.WriteString(" " + value)
		}
	}
	b.WriteString("\n")
	switch kind := w.Header().Get("Content-Type"); {
	case w.Body.Len() == 0:
	case kind == contentType:
		b.WriteString(w.Body.String() + "\n")
	default:
		b.WriteString("HTML " + strings.ReplaceAll(w.Body.String(), "\n", " ") + "\n")
	}
	return b.String()
}

// exit ends the program of a batch as its code says.
func (h *house) exit(id, code string) {
	s, err := h.manager.Get(h.t.Context(), batches().ref(id))
	if err != nil {
		h.t.Fatal(err)
	}
	exit := engine.Exit{Cause: engine.CauseCompleted, Message: "The program has ended."}
	if n, err := strconv.Atoi(code); err != nil || n != 0 {
		exit = engine.Exit{
			Cause: engine.CauseExited, Code: n, Message: "The program ended with exit code " + code + ".",
			LastLines: []string{"NameError: name 'x' is not defined"},
		}
	}
	h.driver.End(s.Spec.ID, exit)
}

// happen does what a line that begins with ! says.
func (h *house) happen(what string) {
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "sleep":
		d, err := time.ParseDuration(rest)
		if err != nil {
			h.t.Fatal(err)
		}
		time.Sleep(d)
	case "restart":
		h.leave()
		h.open()
	case "kill": // every instance, from outside
		found, err := h.driver.Find(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		for _, one := range found {
			h.driver.End(one.ID, engine.Exit{Cause: engine.Cause(rest), Message: "The driver has died.", LastLines: []string{"signal 9"}})
		}
	case "exit": // the program of a batch, with a code
		id, code, _ := strings.Cut(rest, " ")
		h.exit(id, code)
	default:
		h.t.Fatalf("%q cannot happen", what)
	}
	synctest.Wait()
}
