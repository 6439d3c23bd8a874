package supervise

import (
	"strings"
	"testing"

	"hearth/internal/engine"

	"github.com/google/go-cmp/cmp"
)

// On a full disk a result loses its value, but never in silence, and it always fits into the
// reserve.
func TestLeast_OfAResult_IsShortAndSaysWhatIsLost(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	result := func(status engine.Status, data map[string]string, e *engine.StatementError) engine.Event {
		return engine.Event{Kind: engine.EventResult, Statement: 7, Status: status, Data: data, Error: e}
	}
	for _, c := range []struct {
		name     string
		of, want engine.Event
	}{
		{"a value", result(engine.StatusOK, map[string]string{"text/plain": "1"}, nil), result(engine.StatusError, nil, outputLost())},
		{"no value", result(engine.StatusOK, nil, nil), result(engine.StatusOK, nil, nil)},
		{
			"a long error", result(engine.StatusCancelled, nil, &engine.StatementError{Name: "E", Value: long, Traceback: []string{long}}),
			result(engine.StatusCancelled, nil, &engine.StatementError{Name: "E", Value: clip(long, leastText), Traceback: []string{}}),
		},
		{"an exit", engine.Event{Kind: engine.EventExit, Exit: &engine.Exit{Code: 3}}, engine.Event{Kind: engine.EventExit, Exit: &engine.Exit{Code: 3}}},
	} {
		if diff := cmp.Diff(c.want, least(c.of)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}
