package main

import (
	"os"
	"strconv"
	"syscall"
)

// sealDescriptors keeps the descriptors that the program inherited from its child processes: a
// session that outlives its server would hold the other end of whatever they are.
func sealDescriptors() {
	if closeOnExecFrom(3) == nil {
		return
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return // no such place: nothing can be found out
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd >= 3 {
			syscall.CloseOnExec(fd)
		}
	}
}
