package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func bootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b)), err
}

// stat reads one process. The command's name may hold blanks and parentheses, so the fields are
// counted from the last parenthesis.
func stat(pid int) (Process, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return Process{}, err
	}
	_, rest, ok := strings.Cut(string(b[bytes.LastIndexByte(b, ')')+1:]), " ")
	f := strings.Fields(rest)
	if !ok || len(f) < 22 {
		return Process{}, fmt.Errorf("stat of process %d has %d fields", pid, len(f))
	}
	ppid, err := strconv.Atoi(f[1])
	if err != nil {
		return Process{}, fmt.Errorf("stat of process %d: %w", pid, err)
	}
	pages, err := strconv.ParseInt(f[21], 10, 64)
	if err != nil {
		return Process{}, fmt.Errorf("stat of process %d: %w", pid, err)
	}
	return Process{
		PID: pid, PPID: ppid, Start: f[19], Dead: strings.Contains("ZXx", f[0]), Resident: pages * int64(os.Getpagesize()),
	}, nil
}

func pids() ([]int, error) {
	d, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil {
			all = append(all, pid)
		}
	}
	return all, nil
}

// table reads all processes; those that end meanwhile are left out.
func table() ([]Process, error) {
	all, err := pids()
	if err != nil {
		return nil, err
	}
	ps := make([]Process, 0, len(all))
	for _, pid := range all {
		if p, err := stat(pid); err == nil {
			ps = append(ps, p)
		}
	}
	return ps, nil
}

// BecomeSubreaper makes this process the parent of orphans among its descendants.
func BecomeSubreaper() error {
	const prSetChildSubreaper = 36
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); errno != 0 {
		return fmt.Errorf("become child subreaper: %w", errno)
	}
	return nil
}

// Reap collects the dead children that keep does not claim: orphans that came to the subreaper and
// that nobody waits for.
func Reap(keep func(pid int) bool) {
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return
	}
	for _, file := range tasks {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(b)) {
			pid, err := strconv.Atoi(f)
			if err != nil || keep(pid) {
				continue
			}
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// ChildAttr returns the attributes of a kernel process: leader of a process group, member of the
// control group if there is one, and killed when the thread that starts it dies, so start it from a
// thread that lives as long as the supervisor.
func ChildAttr(g *Group) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if g != nil {
		a.UseCgroupFD, a.CgroupFD = true, int(g.dir.Fd())
	}
	return a
}

// Sacrifice makes the system, when it must kill for memory, choose this process and its children
// before their supervisor and the server.
func Sacrifice(pid int) error {
	return os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), "oom_score_adj"), []byte("500"), 0)
}

// OOMKills counts the processes that the system has killed for memory since it started.
func OOMKills() (int, error) {
	b, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0, err
	}
	return counter(b, "oom_kill")
}

func counter(b []byte, name string) (int, error) {
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok && k == name {
			return strconv.Atoi(v)
		}
	}
	return 0, fmt.Errorf("no counter %s: %w", name, ErrUnsupported)
}

func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV)
}
