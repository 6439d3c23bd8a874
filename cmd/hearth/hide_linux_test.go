package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"hearth/internal/engine/supervise"
)

func TestServe_MemoryAndEnvironment_AreHiddenFromItsOwnUser(t *testing.T) {
	p, _, _ := orderly(t, nil)
	wantHidden(t, p.cmd.Process.Pid)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

func TestSupervise_MemoryAndEnvironment_AreHiddenFromItsOwnUser(t *testing.T) {
	p, _, data := orderly(t, nil)
	records, err := filepath.Glob(filepath.Join(data, "instances", "*", "supervisor.json"))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	r, err := supervise.ReadJSON[supervise.Record](records[0])
	if err != nil {
		t.Fatal(err)
	}
	wantHidden(t, r.Self.PID)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

// wantHidden demands that the environment of a process belongs to root, and so its memory, and that
// another user does not read it.
func wantHidden(t *testing.T, pid int) {
	t.Helper()
	environ := fmt.Sprintf("/proc/%d/environ", pid)
	var st unix.Stat_t
	if err := unix.Stat(environ, &st); err != nil {
		t.Fatal(err)
	}
	if st.Uid != 0 { // the kernel gives what is hidden to root
		t.Errorf("%s belongs to user %d", environ, st.Uid)
	}
	if os.Geteuid() != 0 {
		if out, err := exec.Command("cat", environ).CombinedOutput(); err == nil {
			t.Errorf("another process of this user reads %d bytes", len(out))
		}
	}
}
