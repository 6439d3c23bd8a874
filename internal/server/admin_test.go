package server

import (
	"encoding/json"
	"strings"
	"testing"

	"hearth/internal/session"
)

func TestAdmin_WithoutTheToken_IsClosed(t *testing.T) {
	h := newFixture(t)
	h.add("x")
	for _, authorization := range []string{"", "Bearer ", "Bearer wrong", "open sesame", "Basic open sesame", "Bearer open sesame "} {
		w := h.send("GET", "/_hearth/v1/sessions", "", "Authorization", authorization)
		if w.Code != 401 || strings.Contains(w.Body.String(), "s-x") {
			t.Errorf("%q: %d %s", authorization, w.Code, w.Body)
		}
	}
	none := newFixture(t, func(c *Config) { c.AdminToken = "" })
	if w := none.send("GET", "/_hearth/v1/sessions", "", "Authorization", "Bearer "); w.Code != 404 {
		t.Errorf("no token configured: %d", w.Code)
	}
}

func TestAdmin_WithTheToken_SeesSessionsOfAllDialects(t *testing.T) {
	h := newFixture(t)
	h.add("../../x y")
	h.add("done", func(s *session.Session) { s.State, s.Cause = session.StateEnded, session.CauseIdle })
	h.add("livy", func(s *session.Session) { s.Dialect = "livy" })
	h.add("livy", func(s *session.Session) { s.ID = "s-other" })
	h.shelf.logs["../../x y"] = "the log"
	call := func(method, path string) (int, string) {
		w := h.send(method, "/_hearth/v1/"+path, "", "Authorization", "Bearer open sesame")
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		method, path string
		status       int
		text         string
	}{
		{"GET", "sessions", 200, `"id":"s-livy"`},
		{"GET", "sessions?all=1", 200, `"cause":"idle_timeout"`},
		{"GET", "session?id=..%2F..%2Fx%20y", 200, `"external_id":"../../x y"`},
		{"GET", "session?id=s-do", 200, `"id":"s-done"`},
		{"GET", "session?id=s-other", 200, `"id":"s-other"`},
		{"GET", "session?id=livy", 409, "Several sessions"},
		{"GET", "session?id=nobody", 404, "There is no session"},
		{"GET", "session?id=", 404, "There is no session"},
		{"GET", "session/log?id=..%2F..%2Fx%20y", 200, "the log"},
		{"POST", "session/stop?id=..%2F..%2Fx%20y", 200, `"state":"stopping"`},
		{"GET", "session/stop?id=..%2F..%2Fx%20y", 404, ""},
		{"GET", "nothing", 404, ""},
	} {
		if status, body := call(c.method, c.path); status != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
	var live struct{ Sessions []AdminSession }
	_, body := call("GET", "sessions")
	if err := json.Unmarshal([]byte(body), &live); err != nil || len(live.Sessions) != 3 {
		t.Errorf("live: %s, %v", body, err)
	}
	if line := h.last(t); line["principal"] != "admin" || line["operation"] != "GET /_hearth/v1/sessions" {
		t.Errorf("line: %v", line)
	}
}
