package local_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/local"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
	"hearth/internal/kernel"
)

func TestSocket_WithoutTheSecret_SendsNothing(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	r := record(t, o.dir)
	secret, err := os.ReadFile(o.dir.Secret())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]kernel.Frame{
		"no secret":      {Type: kernel.Attach, Proto: kernel.Version},
		"wrong secret":   {Type: kernel.Attach, Proto: kernel.Version, Secret: strings.Repeat("0", len(secret))},
		"its hash":       {Type: kernel.Attach, Proto: kernel.Version, Secret: supervise.Hash(string(secret))},
		"no attach":      {Type: kernel.Execute, Stmt: 1, Lang: engine.Python, Code: "value 1"},
		"other protocol": {Type: kernel.Attach, Proto: kernel.Version + 1, Secret: string(secret)},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("unix", r.Socket)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := kernel.NewWriter(c).Write(f); err != nil {
				t.Fatal(err)
			}
			in := kernel.NewReader(c)
			if answer, err := in.Read(); err != nil || answer.Type != kernel.Refused {
				t.Errorf("answer = %+v, %v, want refused", answer, err)
			}
			if f, err := in.Read(); err == nil {
				t.Errorf("then came %+v, want the end", f)
			}
		})
	}
}

func TestFiles_OfInstance_ArePrivate(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	err := filepath.Walk(string(o.dir), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecret_OfInstance_IsInNoArgvAndNoEnvironment(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	secret, err := os.ReadFile(o.dir.Secret())
	if err != nil {
		t.Fatal(err)
	}
	env := o.run(1, engine.Python, "env").Data["text/plain"]
	if !strings.Contains(env, "HEARTH_INSTANCE_ID="+o.id) {
		t.Errorf("the kernel's environment has no tag: %s", env)
	}
	if strings.Contains(env, string(secret)) {
		t.Error("the kernel's environment holds the secret")
	}
	for _, file := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(record(t, o.dir).Self.PID), file))
		if err == nil && strings.Contains(string(b), string(secret)) {
			t.Errorf("the supervisor's %s holds the secret", file)
		}
	}
	launch, err := os.ReadFile(o.dir.Launch())
	if err != nil || strings.Contains(string(launch), string(secret)) {
		t.Errorf("the launch file holds the secret, or cannot be read: %v", err)
	}
}

// What an earlier connection took counts, and what was refused does not.
func TestUpload_BeyondTheTotalOfTheInstance_IsRefused(t *testing.T) {
	data := t.TempDir()
	limited := func() *local.Driver {
		d, err := local.New(local.Config{DataDir: data, Binary: os.Args[0], Recipe: localtest.Recipe(localtest.Stub), UploadLimit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	o := startOne(t, data, localtest.Stub, nil)
	o.until(engine.EventReady)
	upload := func(n int) error {
		return o.in.Upload(t.Context(), engine.FilePlain, "f", strings.NewReader(strings.Repeat("x", n)))
	}
	o.d = limited()
	o.attach()
	for _, n := range []int{101, 60} {
		if err := upload(n); (n > 100) != errors.Is(err, engine.ErrFull) {
			t.Errorf("an upload of %d bytes: %v", n, err)
		}
	}
	o.d = limited()
	o.attach()
	for _, c := range []struct {
		n    int
		full bool
	}{{41, true}, {40, false}, {1, true}} {
		if err := upload(c.n); errors.Is(err, engine.ErrFull) != c.full || err != nil && !c.full {
			t.Errorf("a further upload of %d bytes: %v, full %v", c.n, err, c.full)
		}
	}
	kept, err := filepath.Glob(filepath.Join(o.dir.Run(), "uploads", "*"))
	if err != nil || len(kept) != 2 {
		t.Errorf("%v are kept, want 2 uploads: %v", kept, err)
	}
}

func TestStart_LongDataDir_ListensElsewhere(t *testing.T) {
	data := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	t.Setenv("XDG_RUNTIME_DIR", shortDir(t))
	o := startOne(t, data, localtest.Stub, nil)
	o.until(engine.EventReady)
	socket := record(t, o.dir).Socket
	if strings.HasPrefix(socket, data) {
		t.Errorf("the socket is %s", socket)
	}
	if err := o.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	o.until(engine.EventExit)
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket is left over")
	}
}

// shortDir is a temporary directory whose path leaves room for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "h") //nolint:usetesting // the path of t.TempDir is too long for a socket on macOS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestStart_BinaryReplaced_OldSupervisorIsFound(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hearth")
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, program, 0o700); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	d, err := local.New(local.Config{DataDir: data, Binary: binary, Recipe: localtest.Recipe(localtest.Stub)})
	if err != nil {
		t.Fatal(err)
	}
	o := &one{t: t, d: d, id: "upgraded", dir: supervise.Dir(filepath.Join(data, "instances", "upgraded")), data: data}
	if _, err := d.Start(t.Context(), engine.Spec{ID: o.id}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Destroy(context.Background(), engine.Known{ID: o.id}); err != nil {
			t.Error(err)
		}
	})
	// An upgrade puts another file in its place.
	if err := errors.Join(os.Remove(binary), os.WriteFile(binary, []byte("new"), 0o700)); err != nil {
		t.Fatal(err)
	}
	o.attach()
	o.until(engine.EventReady)
	if r := o.run(1, engine.Python, "value 2"); r.Data["text/plain"] != "2" {
		t.Errorf("result = %+v", r)
	}
}

func TestStart_IntentOfACrashedServer_IsTakenUp(t *testing.T) {
	data := t.TempDir()
	d := newDriver(t, data, localtest.Stub)
	dir := supervise.Dir(filepath.Join(data, "instances", "intent"))
	if err := os.MkdirAll(dir.Run(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.Launch(), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := d.Find(t.Context()); err != nil || len(found) != 1 || found[0].Alive {
		t.Errorf("Find = %+v, %v, want the dead trace", found, err)
	}
	if _, err := d.Attach(t.Context(), engine.Known{ID: "intent"}, 0); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Attach = %v, want ErrNotFound", err)
	}
	if _, err := d.Start(t.Context(), engine.Spec{ID: "intent"}); err != nil {
		t.Errorf("Start = %v", err)
	}
	if err := d.Destroy(t.Context(), engine.Known{ID: "intent"}); err != nil {
		t.Error(err)
	}
}

func TestStart_UnsafeID_IsInvalid(t *testing.T) {
	d := newDriver(t, t.TempDir(), localtest.Stub)
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a b", "-a", strings.Repeat("a", 129), "a\x00"} {
		if _, err := d.Start(t.Context(), engine.Spec{ID: id}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("Start %q = %v, want ErrInvalid", id, err)
		}
	}
}
