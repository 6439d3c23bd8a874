package supervise

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// sameUser returns an error for a connection of another user of this machine.
func sameUser(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return fmt.Errorf("look at the peer: %w", err)
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || credErr != nil {
		return fmt.Errorf("look at the peer: %w", errors.Join(err, credErr))
	}
	if int(cred.Uid) != os.Getuid() {
		return fmt.Errorf("process %d belongs to user %d", cred.Pid, cred.Uid)
	}
	return nil
}
