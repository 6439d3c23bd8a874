//go:build !linux

package proc

import (
	"bytes"
	"fmt"
	"net/netip"
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
	b, err := exec.Command("ps", append(which, "-o", "pid=,ppid=,stat=,rss=,lstart=")...).Output()
	if err != nil {
		return nil, err
	}
	var ps []Process
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		ppid, err2 := strconv.Atoi(f[1])
		kib, err3 := strconv.ParseInt(f[3], 10, 64)
		if err1 == nil && err2 == nil && err3 == nil {
			ps = append(ps, Process{
				PID: pid, PPID: ppid, Dead: strings.HasPrefix(f[2], "Z"), Start: strings.Join(f[4:], " "), Resident: kib << 10,
			})
		}
	}
	return ps, nil
}

// Tagged reads the environments that ps shows behind the command line, of this user's processes
// alone.
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

// Tag returns ErrUnsupported: processes are found by their environment alone.
func Tag(string) error { return fmt.Errorf("tag processes by a limit: %w", ErrUnsupported) }

// Hide does nothing.
func Hide() error { return nil }

// Listens returns ErrUnsupported.
func Listens(int, netip.AddrPort) (bool, error) {
	return false, fmt.Errorf("find out who listens: %w", ErrUnsupported)
}

// BecomeSubreaper returns ErrUnsupported: orphans are found by their tag.
func BecomeSubreaper() error { return fmt.Errorf("become child subreaper: %w", ErrUnsupported) }

// Reap does nothing, because there is no subreaper.
func Reap(func(int) bool) {}

// ChildAttr returns the attributes of a kernel process: leader of a process group.
func ChildAttr(*Group) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// Sacrifice does nothing.
func Sacrifice(int) error { return nil }

// OOMKills returns ErrUnsupported.
func OOMKills() (int, error) { return 0, ErrUnsupported }

// Group is a control group, which this system does not have; it is always nil.
type Group struct{}

// NewGroup returns ErrUnsupported.
func NewGroup(string) (*Group, error) {
	return nil, fmt.Errorf("control groups: %w", ErrUnsupported)
}

// FindGroup returns nil.
func FindGroup(string) (*Group, error) { return nil, nil }

// OpenGroup returns nil.
func OpenGroup(string) (*Group, error) { return nil, nil }

// Path returns "".
func (*Group) Path() string { return "" }

// Kill does nothing.
func (*Group) Kill() error { return nil }

// OOMKills returns ErrUnsupported.
func (*Group) OOMKills() (int, error) { return 0, ErrUnsupported }

// Remove does nothing.
func (*Group) Remove() error { return nil }

func (*Group) empty() bool { return true }
