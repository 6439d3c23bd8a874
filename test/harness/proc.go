//go:build e2e

package harness

import (
	"bufio"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// instanceVariable is planted by Hearth in every process of a session.
const instanceVariable = "HEARTH_INSTANCE_ID"

// Process is one live process of a session.
type Process struct {
	PID, Parent int
	Instance    string
	Command     string
}

// Kind returns the kind of the process: supervisor, jvm, python, or what user code started.
func (p Process) Kind() string {
	words := strings.Fields(p.Command)
	switch {
	case len(words) > 1 && words[1] == "supervise":
		return "supervisor"
	case len(words) > 0 && filepath.Base(words[0]) == "java":
		return "jvm"
	case len(words) > 0 && strings.HasPrefix(filepath.Base(words[0]), "python"):
		return "python"
	}
	return "other"
}

// Processes lists the processes of all sessions of the home's servers.
func (h Home) Processes(t *testing.T) []Process {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if p, ok := h.process(pid); ok {
			found = append(found, p)
		}
	}
	return found
}

// process reads one process; false if it is not of our sessions or has ended. A supervisor is known
// by the folder that it was given, what it started by their environment, which forks and new Unix
// sessions inherit.
func (h Home) process(pid int) (Process, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil || len(command) == 0 {
		return Process{}, false // a zombie has no command line
	}
	p := Process{PID: pid, Parent: parent(dir)}
	p.Command = strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
	if words := strings.Fields(p.Command); p.Kind() == "supervisor" && strings.Contains(p.Command, h.Data()) {
		p.Instance = filepath.Base(words[len(words)-1])
		return p, true
	}
	environ, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return Process{}, false
	}
	marked := false
	for kv := range strings.SplitSeq(string(environ), "\x00") {
		if name, value, _ := strings.Cut(kv, "="); name == instanceVariable {
			p.Instance = value
		} else if name == markVariable {
			marked = value == h.Mark
		}
	}
	return p, marked && p.Instance != ""
}

func parent(dir string) int {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	pid, _ := strconv.Atoi(fields[1]) // 0 is nobody's parent
	return pid
}

// Find returns the one process of this kind whose parent is not of the same kind: the kernel, and
// not the workers it forked.
func (h Home) Find(t *testing.T, kind string) Process {
	t.Helper()
	all := h.Processes(t)
	kinds := map[int]string{}
	for _, p := range all {
		kinds[p.PID] = p.Kind()
	}
	var found []Process
	for _, p := range all {
		if p.Kind() == kind && kinds[p.Parent] != kind && (kind != "python" || kinds[p.Parent] == "supervisor") {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d processes are a %s; all of them: %v", len(found), kind, all)
	}
	return found[0]
}

// KillProcess ends a process as the kernel does when memory is short.
func KillProcess(t *testing.T, p Process) {
	t.Helper()
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %v: %v", p, err)
	}
}

// Socket is a TCP socket that a process listens on.
type Socket struct {
	PID     int
	Address net.TCPAddr
}

// Listening lists the listening TCP sockets of processes.
func Listening(t *testing.T, all []Process) []Socket {
	t.Helper()
	addresses := listeners(t)
	var found []Socket
	for _, p := range all {
		fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID))
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			target, err := os.Readlink(fd)
			if err != nil {
				continue
			}
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			if address, ok := addresses[inode]; ok {
				found = append(found, Socket{PID: p.PID, Address: address})
			}
		}
	}
	return found
}

// listeners maps the inode of every listening TCP socket to its address.
func listeners(t *testing.T) map[string]net.TCPAddr {
	t.Helper()
	const listen = "0A"
	found := map[string]net.TCPAddr{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if os.IsNotExist(err) {
			continue // a machine without IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && fields[3] == listen {
				found[fields[9]] = address(t, fields[1])
			}
		}
		f.Close()
	}
	return found
}

// address reads "0100007F:1F90": 32-bit words in the machine's byte order.
func address(t *testing.T, text string) net.TCPAddr {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	var ip net.IP
	for ; len(host) >= 8; host = host[8:] {
		word, err := strconv.ParseUint(host[:8], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		ip = append(ip, byte(word), byte(word>>8), byte(word>>16), byte(word>>24))
	}
	return net.TCPAddr{IP: ip, Port: int(number)}
}

// checkLeaks demands that nothing of the home's sessions is left but what users may still read.
func (h Home) checkLeaks(t *testing.T) {
	var left []Process
	for range 200 { // the last ones may just be ending
		if left = h.Processes(t); len(left) == 0 {
			break
		}
		tick()
	}
	for _, p := range left {
		t.Errorf("left behind: %s %d of %s: %.120s", p.Kind(), p.PID, p.Instance, p.Command)
		_ = syscall.Kill(p.PID, syscall.SIGKILL) // so that the next test starts clean
	}
	for _, path := range h.Sockets(t) {
		t.Errorf("left behind: socket %s", path)
	}
	for _, path := range h.Scratch(t) {
		t.Errorf("left behind: scratch folder %s", path)
	}
	for _, path := range cgroups(t, h.instances(t)) {
		t.Errorf("left behind: cgroup %s", path)
	}
}

// Sockets lists Unix sockets of instances.
func (h Home) Sockets(t *testing.T) []string {
	return h.walk(t, func(d fs.DirEntry) bool { return d.Type()&fs.ModeSocket != 0 })
}

// Scratch lists folders of instances that hold what only a live session needs.
func (h Home) Scratch(t *testing.T) []string {
	return h.walk(t, func(d fs.DirEntry) bool {
		return d.IsDir() && slices.Contains([]string{"run", "scratch", "tmp"}, d.Name())
	})
}

// Traces lists the files that exist below the folder of any instance.
func (h Home) Traces(t *testing.T) []string {
	var found []string
	for _, path := range h.walk(t, func(d fs.DirEntry) bool { return d.Type().IsRegular() }) {
		if strings.HasPrefix(path, filepath.Join(h.Data(), "instances")) {
			found = append(found, path)
		}
	}
	return found
}

func (h Home) walk(t *testing.T, want func(fs.DirEntry) bool) []string {
	t.Helper()
	var found []string
	for _, root := range []string{h.Data(), h.Runtime} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err == nil && want(d) {
				found = append(found, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// instances lists the ids of all instances that ever ran here, by their folders.
func (h Home) instances(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(h.Data(), "instances", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, folder := range folders {
		ids = append(ids, filepath.Base(folder))
	}
	return ids
}

// cgroups lists cgroups that carry the id of an instance.
func cgroups(t *testing.T, ids []string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // groups of others come and go, or are not ours to read
		}
		for _, id := range ids {
			if strings.Contains(d.Name(), id) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
