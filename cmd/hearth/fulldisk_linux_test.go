package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hearth/internal/runtimes"
)

// TestServe_DiskIsFull_SaysSoAndEndsInOrder needs root, for a small disk of its own; it passes
// without a look elsewhere.
func TestServe_DiskIsFull_SaysSoAndEndsInOrder(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Logf("no disk could be made, which needs root: %v", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	data, fill := filepath.Join(disk, "data"), filepath.Join(disk, "fill")
	env := []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")}
	args := []string{"-listen", "127.0.0.1:0", "-data", data, "-stop-grace", "5s"}
	p := startProcess(t, env, args...)
	c := glueClient("hang", "value 2")
	c.create(p)
	p.until(func() string { return c.session(p) }, `"ready"`)
	before := c.run(p, c.two)
	p.until(func() string { return c.statement(p, before) }, `"textplain":"2"`)
	deleted, stopped := livyClient("hang", "value 2"), glueSession("t", "hang", "value 2")
	for _, each := range []client{deleted, stopped} {
		each.create(p)
		p.until(func() string { return each.session(p) }, `"idle"`, `"ready"`)
		each.run(p, each.hang)
		each.run(p, each.two)
	}
	number := c.run(p, "print kept")

	f, err := os.Create(fill)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(block)
	}
	for err = nil; err == nil; { // to the last byte
		_, err = f.Write([]byte{0})
	}
	f.Close()
	health := func() string {
		answer, err := http.Get(p.base + "/healthz")
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		text := make([]byte, 100)
		n, _ := answer.Body.Read(text)
		return answer.Status + " " + string(text[:n])
	}
	p.until(health, "503 Service Unavailable nothing can be stored: no space is left for the database")
	p.call("DELETE", "/sessions/0", "", nil)
	p.call("POST", "/", "StopSession", map[string]any{"Id": "t"})
	p.until(func() string { return fmt.Sprint(len(living(t, data)), " live") }, "1 live")
	if err := p.end(syscall.SIGTERM); err == nil {
		t.Error("the server does not say that ends could not be stored")
	}
	wantNothingLeft(t, data)

	p = startProcess(t, env, args...) // on the full disk
	p.until(health, "503")
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	for _, each := range []client{c, stopped} {
		p.until(func() string { return each.session(p) }, `"stopped"`)
	}
	p.until(func() string { return c.statement(p, number) }, `"textplain":"kept"`)
	if got := c.statement(p, before); !strings.Contains(got, `"textplain":"2"`) {
		t.Errorf("the statement before is %s", got)
	}
	p.until(health, "200")
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v:\n%s", err, p.log)
	}
}
