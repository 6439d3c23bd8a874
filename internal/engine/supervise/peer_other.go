//go:build !linux

package supervise

import "net"

// sameUser accepts all: the mode of the socket's directory and the secret protect it here.
func sameUser(*net.UnixConn) error { return nil }
