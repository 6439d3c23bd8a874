package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/server"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestDataDir_OfOneServer_IsClosedToASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "data")
	first, err := openData(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.announce("http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := openData(path); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:1") || !strings.Contains(err.Error(), "-data") {
		t.Errorf("a second server: %v", err)
	}
	for _, name := range []string{tokenFile, addressFile, lockFile} {
		if info, err := os.Stat(filepath.Join(path, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info, err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openData(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readToken(path); err == nil {
		t.Error("the token outlives its server")
	}
	if err := again.close(); err != nil {
		t.Error(err)
	}
}

func TestDataDir_TokenFileOfAnother_IsReplaced(t *testing.T) {
	path := t.TempDir()
	file := filepath.Join(path, tokenFile)
	if err := os.WriteFile(file, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := openData(path)
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.announce("http://x")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got, err := readToken(path); err != nil || got != token || len(token) < 20 {
		t.Errorf("token %q, %v", got, err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

// running is a server with one session, announced in a data directory.
func running(t *testing.T) (data string) {
	t.Helper()
	driver := fake.New(fake.Config{})
	manager := session.NewManager(session.Config{Store: sessiontest.NewStore(), Engines: engine.Fleet{"local": driver}})
	if err := manager.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := manager.Create(t.Context(), session.NewSession{
		Ref:  session.Ref{Dialect: "glue", Scope: "000000000000/eu-west-1", ExternalID: "my session"},
		Spec: engine.Spec{Launch: engine.Launch{Runtime: "spark-3.5"}, Setup: engine.Setup{Language: engine.Python}, Notes: []string{"two cores"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := openData(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var front *server.Server
	s := httptest.NewUnstartedServer(nil)
	token, err := d.announce("http://" + s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if front, err = server.New(server.Config{Sessions: manager, AdminToken: token}); err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = front
	s.Start()
	t.Cleanup(func() {
		s.Close()
		if err := manager.Stop(t.Context(), true); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		driver.Close()
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return d.path
}

func TestSession_OfARunningServer_IsListedShownAndStopped(t *testing.T) {
	data := running(t)
	hearth := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := run(append([]string{"session"}, append(args, "-data", data)...), &out, &out); code != 0 {
			t.Errorf("%v: %d %s", args, code, &out)
		}
		return out.String()
	}
	if got := hearth("list"); !strings.Contains(got, "glue") || !strings.Contains(got, `"my session"`) {
		t.Errorf("list: %s", got)
	}
	var all []server.AdminSession
	if err := json.Unmarshal([]byte(hearth("list", "-json")), &all); err != nil || len(all) != 1 {
		t.Fatalf("list -json: %v, %v", all, err)
	}
	for _, id := range []string{"my session", all[0].ID, all[0].ID[:8]} {
		if got := hearth("show", id); !strings.Contains(got, `"grants": "two cores"`) || !strings.Contains(got, `"engine": "local"`) {
			t.Errorf("show %s: %s", id, got)
		}
	}
	if got := hearth("logs", "my session"); !strings.Contains(got, "two cores") {
		t.Errorf("logs: %s", got)
	}
	if got := hearth("stop", "my session"); !strings.HasSuffix(got, " is stopping\n") {
		t.Errorf("stop: %s", got)
	}
	var out bytes.Buffer
	if code := run([]string{"session", "show", "nobody", "-data", data}, &out, &out); code != 1 || !strings.Contains(out.String(), "There is no session") {
		t.Errorf("show nobody: %d %s", code, &out)
	}
}
