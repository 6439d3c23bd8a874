package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"hearth/internal/server"
)

// Every setting of the file reaches the wire: here those that show without a session.
func TestLivy_OfAFile_AnswersAsTold(t *testing.T) {
	c, err := readConfig([]string{"-config", written(t, `
livy: {base_path: /gateway/default/livy, fields: "0.7", require_requested_by: true, impersonation: true, superusers: [hue]}
`)}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Livy.Superusers; len(got) != 1 || got[0] != "hue" {
		t.Errorf("superusers are %v", got)
	}
	h := &house{config: c, log: c.logger(io.Discard)}
	front := server.New(server.Config{Routes: c.Livy.routes(h.livy(nil, nil, server.NewPages()))})
	for _, one := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/version", 200},
		{"GET", "/gateway/default/livy/version", 200},
		{"POST", "/gateway/default/livy/sessions", 400}, // without X-Requested-By
		{"POST", "/sessions", 400},
		{"GET", "/gateway/default/version", 404},
		{"GET", "/gateway/default/livy", 307},
	} {
		r := httptest.NewRequestWithContext(t.Context(), one.method, one.path, http.NoBody)
		r.Host = "127.0.0.1:8998"
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != one.status {
			t.Errorf("%s %s: %d %s", one.method, one.path, w.Code, w.Body)
		}
	}
}
