package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/session"
)

func TestAdmin_WithoutTheToken_IsClosed(t *testing.T) {
	h := newHouse(t)
	h.add("x")
	for _, authorization := range []string{"", "Bearer ", "Bearer wrong", "open sesame", "Basic open sesame", "Bearer open sesame "} {
		w := h.send("GET", "/_hearth/v1/sessions", "", "Authorization", authorization)
		if w.Code != 401 || strings.Contains(w.Body.String(), "s-x") {
			t.Errorf("%q: %d %s", authorization, w.Code, w.Body)
		}
	}
	none := newHouse(t, func(c *Config) { c.AdminToken = "" })
	if w := none.send("GET", "/_hearth/v1/sessions", "", "Authorization", "Bearer "); w.Code != 404 {
		t.Errorf("no token configured: %d", w.Code)
	}
}

func TestAdmin_WithTheToken_SeesSessionsOfAllDialects(t *testing.T) {
	h := newHouse(t)
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

func TestFiles_Named_AreFoundBelowTheirDirectoriesOnly(t *testing.T) {
	top := t.TempDir()
	open, closed := filepath.Join(top, "open"), filepath.Join(top, "closed")
	write := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, from string) {
		t.Helper()
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(open, "sub", "a b:c.jar"))
	write(filepath.Join(open, "plain.zip"))
	write(filepath.Join(open, "..dots"))
	write(filepath.Join(closed, "secret"))
	write(filepath.Join(top, "open-too", "x"))
	link(filepath.Join(open, "plain.zip"), filepath.Join(open, "inside"))
	link(filepath.Join(closed, "secret"), filepath.Join(open, "outside"))
	link(closed, filepath.Join(open, "way-out"))
	link("/etc", filepath.Join(open, "etc"))
	link(open, filepath.Join(top, "alias"))
	f, err := NewFiles([]string{filepath.Join(top, "alias"), filepath.Join(top, "open-too")})
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(open)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(real, "plain.zip")
	for ref, want := range map[string]string{
		"plain.zip": plain, "./plain.zip": plain, "sub/../plain.zip": plain, "inside": plain,
		filepath.Join(open, "plain.zip"): plain, "file://" + filepath.Join(open, "plain.zip"): plain,
		"file:" + filepath.Join(open, "plain.zip"): plain, filepath.Join(top, "alias", "plain.zip"): plain,
		"file://" + filepath.Join(open, "sub", "a%20b%3Ac.jar"): filepath.Join(real, "sub", "a b:c.jar"),
		"sub/a b:c.jar": filepath.Join(real, "sub", "a b:c.jar"), "..dots": filepath.Join(real, "..dots"),
	} {
		if got, err := f.Resolve(t.Context(), ref); err != nil || got != want {
			t.Errorf("%q is %q, %v", ref, got, err)
		}
	}
	secret := filepath.Join(closed, "secret")
	for ref, why := range map[string]string{
		"": "name of a file", "absent": "-files", "sub": "-files", ".": "-files", "/": "-files", "outside": "-files", "way-out/secret": "-files",
		"etc/passwd": "-files", "../closed/secret": "-files", secret: "-files", "file://" + secret: "-files", "/etc/passwd": "-files",
		"file:///etc/passwd": "-files", "file://host" + secret: "local file", "file://%zz": "local file",
		"file://" + open + "/%2e%2e/closed/secret": "-files", "a\x00b": "name of a file",
		"s3://bucket/x.jar": "object store", "S3A://bucket/x": "object store",
		"http://127.0.0.1/x": "downloads", "HTTPS://x/y": "downloads", "ftp://x/y": "-files", "local:/etc/passwd": "-files",
	} {
		got, err := f.Resolve(t.Context(), ref)
		if err == nil || session.AsError(err).Kind != session.Invalid || !strings.Contains(session.AsError(err).Msg, why) {
			t.Errorf("%q is %q, %v", ref, got, err)
		}
	}
	if _, err := NewFiles([]string{filepath.Join(top, "absent")}); err == nil {
		t.Error("a directory that is not there was opened")
	}
}
