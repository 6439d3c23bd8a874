package livy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

func TestStatements_MoreThanLivyKeeps_AreAllThere(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark"}`)
		for i := range 250 {
			h.Want(http.StatusCreated, "", "POST", "/sessions/0/statements", fmt.Sprintf(`{"code":"value %d"}`, i))
			synctest.Wait()
		}
		h.Want(http.StatusOK, `"text/plain":"0"`, "GET", "/sessions/0/statements/0", "")
		var list struct {
			Total      int `json:"total_statements"`
			Statements []struct{ ID int }
		}
		for query, want := range map[string][2]int{
			"": {0, 250}, "?from=120": {120, 130}, "?from=99&size=110": {99, 110}, "?from=240&size=100": {240, 10},
		} {
			if err := json.Unmarshal([]byte(h.Want(http.StatusOK, "", "GET", "/sessions/0/statements"+query, "")), &list); err != nil {
				t.Fatal(err)
			}
			if list.Total != 250 || len(list.Statements) != want[1] || list.Statements[0].ID != want[0] {
				t.Errorf("%q: %d of %d from %d, want %d from %d", query, len(list.Statements), list.Total, list.Statements[0].ID, want[1], want[0])
			}
		}
		body := h.Want(http.StatusOK, "", "GET", "/sessions/0/statements?from=10&size=120&order=desc", "")
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Statements) != 120 || list.Statements[0].ID != 239 || list.Statements[119].ID != 120 {
			t.Errorf("descending from 10: %d from %d", len(list.Statements), list.Statements[0].ID)
		}
	})
}

func TestStatements_LargeOnes_EndTheListWithTheRightTotal(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark"}`)
		large := strings.Repeat("x", livyapi.ListBytes/5)
		for range 5 { // each has its code and its result
			h.Want(http.StatusCreated, "", "POST", "/sessions/0/statements", `{"code":"value `+large+`"}`)
			synctest.Wait()
		}
		for query, want := range map[string][]int{"": {0, 1}, "?from=1": {1, 2}, "?from=3": {3, 4}, "?order=desc": {4, 3}, "?order=desc&from=4": {0}} {
			var list struct {
				Total      int `json:"total_statements"`
				Statements []struct{ ID int }
			}
			if err := json.Unmarshal([]byte(h.Want(http.StatusOK, "", "GET", "/sessions/0/statements"+query, "")), &list); err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, st := range list.Statements {
				got = append(got, st.ID)
			}
			if list.Total != 5 || !slices.Equal(got, want) {
				t.Errorf("%q: %v of %d, want %v of 5", query, got, list.Total, want)
			}
		}
	})
}

func TestCancel_CodeThatDoesNotStop_StaysCancelling(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark"}`)
		h.Want(http.StatusCreated, "", "POST", "/sessions/0/statements", `{"code":"ignore_interrupt; sleep 1m; value 1"}`)
		synctest.Wait()
		h.Want(http.StatusOK, `{"msg":"canceled"}`, "POST", "/sessions/0/statements/0/cancel", "")
		time.Sleep(45 * time.Second)
		h.Want(http.StatusOK, `"state":"cancelling","output":null`, "GET", "/sessions/0/statements/0", "")
		h.Want(http.StatusOK, `"state":"busy"`, "GET", "/sessions/0/state", "")
		time.Sleep(time.Minute)
		h.Want(http.StatusOK, `"state":"idle"`, "GET", "/sessions/0/state", "")
	})
}

func TestStop_SlowSession_AnswersAndGoesOnStopping(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"name":"slow"}`)
		began := time.Now()
		h.Want(http.StatusNoContent, "", "POST", "/sessions/0/stop", "")
		if took := time.Since(began); took != dialect.StopWait {
			t.Errorf("answered after %v", took)
		}
		h.Want(http.StatusOK, `"state":"shutting_down"`, "GET", "/sessions/0/state", "")
		time.Sleep(2 * time.Second)
		h.Want(http.StatusOK, `"state":"dead"`, "GET", "/sessions/0/state", "")
	})
}

func TestDelete_Answered_NothingRuns(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{}`)
		h.Want(http.StatusOK, `{"msg":"deleted"}`, "DELETE", "/sessions/0", "")
		synctest.Wait()
		if n := h.Instances(); n != 0 {
			t.Errorf("%d instances are left", n)
		}
	})
}

func TestOutput_OfEachInterpreter_IsLivys(t *testing.T) {
	trace := &engine.StatementError{
		Name: "java.lang.ArithmeticException", Value: "/ by zero",
		Traceback: []string{"java.lang.ArithmeticException: / by zero\n", "  ... 32 elided\n"},
	}
	out := func(stream, text string) session.Output { return session.Output{Stream: stream, Text: text} }
	for name, c := range map[string]struct {
		st   session.Statement
		want string
	}{
		"python value": {
			done(engine.Python, map[string]string{livyapi.TextPlain: "2"}), `{"status":"ok","execution_count":6,"data":{"text/plain":"2"}}`,
		},
		"python table": {
			done(engine.Python, map[string]string{"application/vnd.livy.table.v1+json": `{"headers":[],"data":[]}`}),
			`{"status":"ok","execution_count":6,"data":{"application/vnd.livy.table.v1+json":{"headers":[],"data":[]}}}`,
		},
		"python json": {
			done(engine.Python, map[string]string{"application/json": `{"a":1.0}`}, out("stdout", "first\n")),
			`{"status":"ok","execution_count":6,"data":{"application/json":{"a":1.0},"text/plain":"first"}}`,
		},
		"python html": {
			done(engine.Python, map[string]string{"text/html": "<b>1</b>"}), `{"status":"ok","execution_count":6,"data":{"text/html":"<b>1</b>"}}`,
		},
		"json that is none": {
			done(engine.Python, map[string]string{"application/json": `{`}), `{"status":"ok","execution_count":6,"data":{"application/json":"{"}}`,
		},
		"scala echo": {
			done(engine.Scala, map[string]string{livyapi.TextPlain: "res0: Int = 2"}, out("stdout", "hi\n")),
			`{"status":"ok","execution_count":6,"data":{"text/plain":"hi\nres0: Int = 2\n"}}`,
		},
		"scala json": {
			done(engine.Scala, map[string]string{"application/json": `"AAAA"`, livyapi.TextPlain: "r: String = AAAA"}, out("stdout", "hi\n")),
			`{"status":"ok","execution_count":6,"data":{"application/json":"AAAA"}}`,
		},
		"scala table": {
			done(engine.Scala, map[string]string{"application/vnd.livy.table.v1+json": `{"headers":[],"data":[]}`, livyapi.TextPlain: ""}),
			`{"status":"ok","execution_count":6,"data":{"application/vnd.livy.table.v1+json":{"headers":[],"data":[]}}}`,
		},
		"scala silence": {done(engine.Scala, nil), `{"status":"ok","execution_count":6,"data":{"text/plain":""}}`},
		"scala exception": {
			wrong(engine.Scala, trace),
			`{"status":"error","execution_count":6,"ename":"Error","evalue":"java.lang.ArithmeticException: / by zero","traceback":["  ... 32 elided\n"]}`,
		},
		"scala without a trace": {
			wrong(engine.Scala, &engine.StatementError{Name: "IncompleteInput", Value: "incomplete statement"}),
			`{"status":"error","execution_count":6,"ename":"Error","evalue":"incomplete statement","traceback":[]}`,
		},
		"sql table": {
			done(engine.SQL, map[string]string{"application/json": `{"schema":{"type":"struct","fields":[]},"data":[[1.50,null]]}`, livyapi.TextPlain: "|1|"}),
			`{"status":"ok","execution_count":6,"data":{"application/json":{"schema":{"type":"struct","fields":[]},"data":[[1.50,null]]}}}`,
		},
		"sql error": {
			wrong(engine.SQL, &engine.StatementError{Name: "AnalysisException", Value: "no table", Traceback: []string{"a.b.C.d(C.scala:1)\n"}}),
			`{"status":"error","execution_count":6,"ename":"Error","evalue":"no table","traceback":["a.b.C.d(C.scala:1)\n"]}`,
		},
		"an end under it": {
			session.Statement{Place: 7, Language: engine.Scala, State: session.StatementFailed, Error: &engine.StatementError{Name: "SessionEnded", Value: "gone"}},
			`{"status":"error","execution_count":6,"ename":"SessionEnded","evalue":"gone","traceback":[]}`,
		},
		"an error of nobody": {
			session.Statement{Place: 7, State: session.StatementFailed},
			`{"status":"error","execution_count":6,"ename":"Error","evalue":"The statement failed.","traceback":[]}`,
		},
		"running": {session.Statement{Place: 7, State: session.StatementRunning, Output: []session.Output{out("stdout", "so far")}}, `null`},
	} {
		got, err := encode(output(c.st))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func done(lang engine.Language, result map[string]string, out ...session.Output) session.Statement {
	return session.Statement{Place: 7, Language: lang, State: session.StatementDone, Status: engine.StatusOK, Result: result, Output: out}
}

func wrong(lang engine.Language, e *engine.StatementError) session.Statement {
	return session.Statement{Place: 7, Language: lang, State: session.StatementDone, Status: engine.StatusError, Error: e}
}

func TestStates_EveryStateAndCause_IsOneThatClientsKnow(t *testing.T) {
	known := "not_started starting recovering idle running busy shutting_down error dead killed success "
	for _, state := range session.States() {
		for _, cause := range []session.Cause{
			"", session.CauseStopped, session.CauseIdle, session.CauseLifetime, session.CauseShutdown, session.CauseFailedStart,
			session.CauseExited, session.CauseCrashed, session.CauseOutOfMemory, session.CauseLost, "one to come",
		} {
			if got := stateOf(session.Session{State: state, Cause: cause}); got == "" || !strings.Contains(known, got+" ") {
				t.Errorf("%s, %s is %q", state, cause, got)
			}
		}
	}
}
