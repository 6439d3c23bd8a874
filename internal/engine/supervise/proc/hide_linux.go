package proc

import (
	"fmt"
	"syscall"
)

// Hide closes the memory and the environment of this process to other processes of its user. It
// does not hold against root, nor for what lies in files, and programs that this one starts are not
// hidden. Tagged finds a hidden process by what Tag does alone.
func Hide() error {
	const prSetDumpable = 4
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0); errno != 0 {
		return fmt.Errorf("hide the memory of the process: %w", errno)
	}
	return nil
}
