package dli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

func TestStateOf_EveryEnd_IsAWordOfItsTable(t *testing.T) {
	for cause, want := range map[session.Cause]struct{ session, batch string }{
		session.CauseStopped:     {"success", "dead"},
		session.CauseIdle:        {"success", "dead"},
		session.CauseLifetime:    {"success", "dead"},
		session.CauseHeartbeat:   {"success", "dead"},
		session.CauseShutdown:    {"success", "dead"},
		session.CauseFailedStart: {"error", "dead"},
		session.CauseCompleted:   {"error", "success"}, // no session has a program that completes
		session.CauseExited:      {"dead", "dead"},
		session.CauseCrashed:     {"error", "dead"},
		session.CauseOutOfMemory: {"error", "dead"},
		session.CauseLost:        {"dead", "dead"},
	} {
		s := session.Session{State: session.StateEnded, Cause: cause}
		if got := stateOf(s); got != want.session {
			t.Errorf("a session that ended by %s is %s, want %s", cause, got, want.session)
		}
		s.Spec.Launch.Batch = &engine.Batch{}
		if got := stateOf(s); got != want.batch {
			t.Errorf("a batch that ended by %s is %s, want %s", cause, got, want.batch)
		}
	}
}

func TestIdle_WithoutHeartbeatTimeout_IsAnHour(t *testing.T) {
	for _, body := range []string{small, with(`"heartbeatTimeoutInSecond":0`), with(`"heartbeatTimeoutInSecond":null`)} {
		within(t, nil, func(t *testing.T, h *fixture) {
			path := h.ready(body)
			time.Sleep(time.Hour - 5*time.Second)
			synctest.Wait()
			h.want(http.StatusOK, `"state":"idle"`, "GET", path+"/state", "")
			time.Sleep(10 * time.Second)
			synctest.Wait()
			h.want(http.StatusOK, `"state":"success"`, "GET", path+"/state", "")
		})
	}
}

func TestList_EndedSessions_AreShownForTenMinutes(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		path := h.created(with(`"driverMemory":"1"`))
		time.Sleep(10*time.Minute - 1)
		h.want(http.StatusOK, `"total":1`, "GET", "/sessions", "")
		time.Sleep(time.Nanosecond)
		h.want(http.StatusOK, `"total":0`, "GET", "/sessions", "")
		h.want(http.StatusOK, `"state":"error"`, "GET", path+"/state", "")
	})
}

func TestDelete_OfWhatStopsSlowly_AnswersAfterEightSeconds(t *testing.T) {
	for _, c := range []struct{ collection, body, meanwhile, after string }{
		{"/sessions", with(`"name":"slow"`), "shutting_down", ""},
		{"/batches", job(`"name":"slow"`), "running", "running"},
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			path := h.createdIn(c.collection, c.body)
			time.Sleep(startUp + time.Second)
			var took time.Duration
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				began := time.Now()
				h.want(http.StatusOK, `{"msg":"deleted"}`, "DELETE", path, "")
				took = time.Since(began)
			}()
			synctest.Wait()
			h.want(http.StatusOK, `"state":"`+c.meanwhile+`"`, "GET", path+"/state", "")
			<-answered
			if took != 8*time.Second {
				t.Errorf("%s: deleted after %v", c.collection, took)
			}
			if c.after == "" {
				h.want(http.StatusNotFound, codeNotFound, "GET", path+"/state", "")
			} else {
				h.want(http.StatusOK, `"state":"`+c.after+`"`, "GET", path+"/state", "")
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if n := h.alive(); n != 0 {
				t.Errorf("%s: %d instances live", c.collection, n)
			}
		})
	}
}

// alive counts the instances that have not ended.
func (h *fixture) alive() int {
	found, err := h.Driver.Find(h.T.Context())
	if err != nil {
		h.T.Fatal(err)
	}
	n := 0
	for _, one := range found {
		if one.Alive {
			n++
		}
	}
	return n
}

func TestLists_Long_AreWholeAndReadByPosition(t *testing.T) {
	const last = 120
	within(t, nil, func(t *testing.T, h *fixture) {
		for i := range last + 1 {
			h.created(with(fmt.Sprintf(`"driverMemory":"1","name":"n%d"`, i)))
		}
		text := h.want(http.StatusOK, fmt.Sprintf(`"total":%d`, last+1), "GET", fmt.Sprintf("/sessions?from=%d", last), "")
		if strings.Count(text, `"id"`) != 1 || !strings.Contains(text, fmt.Sprintf(`"name":"n%d"`, last)) {
			t.Errorf("the last of them is %s", text)
		}
		if text := h.want(http.StatusOK, `"name":"n0"`, "GET", "/sessions", ""); strings.Count(text, `"id"`) != 100 {
			t.Errorf("without a size there are %d", strings.Count(text, `"id"`))
		}
		path := h.ready(with(`"queue":"other"`))
		for range 101 {
			h.want(http.StatusOK, `"state":"waiting"`, "POST", path+"/statements", `{"code":"value 1"}`)
			synctest.Wait()
		}
		text = h.want(http.StatusOK, `"total_statements":101`, "GET", path+"/statements", "")
		if n := strings.Count(text, `"state":"available"`); n != 101 || !strings.Contains(text, `"id":100,`) {
			t.Errorf("%d statements", n)
		}
	})
}
