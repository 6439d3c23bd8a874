package livy

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// The headers that Livy sends since 0.9. A name or a message may hold a script:
// nothing that comes from here may be shown as a page.
func TestHeaders_OfEveryAnswer_KeepScriptsOut(t *testing.T) {
	const script = "<script>alert(1)</script>"
	within(t, nil, func(t *testing.T, h *fixture) {
		for _, c := range []struct{ method, path, body string }{
			{"POST", "/sessions", `{"name":"` + script + `"}`},
			{"POST", "/sessions", `{"name":"` + script + `"}`}, // refused, and named
			{"POST", "/sessions", `{"kind":"` + script + `"}`},
			{"POST", "/sessions", `{"` + script + `":1}`},
			{"POST", "/batches", `{"file":"` + script + `"}`},
			{"GET", "/sessions", ""},
			{"GET", "/sessions/0", ""},
			{"GET", "/sessions/%3Cscript%3E", ""},
			{"GET", "/sessions?from=%3Cscript%3E", ""},
			{"GET", "/%3Cscript%3E", ""},
			{"DELETE", "/sessions", ""},
		} {
			w := h.Send(c.method, c.path, c.body)
			if kind := w.Header().Get("Content-Type"); w.Body.Len() > 0 && kind != contentType {
				t.Errorf("%s %s is shown as %q", c.method, c.path, kind)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-XSS-Protection": "1; mode=block",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Server": "",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s %s: %s is %q", c.method, c.path, name, got)
				}
			}
		}
	})
}

// Secrets in conf are shown to the owner, by every route that shows a session.
func TestSecrets_OnEveryRoute_AreTheOwnersAlone(t *testing.T) {
	const alice, bob = "Authorization: Basic YWxpY2U6c2VjcmV0", "Authorization: Basic Ym9iOng="
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"conf":{"spark.hadoop.fs.s3a.access.key":"AKIA1","spark.app.token":"t0ps3cret","spark.app.options":"-Dpassword=hunter2"}}`, alice)
		for _, c := range []struct{ method, path string }{
			{"GET", "/sessions"}, {"GET", "/sessions/0"}, {"POST", "/sessions/0/connect"}, {"GET", "/sessions/0/log"},
		} {
			for _, secret := range []string{"AKIA1", "t0ps3cret", "hunter2"} {
				for _, headers := range [][]string{nil, {bob}} {
					if w := h.Send(c.method, c.path, "", headers...); w.Code != http.StatusOK || strings.Contains(w.Body.String(), secret) {
						t.Errorf("%s %s shows %s to %v: %d", c.method, c.path, secret, headers, w.Code)
					}
				}
			}
		}
		h.Want(http.StatusOK, "hunter2", "GET", "/sessions/0", "", alice)
	})
}

// Livy consumes the id of a request that it refuses, and keeps what it began.
func TestRefused_RequestsOfBothKinds_ConsumeNothing(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for range 30 { // more than may live at once
			h.Want(http.StatusBadRequest, "", "POST", "/sessions", `{"name":"7"}`)
			h.Want(http.StatusBadRequest, "", "POST", "/batches", `{"file":"/etc/passwd"}`)
		}
		h.Want(http.StatusCreated, `"id":0,`, "POST", "/sessions", `{}`)
		h.Want(http.StatusCreated, `"id":0,`, "POST", "/batches", `{"file":"/data/a.py"}`)
		synctest.Wait()
		if n := h.Instances(); n != 2 {
			t.Errorf("%d instances", n)
		}
	})
}

func TestBody_ThatIsTooLarge_IsRefusedUnread(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark"}`)
		for _, path := range []string{"/sessions", "/batches", "/sessions/0/statements", "/sessions/0/completion"} {
			h.Want(http.StatusRequestEntityTooLarge, `{"msg":"The body is larger than 33554432 bytes."}`, "POST", path, `{"code":"`+strings.Repeat("x", maxBody)+`"}`)
		}
		h.Want(http.StatusOK, `"total_statements":0`, "GET", "/sessions/0/statements", "")
	})
}

func TestBatches_AtTheLimit_AreRejectedInLivysWords(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for range 20 {
			h.Want(http.StatusCreated, "", "POST", "/batches", `{"file":"/data/a.py"}`)
		}
		h.Want(http.StatusBadRequest, `{"msg":"Rejected, too many sessions are being created!"}`, "POST", "/batches", `{"file":"/data/a.py"}`)
	})
}
