package glue

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/awsapi/glueapi"
	"hearth/internal/engine"
	"hearth/internal/session"
)

func printed(stream, text string) session.Output { return session.Output{Stream: stream, Text: text} }

func shown(kv ...string) session.Output { return session.Output{Data: values(kv...)} }

func values(kv ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

func text(s string) *glueapi.StatementOutputData {
	return &glueapi.StatementOutputData{TextPlain: &s}
}

func TestData_OfAStatement_HasOneKeyUnlessItIsRich(t *testing.T) {
	picture := shown("text/plain", "<Figure>", "image/png", "aGk=")
	for name, c := range map[string]struct {
		output []session.Output
		result map[string]string
		want   *glueapi.StatementOutputData
	}{
		"nothing":                 {nil, nil, text("")},
		"a value":                 {nil, values(textPlain, "2"), text("2")},
		"white space at the end":  {[]session.Output{printed("stdout", "  a \n\n")}, nil, text("  a")},
		"both streams in order":   {[]session.Output{printed("stdout", "1\n"), printed("stderr", "2\n"), printed("stdout", "3\n")}, values(textPlain, "'4'"), text("1\n2\n3\n'4'")},
		"displayed text":          {[]session.Output{shown(textPlain, "d")}, values(textPlain, "v"), text("d\nv")},
		"a table has a text form": {nil, values(textPlain, "a b", "text/html", "<table>"), text("a b")},
		"a picture": {
			[]session.Output{printed("stdout", "o\n"), picture, printed("stderr", "e\n")},
			values(textPlain, "None"),
			&glueapi.StatementOutputData{TextPlain: new("o\n<Figure>\ne\nNone"), MimeType: new("image/png"), Result: new("aGk="), StdOut: new("o\nNone"), StdErr: new("e")},
		},
		"a picture as value": {
			nil, values(textPlain, "<Figure>", "image/png", "aGk="),
			&glueapi.StatementOutputData{TextPlain: new("<Figure>"), MimeType: new("image/png"), Result: new("aGk=")},
		},
		"the last of two": {
			[]session.Output{picture, shown("text/html", "<b>")},
			nil,
			&glueapi.StatementOutputData{TextPlain: new("<Figure>"), MimeType: new("text/html"), Result: new("<b>"), StdOut: new("<Figure>")},
		},
		"a type of its own": {
			[]session.Output{shown("application/vnd.livy.table.v1+json", "{}")},
			nil,
			&glueapi.StatementOutputData{TextPlain: new(""), MimeType: new("application/vnd.livy.table.v1+json"), Result: new("{}")},
		},
		"a page before its data": {
			[]session.Output{shown("application/json", "{}", "text/html", "<p>")},
			nil,
			&glueapi.StatementOutputData{TextPlain: new(""), MimeType: new("text/html"), Result: new("<p>")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := session.Statement{State: session.StatementDone, Status: engine.StatusOK, Output: c.output, Result: c.result}
			if diff := cmp.Diff(c.want, data(st)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutput_OfEveryFinalState_IsThereWithWhatClientsRead(t *testing.T) {
	for _, state := range []session.StatementState{session.StatementDone, session.StatementFailed, session.StatementCancelled} {
		for _, status := range []engine.Status{engine.StatusOK, engine.StatusError, engine.StatusLost} {
			wire := wireStatement(session.Statement{State: state, Status: status}, record{})
			if wire.Output == nil || *wire.Progress != 1 {
				t.Errorf("%s %s: %+v", state, status, wire)
				continue
			}
			o := wire.Output
			if failed := state != session.StatementCancelled && (status != engine.StatusOK || state == session.StatementFailed); failed &&
				(*o.Status != "error" || o.ErrorName == nil || o.ErrorValue == nil || *o.ErrorValue == "" || o.Traceback == nil) {
				t.Errorf("%s %s: %+v", state, status, o)
			}
		}
	}
}

func TestStatus_OfEveryStateAndCause_IsOneOfGlues(t *testing.T) {
	causes := []session.Cause{
		"", session.CauseStopped, session.CauseIdle, session.CauseLifetime, session.CauseShutdown, session.CauseFailedStart,
		session.CauseExited, session.CauseCrashed, session.CauseOutOfMemory, session.CauseLost,
	}
	ends := map[session.Cause]glueapi.SessionStatus{
		session.CauseStopped: glueapi.SessionStatusStopped, session.CauseShutdown: glueapi.SessionStatusStopped,
		session.CauseIdle: glueapi.SessionStatusTimeout, session.CauseLifetime: glueapi.SessionStatusTimeout,
	}
	live := map[session.State]glueapi.SessionStatus{
		session.StateStarting: glueapi.SessionStatusProvisioning, session.StateIdle: glueapi.SessionStatusReady,
		session.StateBusy: glueapi.SessionStatusReady, session.StateDegraded: glueapi.SessionStatusFailed,
	}
	for _, state := range session.States() {
		for _, cause := range causes {
			want, ok := live[state]
			if !ok {
				if want, ok = ends[cause]; !ok {
					want = glueapi.SessionStatusFailed
				}
				if state == session.StateStopping && want == glueapi.SessionStatusStopped {
					want = glueapi.SessionStatusStopping
				}
			}
			s := session.Session{State: state, Cause: cause}
			if got := statusOf(s); got != want {
				t.Errorf("%s, %q is %s, want %s", state, cause, got, want)
			}
			if (errorMessage(s) == "") != (want != glueapi.SessionStatusFailed && want != glueapi.SessionStatusTimeout) {
				t.Errorf("%s, %q: message %q", state, cause, errorMessage(s))
			}
		}
	}
}

func TestSelectStatus_EveryStateAndCause_SelectsWhatStatusOfProjects(t *testing.T) {
	for _, status := range append(glueapi.SessionStatus("").Values(), "NONE") {
		f := session.Filter{}
		known := selectStatus(&f, status)
		for _, state := range session.States() {
			causes := []session.Cause{""} // what lives has no cause of an end
			if state == session.StateStopping || state == session.StateEnded {
				causes = session.Causes()
			}
			for _, cause := range causes {
				want := statusOf(session.Session{State: state, Cause: cause}) == status
				got := known && slices.Contains(f.States, state) && (f.Causes == nil || slices.Contains(f.Causes, cause))
				if got != want {
					t.Errorf("a list of %s with %s, %q: %v, want %v", status, state, cause, got, want)
				}
			}
		}
	}
}
