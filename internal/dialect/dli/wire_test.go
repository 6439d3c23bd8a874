package dli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the answers in testdata again")

// Each file of testdata is a conversation with a server of its own:
//
//	% queue blue 2                      a queue is configured, with its limit
//	> POST /sessions {"kind":"spark"}   a request below the project; [Name: value] are headers
//	< 200                               its answer: status, then headers that matter
//	{"id":"{1}",…}                      and body; {1} is the first id that was given
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
func setUp(t *testing.T, conversation string) func(*house) {
	return func(h *house) {
		for line := range strings.Lines(conversation) {
			text, ok := strings.CutPrefix(strings.TrimSpace(line), "% ")
			if !ok {
				continue
			}
			words := strings.Fields(text)
			limit := 0
			if len(words) == 3 {
				limit, _ = strconv.Atoi(words[2])
			}
			if words[0] != "queue" || len(words) < 2 {
				t.Errorf("%q sets up nothing", text)
				return
			}
			h.groups = append(h.groups, session.Group{Dialect: Name, Name: words[1], MaxSessions: limit, MaxBatches: limit})
		}
	}
}

// conversation is one that is going on: ids are the UUIDs given so far.
type conversation struct {
	*house
	ids []string
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// converse sends the requests of a conversation and returns it with the answers
// that came.
func (h *house) converse(text string) string {
	c := &conversation{house: h}
	var b strings.Builder
	answered := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "< "):
			answered = true
			continue
		case strings.HasPrefix(line, "> "):
			b.WriteString(line + "\n" + c.answer(line[2:]))
		case answered && strings.HasPrefix(line, "{"):
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
func (c *conversation) answer(request string) string {
	for i, id := range c.ids {
		request = strings.ReplaceAll(request, "{"+strconv.Itoa(i+1)+"}", id)
	}
	var headers []string
	for strings.HasPrefix(request, "[") {
		header, rest, _ := strings.Cut(request[1:], "] ")
		headers, request = append(headers, header), rest
	}
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	w := c.send(method, base+path, body, headers...)
	synctest.Wait()
	var b strings.Builder
	fmt.Fprintf(&b, "< %d", w.Code)
	for _, name := range []string{"Location", "Retry-After"} {
		if value := w.Header().Get(name); value != "" {
			b.WriteString(" " + value)
		}
	}
	b.WriteString("\n")
	if w.Body.Len() > 0 {
		b.WriteString(c.named(w.Body.String()))
	}
	return b.String()
}

// named puts {n} in the place of the ids in an answer.
func (c *conversation) named(answer string) string {
	return uuid.ReplaceAllStringFunc(answer, func(id string) string {
		if !slices.Contains(c.ids, id) {
			c.ids = append(c.ids, id)
		}
		return "{" + strconv.Itoa(slices.Index(c.ids, id)+1) + "}"
	})
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
	case "end": // every instance, by itself
		found, err := h.driver.Find(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		for _, one := range found {
			if one.Alive {
				h.driver.End(one.ID, engine.Exit{Cause: engine.Cause(rest), Message: "The driver has ended.", LastLines: []string{"signal 9"}})
			}
		}
	default:
		h.t.Fatalf("%q cannot happen", what)
	}
	synctest.Wait()
}
