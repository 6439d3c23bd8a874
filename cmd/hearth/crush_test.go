package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hearth/internal/runtimes"
)

// The sizes of the crush: so many creations at once, of which so many fit.
const (
	crushed = 200
	fitting = 60
)

func TestServer_TwoHundredCreationsAtOnceAndAKill_AreReadyOrClearlyRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	env := []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")}
	c := &crowd{t: t, data: data, env: env, args: []string{
		"-listen", "127.0.0.1:0", "-data", data, "-log-level", "warn", "-max-instances", fmt.Sprint(fitting), "-max-starts", "2", "-max-sessions", "200",
	}}
	c.start()

	var mu sync.Mutex
	var made []string
	var all sync.WaitGroup
	for i := range crushed {
		all.Go(func() {
			id := fmt.Sprintf("crush-%d", i)
			fault, answer, err := c.ask("CreateSession", map[string]any{
				"Id": id, "Role": "arn:aws:iam::000000000000:role/r", "Command": map[string]any{"Name": "glueetl", "PythonVersion": "3"},
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && fault == "":
				made = append(made, id)
			case err == nil && strings.HasPrefix(fault, "ResourceNumberLimitExceeded"):
			default:
				t.Errorf("create %s: %s %v %v", id, fault, answer, err)
			}
		})
	}
	all.Wait()
	if len(made) != fitting {
		t.Errorf("%d sessions were accepted, want %d", len(made), fitting)
	}
	// The next server finds the starts that go on and lets in the others.
	_ = c.server.Load().end(syscall.SIGKILL)
	c.start()
	if fault, _, err := c.ask("CreateSession", map[string]any{
		"Id": "after", "Role": "arn:aws:iam::000000000000:role/r", "Command": map[string]any{"Name": "glueetl", "PythonVersion": "3"},
	}); err != nil || !strings.HasPrefix(fault, "ResourceNumberLimitExceeded") {
		t.Errorf("a session more after the restart: %s %v", fault, err)
	}
	u := &user{crowd: c}
	limit := time.Now().Add(2 * patience)
	for _, id := range made {
		for u.status(id) == "PROVISIONING" && time.Now().Before(limit) {
			time.Sleep(20 * time.Millisecond)
		}
		if status := u.status(id); status != "READY" {
			t.Errorf("%s is %s", id, status)
		}
	}
	if err := c.server.Load().end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	for _, id := range c.instances() {
		wantNoProcess(t, id)
	}
}
