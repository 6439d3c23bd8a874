package livy

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
)

func TestWire_Conversations_AreAnsweredToTheByte(t *testing.T) {
	dialecttest.Conversations{
		SetUp:   func(t *testing.T, lines []string) dialecttest.Config { return config(setUp(t, lines)) },
		Headers: []string{"Location", "Allow", "Retry-After", "WWW-Authenticate"},
		Body:    bodyOf,
		Happen:  happen,
	}.Run(t)
}

// setUp reads how the server of a conversation is set up.
func setUp(t *testing.T, lines []string) Settings {
	var s Settings
	for _, line := range lines {
		switch name, value, _ := strings.Cut(line, " "); name {
		case "fields":
			s.Fields = value
		case "base":
			s.BasePath = value
		case "csrf":
			s.RequireRequestedBy = true
		case "interrupt-cancels":
			s.InterruptCancels = true
		case "impersonation":
			s.Impersonation, s.Superusers = true, strings.Fields(value)
		default:
			t.Errorf("%q sets up nothing", line)
		}
	}
	return s
}

// bodyOf marks the bodies that are not JSON.
func bodyOf(_ *dialecttest.Fixture, w *httptest.ResponseRecorder) string {
	if w.Body.Len() == 0 || w.Header().Get("Content-Type") == contentType {
		return w.Body.String()
	}
	return "HTML " + strings.ReplaceAll(w.Body.String(), "\n", " ")
}

func happen(f *dialecttest.Fixture, verb, rest string) bool {
	switch verb {
	case "kill": // every instance, from outside
		found, err := f.Driver.Find(f.T.Context())
		if err != nil {
			f.T.Fatal(err)
		}
		for _, one := range found {
			f.Driver.End(one.ID, engine.Exit{Cause: engine.Cause(rest), Message: "The driver has died.", LastLines: []string{"signal 9"}})
		}
	case "exit": // the program of a batch, with a code
		id, code, _ := strings.Cut(rest, " ")
		exit(f, id, code)
	default:
		return false
	}
	return true
}

// exit ends the program of a batch as its code says.
func exit(f *dialecttest.Fixture, id, code string) {
	s, err := f.Manager.Get(f.T.Context(), batches().ref(id))
	if err != nil {
		f.T.Fatal(err)
	}
	exit := engine.Exit{Cause: engine.CauseCompleted, Message: "The program has ended."}
	if n, err := strconv.Atoi(code); err != nil || n != 0 {
		exit = engine.Exit{
			Cause: engine.CauseExited, Code: n, Message: "The program ended with exit code " + code + ".",
			LastLines: []string{"NameError: name 'x' is not defined"},
		}
	}
	f.Driver.End(s.Spec.ID, exit)
}
