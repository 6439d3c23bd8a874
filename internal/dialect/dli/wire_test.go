package dli

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
)

// The requests of testdata go below the project; {1} is the first id that was given.
func TestWire_Conversations_AreAnsweredToTheByte(t *testing.T) {
	var given ids
	dialecttest.Conversations{
		SetUp: func(t *testing.T, lines []string) dialecttest.Config {
			given = nil
			return config(setUp(t, lines))
		},
		Base:    base,
		Headers: []string{"Location", "Retry-After"},
		Request: func(_ *dialecttest.Fixture, line string) string { return given.in(line) },
		Body:    func(_ *dialecttest.Fixture, w *httptest.ResponseRecorder) string { return given.out(w.Body.String()) },
		Happen:  happen,
	}.Run(t)
}

// setUp reads the queues of a conversation: "queue blue 2" has a limit.
func setUp(t *testing.T, lines []string) Settings {
	var s Settings
	for _, line := range lines {
		words := strings.Fields(line)
		limit := 0
		if len(words) == 3 {
			limit, _ = strconv.Atoi(words[2])
		}
		if words[0] != "queue" || len(words) < 2 {
			t.Errorf("%q sets up nothing", line)
			continue
		}
		s.Queues = append(s.Queues, Queue{Name: words[1], MaxSessions: limit, MaxBatches: limit})
	}
	return s
}

// ids are the UUIDs given in a conversation so far.
type ids []string

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// in puts ids in the place of {n}.
func (all ids) in(request string) string {
	for i, id := range all {
		request = strings.ReplaceAll(request, "{"+strconv.Itoa(i+1)+"}", id)
	}
	return request
}

// out puts {n} in the place of ids.
func (all *ids) out(answer string) string {
	return uuid.ReplaceAllStringFunc(answer, func(id string) string {
		if !slices.Contains(*all, id) {
			*all = append(*all, id)
		}
		return "{" + strconv.Itoa(slices.Index(*all, id)+1) + "}"
	})
}

func happen(f *dialecttest.Fixture, verb, rest string) bool {
	if verb != "end" { // every instance, by itself
		return false
	}
	found, err := f.Driver.Find(f.T.Context())
	if err != nil {
		f.T.Fatal(err)
	}
	for _, one := range found {
		if one.Alive {
			f.Driver.End(one.ID, engine.Exit{Cause: engine.Cause(rest), Message: "The driver has ended.", LastLines: []string{"signal 9"}})
		}
	}
	return true
}
