package proc

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
)

func TestListens_AtAnAddress_IsTrueOfTheProcessThatDoesAlone(t *testing.T) {
	other := started(t, exec.Command("sleep", "1000"))
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("nobody can listen at %s here: %v", address, err)
			continue
		}
		at := l.Addr().(*net.TCPAddr).AddrPort()
		mapped := netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())
		wantListens(t, os.Getpid(), at, true)
		wantListens(t, os.Getpid(), mapped, true)
		wantListens(t, other.PID, at, false)
		wantListens(t, os.Getpid(), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), at.Port()), false)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wantListens(t, os.Getpid(), at, false)
	}
}

func wantListens(t *testing.T, pid int, at netip.AddrPort, want bool) {
	t.Helper()
	if got, err := Listens(pid, at); err != nil || got != want {
		t.Errorf("process %d listens at %v: %v, %v, want %v", pid, at, got, err, want)
	}
}

func TestListening_SocketOfIPv6WithAnAddressOfIPv4_IsFound(t *testing.T) {
	const table = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0000000000000000FFFF00000100007F:9C40 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0\n" +
		"   1: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:0001 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 0\n"
	sockets := map[string]bool{}
	listening(table, netip.MustParseAddrPort("127.0.0.1:40000"), sockets)
	if len(sockets) != 1 || !sockets["socket:[4242]"] {
		t.Errorf("sockets = %v", sockets)
	}
}
