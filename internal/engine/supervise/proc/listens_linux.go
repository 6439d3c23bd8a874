package proc

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Listens reports whether a process listens at a TCP address itself. ErrUnsupported where the
// system does not say.
func Listens(pid int, at netip.AddrPort) (bool, error) {
	sockets := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		b, err := os.ReadFile(filepath.Join("/proc/net", table))
		if gone(err) {
			continue // a system without IPv6
		}
		if err != nil {
			return false, fmt.Errorf("read the sockets: %w", err)
		}
		listening(string(b), at, sockets)
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	open, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("read the sockets of process %d: %w", pid, err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && sockets[to] {
			return true, nil
		}
	}
	return false, nil
}

// listening adds the sockets of a table that listen at the address, as links to them are written.
// Java's sockets are of IPv6 for addresses of IPv4 too.
func listening(table string, at netip.AddrPort, sockets map[string]bool) {
	const listen = "0A"
	port := fmt.Sprintf(":%04X", at.Port())
	short, long := words(at.Addr().Unmap().AsSlice())+port, at.Addr().As16()
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 9 && f[3] == listen && (f[1] == short || f[1] == words(long[:])+port) {
			sockets["socket:["+f[9]+"]"] = true
		}
	}
}

// words writes an address as the kernel does: in words of four bytes in the machine's order.
func words(address []byte) string {
	var b strings.Builder
	for ; len(address) >= 4; address = address[4:] {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(address))
	}
	return b.String()
}
