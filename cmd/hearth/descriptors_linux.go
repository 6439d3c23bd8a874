package main

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeOnExecFrom marks all descriptors from the first one on. It returns an error on kernels
// before 5.11.
func closeOnExecFrom(first uint) error {
	return unix.CloseRange(first, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
}
