package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestServe_MemoryAndEnvironment_AreHiddenFromItsOwnUser(t *testing.T) {
	p, _, _ := orderly(t, nil)
	environ := fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid)
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
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
