package proc

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStat_NameWithParentheses_IsRead(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "a) R 1 (")
	b, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(odd, b, 0o700); err != nil {
		t.Fatal(err)
	}
	// A program of many names looks at its first argument.
	cmd := &exec.Cmd{Path: odd, Args: []string{"sleep", "1000"}}
	started(t, cmd)
	p, err := stat(cmd.Process.Pid)
	if err != nil || p.PPID != os.Getpid() || p.Dead {
		t.Errorf("stat = %+v, %v, want a child of %d", p, err, os.Getpid())
	}
}

// The daemon of the test has left its parent, its Unix session and its environment.
func TestTag_DaemonThatClearedItsEnvironment_IsFoundByItsTagAlone(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(rtTime, &before); err != nil {
		t.Fatal(err)
	}
	tag := rand.Text()
	if err := Tag(tag); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
	cmd.Env, cmd.SysProcAttr = []string{"PATH=" + os.Getenv("PATH")}, &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.Output()
	if err := syscall.Setrlimit(rtTime, &before); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := Of(pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Kill() })
	if found, err := Tagged(tag); err != nil || len(found) != 1 || found[0] != daemon {
		t.Errorf("Tagged = %v, %v, want %v alone", found, err, daemon)
	}
	if found, err := Tagged(tag + "2"); err != nil || len(found) != 0 {
		t.Errorf("Tagged of another tag = %v, %v", found, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := (Sweep{Tag: tag}).Run(ctx); err != nil || daemon.Alive() {
		t.Errorf("after the sweep it lives: %v, %v", daemon.Alive(), err)
	}
}

func TestGroupDir_Layouts_AreUnderstood(t *testing.T) {
	const (
		pure      = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
		hybrid    = "31 23 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		container = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
		legacy    = "31 23 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	)
	for _, c := range []struct{ name, own, mounts, want string }{
		{"version 2 alone", "0::/user.slice/a.scope\n", pure, "/sys/fs/cgroup/user.slice/a.scope"},
		{"both", "4:memory:/x\n0::/\n", hybrid, "/sys/fs/cgroup/unified"},
		{"a part of the hierarchy", "0::/docker/abc/in\n", container, "/sys/fs/cgroup/in"},
		{"version 1 alone", "4:memory:/x\n", legacy, ""},
		{"not mounted", "0::/x\n", legacy, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := groupDir(c.own, c.mounts)
			if got != c.want || (err != nil) != (c.want == "") || err != nil && !errors.Is(err, ErrUnsupported) {
				t.Errorf("groupDir = %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestCounter_Missing_IsUnsupported(t *testing.T) {
	if n, err := counter([]byte("oom 1\noom_kill 7\n"), "oom_kill"); n != 7 || err != nil {
		t.Errorf("counter = %d, %v", n, err)
	}
	if _, err := counter([]byte("oom 1\n"), "oom_kill"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("counter = %v, want ErrUnsupported", err)
	}
}

// Where the machine lends groups, whatever is in one dies with it and the group can be removed.
func TestGroup_Kill_EmptiesIt(t *testing.T) {
	g, err := NewGroup("hearth-" + filepath.Base(t.TempDir()))
	if errors.Is(err, ErrUnsupported) {
		t.Logf("this machine lends no control groups: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "sleep 1000 & sleep 1000")
	cmd.SysProcAttr = ChildAttr(g)
	cmd.SysProcAttr.Pdeathsig = 0 // this thread may end at any time
	started(t, cmd)
	if g.empty() {
		t.Error("the group is empty")
	}
	if err := (Sweep{Group: g}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(g.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the group is still there: %v", err)
	}
	again, err := OpenGroup(g.Path())
	if again != nil || err != nil {
		t.Errorf("OpenGroup of a group that is gone = %v, %v", again, err)
	}
}
