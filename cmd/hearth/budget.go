package main

import (
	"cmp"
	"runtime"

	"hearth/internal/engine/spark"
	"hearth/internal/session"
)

// machine returns the part of this machine that the server may use.
func machine() spark.Machine {
	return spark.Machine{Cores: runtime.NumCPU(), MemoryMB: memoryMB()}
}

// budget returns what all sessions may take of the machine. A number of instances takes the place
// of the memory.
func (c *config) budget(m spark.Machine) session.Budget {
	b := session.Budget{Instances: c.MaxInstances, Starts: cmp.Or(c.MaxStarts, runtime.GOMAXPROCS(0))}
	if b.Instances == 0 {
		b.MemoryMB = spark.Room(m)
	}
	return b
}
