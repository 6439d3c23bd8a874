package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine/supervise/proc"
	"hearth/internal/runtimes"
)

// orderly starts a server with one ready session and returns it with the session's client.
func orderly(t *testing.T, change func(*exec.Cmd), flags ...string) (*process, client, string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	env := []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")}
	p := startChanged(t, env, change, append([]string{"-listen", "127.0.0.1:0", "-data", data}, flags...)...)
	c := glueClient("hang", "value 2")
	c.create(p)
	p.until(func() string { return c.session(p) }, `"ready"`)
	return p, c, data
}

// living returns the instances of which processes run.
func living(t *testing.T, data string) (ids []string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(data, "instances", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		tagged, err := proc.Tagged(filepath.Base(dir))
		if err != nil {
			t.Fatal(err)
		}
		if len(tagged) > 0 {
			ids = append(ids, filepath.Base(dir))
		}
	}
	return ids
}

// wantNothingLeft demands that no process of any instance runs.
func wantNothingLeft(t *testing.T, data string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(data, "instances", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		wantNoProcess(t, filepath.Base(dir))
	}
}

// wantNoProcess demands that no process of an instance runs. Its supervisor may live for a moment
// longer than the instance.
func wantNoProcess(t *testing.T, instance string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		left, err := proc.Tagged(instance)
		if err == nil && len(left) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Errorf("processes of %s are left: %v %v", instance, left, err)
			return
		}
	}
}

func TestServe_ReaderOfItsLogIsGone_LivesOnAndEndsInOrder(t *testing.T) {
	p, c, data := orderly(t, nil)
	p.closeLog()
	for range 3 { // each writes a line that nobody reads
		if got := c.session(p); !strings.Contains(got, `"ready"`) {
			t.Errorf("the session is %s", got)
		}
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	wantNothingLeft(t, data)
}

func TestServe_ReaderOfItsLogStandsStill_AnswersAndEndsInOrder(t *testing.T) {
	p, c, data := orderly(t, nil, "-log-level", "debug")
	p.reading.Lock()
	answers := 0
	for range 3000 { // several times what the pipe holds
		if strings.Contains(c.session(p), `"ready"`) {
			answers++
		}
	}
	if answers != 3000 {
		t.Errorf("%d answers of 3000 show the session", answers)
	}
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("the server does not end")
	}
	p.reading.Unlock()
	wantNothingLeft(t, data)
}

func TestServe_TerminalIsClosed_EndsInOrder(t *testing.T) {
	p, _, data := orderly(t, nil)
	if err := p.end(syscall.SIGHUP); err != nil {
		t.Errorf("SIGHUP ended the server with %v", err)
	}
	wantNothingLeft(t, data)
}

func TestServe_StartedByNohup_OutlivesItsTerminal(t *testing.T) {
	p, c, _ := orderly(t, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	})
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := c.session(p); !strings.Contains(got, `"ready"`) {
		t.Errorf("the session is %s", got)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestServe_ItsFileIsReplaced_StartsSessionsAllTheSame(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "hearth")
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o700); err != nil {
		t.Fatal(err)
	}
	// The kernels of the test are started by the first argument, and only the server by the copy.
	p, c, data := orderly(t, func(cmd *exec.Cmd) { cmd.Path = copied })
	livy := livyClient("hang", "value 2")
	for _, replace := range []func() error{
		func() error { return os.Remove(copied) },
		func() error { return os.WriteFile(copied, []byte("#!/bin/false\n"), 0o700) },
	} {
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		livy.create(p)
	}
	for _, path := range []string{"/sessions/0", "/sessions/1"} {
		p.until(func() string { return shown(p.call("GET", path, "", nil)) }, `"idle"`)
	}
	supervisors := 0
	for _, id := range living(t, data) {
		tagged, err := proc.Tagged(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range tagged {
			if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", each.PID)); err == nil && string(name) == "hearth\n" {
				supervisors++
			}
		}
	}
	if _, err := os.Stat("/proc/self/comm"); err == nil && supervisors != 3 {
		t.Errorf("%d processes are called hearth, want three supervisors", supervisors)
	}
	number := c.run(p, c.two)
	p.until(func() string { return c.statement(p, number) }, `"textplain":"2"`)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestServe_DescriptorItInherited_IsNotPassedOn(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, _, _ := orderly(t, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{nil, nil, w} })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_ = p.end(syscall.SIGKILL)
	// Only a process of the session could still have the other end.
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read: %v, want the end of the pipe", err)
	}
	next := startProcess(t, p.env, p.args...) // which ends the session in order
	if err := next.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestServe_NeverComesBack_ItsSessionsEndByThemselves(t *testing.T) {
	const limit = 3 * time.Second
	p, c, data := orderly(t, nil, "-abandon-after", limit.String())
	number := c.run(p, c.hang)
	waiting := c.run(p, c.two)
	for attached := time.Now(); time.Since(attached) < limit+limit/3; { // the clock runs without a server alone
		if got := c.statement(p, number); strings.Contains(got, `"error"`) {
			t.Fatalf("with its server the session ended: %s", got)
		}
	}
	_ = p.end(syscall.SIGKILL)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for gone, late := false, time.After(patience); !gone; {
		exits, err := filepath.Glob(filepath.Join(data, "instances", "*", "exit.json"))
		if err != nil {
			t.Fatal(err)
		}
		gone = len(exits) == 1
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the session does not end")
		}
	}
	wantNothingLeft(t, data)

	next := startProcess(t, p.env, p.args...)
	next.until(func() string { return c.session(next) }, `"stopped"`)
	next.until(func() string { return c.statement(next, waiting) }, "no server was connected for 3s")
	if err := next.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestServe_StandsStill_EndsNoIdleSessionForIt(t *testing.T) {
	const still = 11 * time.Second
	data := filepath.Join(t.TempDir(), "data")
	env := []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")}
	p := startProcess(t, env, "-listen", "127.0.0.1:0", "-data", data)
	state := func(path string) string { return shown(p.call("GET", path, "", nil)) }
	p.call("POST", "/sessions", "", map[string]any{"kind": "pyspark", "idleTimeout": "10s"})
	p.until(func() string { return state("/sessions/0") }, `"idle"`)
	// Its lifetime, which goes on, tells that the server has looked at all deadlines.
	p.call("POST", "/sessions", "", map[string]any{"kind": "pyspark", "ttl": "10s"})
	p.until(func() string { return state("/sessions/1") }, `"idle"`)
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if signal == syscall.SIGSTOP {
			time.Sleep(still)
		}
	}
	p.until(func() string { return state("/sessions/1") }, `"killed"`, `"dead"`, `"shutting_down"`)
	if got := state("/sessions/0"); !strings.Contains(got, `"idle"`) {
		t.Errorf("after the server stood still the session is %s", got)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
