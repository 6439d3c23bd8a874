package dialecttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/session"
)

// secret is a text for the log alone.
const secret = "inner secret"

// Errors drives every kind and reason of the domain's errors, and errors that are not the domain's,
// through every request of a dialect. No answer may hold the text of an inner error.
type Errors struct {
	// Over makes the dialect over a Manager.
	Over func(dialect.Manager) http.Handler
	// Record is that of the session which Get finds in the second round.
	Record any
	// Requests makes the requests, by a name for people.
	Requests map[string]func() *http.Request
	// Judge looks at one answer. whole says that Get found a session.
	Judge func(t *testing.T, request string, err error, whole bool, answer *httptest.ResponseRecorder)
}

// Run drives them.
func (e Errors) Run(t *testing.T) {
	all := []error{
		errors.New(secret), fmt.Errorf(secret+": %w", context.DeadlineExceeded), context.Canceled,
		fmt.Errorf(secret+": %w", engine.Invalidf("said")),
	}
	for _, kind := range session.Kinds() {
		for _, reason := range append(session.Reasons(), "") {
			all = append(all, fmt.Errorf("wrapped: %w", &session.Error{Kind: kind, Reason: reason, Msg: "said", Err: errors.New(secret)}))
		}
	}
	record := dialect.Record(e.Record)
	for name, request := range e.Requests {
		for _, err := range all {
			for _, whole := range []bool{false, true} {
				w := httptest.NewRecorder()
				e.Over(Broken{Err: err, Whole: whole, Record: record}).ServeHTTP(w, request())
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("%s answers %v with %s", name, err, w.Body)
				}
				e.Judge(t, name, err, whole, w)
			}
		}
	}
}
