//go:build unix && !linux

package runtimes

import "syscall"

// dieWithParent does nothing: only Linux has a death signal. An orphan works in a directory that no
// later installation uses, so it does no harm.
func dieWithParent(*syscall.SysProcAttr) {}
