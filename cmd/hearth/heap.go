package main

import (
	"os"
	"runtime/debug"
)

// heapGoal is the memory above which the garbage collector works harder, in bytes. What the server
// holds for good is a fraction of it; the rest is what answers and bodies leave behind.
const heapGoal = 160 << 20

// boundHeap sets the memory limit of the Go runtime, unless GOMEMLIMIT does.
func boundHeap() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapGoal)
	}
}
