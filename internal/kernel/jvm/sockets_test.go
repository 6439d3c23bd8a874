package jvm_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testSockets looks at what the agent's process listens on, in /proc.
func testSockets(t *testing.T, s *session) {
	inodes := socketInodes(t, s.cmd.Process.Pid)
	listening := 0
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join("/proc/net", table))
		if err != nil {
			t.Skipf("no /proc/net: %v", err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 10 || fields[3] != "0A" || !inodes[fields[9]] { // 0A is LISTEN
				continue
			}
			listening++
			address, _, _ := strings.Cut(fields[1], ":")
			if !loopback(address) {
				t.Errorf("listens on %s", fields[1])
			}
		}
	}
	t.Logf("%d listening sockets", listening)
	if listening < 4 { // gateway, door of the UI, driver, block manager
		t.Errorf("found only %d listening sockets: the test sees too little", listening)
	}
}

// loopback knows 127.0.0.1, ::1 and ::ffff:127.0.0.1 as /proc/net writes them.
func loopback(hex string) bool {
	return hex == "0100007F" || hex == "00000000000000000000000001000000" || hex == "0000000000000000FFFF00000100007F"
}

func socketInodes(t *testing.T, pid int) map[string]bool {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Skip("no /proc")
	}
	inodes := map[string]bool{}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:[") {
			inodes[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	return inodes
}
