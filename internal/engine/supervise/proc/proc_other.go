//go:build !linux

package proc

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func bootID() (string, error) {
	b, err := exec.Command("sysctl", "-n", "kern.boottime").Output()
	return strings.TrimSpace(string(b)), err
}

func stat(pid int) (Process, error) {
	ps, err := list("-p", strconv.Itoa(pid))
	if err != nil || len(ps) == 0 {
		return Process{}, fmt.Errorf("no process %d: %w", pid, err)
	}
	return ps[0], nil
}

func table() ([]Process, error) { return list("-A") }

func list(which ...string) ([]Process, error) {
	b, err := exec.Command("ps", append(which, "-o", "pid=,ppid=,stat=,lstart=")...).Output()
	if err != nil {
		return nil, err
	}
	var ps []Process
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		ppid, err2 := strconv.Atoi(f[1])
		if err1 == nil && err2 == nil {
			ps = append(ps, Process{PID: pid, PPID: ppid, Dead: strings.HasPrefix(f[2], "Z"), Start: strings.Join(f[3:], " ")})
		}
	}
	return ps, nil
}

// Tagged asks ps, which shows environments behind the command line, of our own processes alone.
func Tagged(value string) ([]Identity, error) {
	b, err := exec.Command("ps", "-xwwE", "-o", "pid=,command=").Output()
	if err != nil {
		return nil, err
	}
	tag := []byte(" " + TagVariable + "=" + value + " ")
	var found []Identity
	for line := range bytes.Lines(b) {
		if !bytes.Contains(append(bytes.TrimSpace(line), ' '), tag) {
			continue
		}
		pid, err := strconv.Atoi(strings.Fields(string(line))[0])
		if err != nil {
			continue
		}
		if id, err := Of(pid); err == nil {
			found = append(found, id)
		}
	}
	return found, nil
}

// BecomeSubreaper cannot be done here: what forks twice is found by its tag.
func BecomeSubreaper() error { return fmt.Errorf("become child subreaper: %w", ErrUnsupported) }

// Reap has nothing to do without a subreaper.
func Reap(func(int) bool) {}

// ChildAttr is how a kernel process is started: leader of a group of its own.
func ChildAttr(*Group) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// Sacrifice has no say here.
func Sacrifice(int) error { return nil }

// OOMKills cannot be told here.
func OOMKills() (int, error) { return 0, ErrUnsupported }

// Group stands for what this system has not; it is always nil.
type Group struct{}

// NewGroup answers ErrUnsupported.
func NewGroup(string) (*Group, error) {
	return nil, fmt.Errorf("control groups: %w", ErrUnsupported)
}

// FindGroup answers nil.
func FindGroup(string) (*Group, error) { return nil, nil }

// OpenGroup answers nil.
func OpenGroup(string) (*Group, error) { return nil, nil }

// Path is "".
func (*Group) Path() string { return "" }

// Kill does nothing.
func (*Group) Kill() error { return nil }

// OOMKills cannot be told here.
func (*Group) OOMKills() (int, error) { return 0, ErrUnsupported }

// Remove does nothing.
func (*Group) Remove() error { return nil }

func (*Group) empty() bool { return true }
