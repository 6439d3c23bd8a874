package session_test

import (
	"encoding/base64"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// job is a job with a pickled function.
func job(pickle string) session.NewStatement {
	return session.NewStatement{Series: session.SeriesJobs, Language: engine.PythonJob, Code: pickle}
}

// submit sends a job that runs a script.
func (h *fixture) submit(id, script string) session.Statement {
	h.t.Helper()
	st, err := h.Run(h.t.Context(), ref(id), job(base64.StdEncoding.EncodeToString([]byte(script))))
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

func (h *fixture) wantJob(id string, place int64, state session.StatementState) session.Statement {
	h.t.Helper()
	synctest.Wait()
	st, err := h.Statement(h.t.Context(), ref(id), session.StatementRef{Series: session.SeriesJobs, Place: place})
	if err != nil || st.State != state {
		h.t.Fatalf("job %d is %s, %v, want %s", place, st.State, err, state)
	}
	return st
}

func TestManager_Job_OfAStartingSession_RunsWhenItIsReady(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: 30 * time.Second} }
	within(t, slow, nil, func(t *testing.T, h *fixture) {
		h.create("a")
		h.submit("a", "pickle one")
		h.submit("a", "pickle two")
		h.want("a", session.StateStarting)
		if err := h.Cancel(t.Context(), ref("a"), session.StatementRef{Series: session.SeriesJobs, Place: 2}); err != nil {
			t.Fatal(err)
		}
		h.wantJob("a", 1, session.StatementWaiting)
		time.Sleep(time.Minute)
		if st := h.wantJob("a", 1, session.StatementDone); st.Result[engine.PickleMIME] != "one" {
			t.Errorf("result %v", st.Result)
		}
		s := h.want("a", session.StateIdle)
		if st := h.wantJob("a", 2, session.StatementCancelled); !st.StartedAt.IsZero() {
			t.Errorf("cancelled before it ran, and started at %v", st.StartedAt)
		}
		if ran := h.driver.Ran(s.Spec.ID); !slices.Equal(ran, []int64{1}) {
			t.Errorf("%v ran", ran)
		}
	})
}

func TestManager_Job_BesideStatements_WaitsWithThemAndCountsApart(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		for _, step := range []string{"code", "job", "job", "code"} {
			if step == "job" {
				h.submit("a", "sleep 1s")
				continue
			}
			h.run("a", "sleep 1s")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		code, _, errCode := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{Limit: 9})
		jobs, next, errJobs := h.Statements(t.Context(), ref("a"), session.SeriesJobs, session.Page{Limit: 1})
		if errCode != nil || errJobs != nil {
			t.Fatal(errCode, errJobs)
		}
		if len(code) != 2 || code[1].Place != 2 || code[1].Number != 4 {
			t.Errorf("statements %+v", code)
		}
		if len(jobs) != 1 || jobs[0].Place != 1 || jobs[0].Number != 2 || next != 1 {
			t.Errorf("jobs %+v, next page after %d", jobs, next)
		}
		if ran := h.driver.Ran(s.Spec.ID); !slices.Equal(ran, []int64{1, 2, 3, 4}) {
			t.Errorf("%v ran", ran)
		}
		_, err := h.Statement(t.Context(), ref("a"), session.StatementRef{Place: 3})
		wantKind(t, err, session.NotFound, session.ReasonNoStatement)
		_, err = h.Statement(t.Context(), ref("a"), session.StatementRef{Series: session.SeriesJobs, Place: 3})
		wantKind(t, err, session.NotFound, session.ReasonNoStatement)
		wantKind(t, h.Cancel(t.Context(), ref("a"), session.StatementRef{Series: session.SeriesJobs, Place: 0}), session.NotFound, session.ReasonNoStatement)
	})
}

func TestManager_Job_RunningOverARestart_GoesOn(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		h.run("a", "value 1")
		h.submit("a", "sleep 1m; pickle done")
		h.submit("a", "hang")
		h.wantJob("a", 1, session.StatementRunning)
		h.restart()
		time.Sleep(2 * time.Minute)
		if st := h.wantJob("a", 1, session.StatementDone); st.Result[engine.PickleMIME] != "done" {
			t.Errorf("result %v", st.Result)
		}
		h.wantJob("a", 2, session.StatementRunning)
		if err := h.Cancel(t.Context(), ref("a"), session.StatementRef{Series: session.SeriesJobs, Place: 2}); err != nil {
			t.Fatal(err)
		}
		h.wantJob("a", 2, session.StatementCancelled)
		h.wantStatement("a", 1, session.StatementDone)
		if ran := h.driver.Ran(s.Spec.ID); !slices.Equal(ran, []int64{1, 2, 3}) {
			t.Errorf("%v ran", ran)
		}
	})
}

func TestManager_Job_OfASessionThatEnds_FailsAndIsRefused(t *testing.T) {
	neverReady := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: -1} }
	within(t, neverReady, nil, func(t *testing.T, h *fixture) {
		h.create("a")
		h.submit("a", "pickle 1")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Run(t.Context(), ref("a"), job(""))
		wantKind(t, err, session.Conflict, session.ReasonState)
		time.Sleep(time.Minute)
		if st := h.wantJob("a", 1, session.StatementFailed); st.Error == nil || st.Error.Name != "SessionEnded" {
			t.Errorf("error %+v", st.Error)
		}
		h.create("b", program)
		_, err = h.Run(t.Context(), ref("b"), job(""))
		wantKind(t, err, session.Conflict, session.ReasonState)
	})
}
