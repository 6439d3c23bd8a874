package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/engine/spark"
	"hearth/internal/files"
	"hearth/internal/server"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// mounted is a server over the fake engine with the dialects of a table and a configuration.
func mounted(t *testing.T, rows []dialectRow, args ...string) (*server.Server, *session.Manager, error) {
	t.Helper()
	c, err := readConfig(append(args, "-data", t.TempDir()), rows, io.Discard)
	if err != nil {
		return nil, nil, err
	}
	driver := fake.New(fake.Config{Admit: spark.Admit})
	opened, err := files.New([]string{t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	h := &program{config: c, files: opened, log: slog.New(slog.DiscardHandler), manager: session.NewManager(session.Config{
		Store: sessiontest.NewStore(), Engines: engine.Fleet{"fake": driver}, DialectEngines: c.dialectEngines(), Files: opened,
	})}
	mounts, err := h.mount(anyRuntime{}, server.NewPages())
	if err != nil {
		return nil, nil, err
	}
	front, err := server.New(server.Config{Sessions: h.manager, Mounts: mounts})
	if err != nil {
		return nil, nil, err
	}
	if err := h.manager.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.manager.Stop(t.Context(), true); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		driver.Close()
	})
	return front, h.manager, nil
}

// anyRuntime serves every version.
type anyRuntime struct{}

func (anyRuntime) Resolve(string, string) (name, note string, err error) { return "spark-3.5", "", nil }
func (anyRuntime) Version(string) string                                 { return "" }

func ask(t *testing.T, front http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8998"
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	return w
}

// Every setting of the file reaches the wire: here those that show without a session.
func TestDialects_SectionsOfAFile_ReachTheWire(t *testing.T) {
	front, _, err := mounted(t, dialects(), "-config", written(t, `
livy: {base_path: /gateway/default/livy, fields: "0.7", require_requested_by: true, impersonation: true, superusers: [hue]}
`))
	if err != nil {
		t.Fatal(err)
	}
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
		if w := ask(t, front, one.method, one.path, ""); w.Code != one.status {
			t.Errorf("%s %s: %d %s", one.method, one.path, w.Code, w.Body)
		}
	}
}

func TestDialects_SwitchedByName_AnswerAlone(t *testing.T) {
	for _, args := range [][]string{{"-dialects", "dli, glue"}, {"-config", written(t, "dialects: [glue, dli]\n")}} {
		front, _, err := mounted(t, dialects(), args...)
		if err != nil {
			t.Fatal(err)
		}
		target := []string{"X-Amz-Target: AWSGlue.GetSession", "Content-Type: application/x-amz-json-1.1"}
		if w := ask(t, front, "POST", "/", `{"Id":"x"}`, target...); w.Code != 400 || !strings.Contains(w.Body.String(), "EntityNotFound") {
			t.Errorf("%v: glue: %d %s", args, w.Code, w.Body)
		}
		if w := ask(t, front, "GET", "/sessions", ""); w.Code != 404 {
			t.Errorf("%v: livy answers %d %s", args, w.Code, w.Body)
		}
		if w := ask(t, front, "GET", "/v2.0/p/sessions", ""); w.Code != 200 {
			t.Errorf("%v: dli answers %d %s", args, w.Code, w.Body)
		}
	}
	if _, err := readConfig([]string{"-dialects", ""}, dialects(), io.Discard); err == nil {
		t.Error("no name at all was taken for one")
	}
	_, err := readConfig([]string{"-dialects", "glue,ray"}, dialects(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), `"ray"`) || !strings.Contains(err.Error(), "glue, sts, iam, livy, dli") {
		t.Errorf("a name of nothing: %v", err)
	}
}

func TestDialects_OnePathOfTwo_IsRefusedWithBothNames(t *testing.T) {
	_, _, err := mounted(t, dialects(), "-livy-base-path", "/v2.0/livy")
	if err == nil || !strings.Contains(err.Error(), "livy") || !strings.Contains(err.Error(), "dli") {
		t.Errorf("livy below the paths of dli: %v", err)
	}
	if _, _, err := mounted(t, dialects(), "-livy-base-path", "/ui/livy"); err == nil || !strings.Contains(err.Error(), "hearth") {
		t.Errorf("livy below the server's own pages: %v", err)
	}
	twice := slices.Concat(dialects(), dialects()[:1])
	if _, _, err := mounted(t, twice); err == nil || !strings.Contains(err.Error(), `"glue"`) {
		t.Errorf("one service twice: %v", err)
	}
}

func TestOpenDoors_BesideAGuardedAPI_AreNamed(t *testing.T) {
	mount := func(name string, guarded bool) server.Mount {
		return server.Mount{Dialect: name, Mounted: dialect.Mounted{Guarded: guarded}}
	}
	for _, c := range []struct {
		mounts []server.Mount
		want   string
	}{
		{nil, ""},
		{[]server.Mount{mount("glue", false), mount("livy", false)}, ""},
		{[]server.Mount{mount("dli", true)}, ""},
		{[]server.Mount{mount("glue", false), mount("livy", false), mount("dli", true)}, "dli asks for credentials, but glue, livy answers everybody"},
	} {
		if got := openDoors(c.mounts); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.mounts, got, c.want)
		}
	}
}
