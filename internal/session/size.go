package session

import (
	"cmp"

	"hearth/internal/engine"
)

// maxMemoryMB keeps sums of sizes finite: 64 TiB.
const maxMemoryMB = 64 << 20

// size fills in how much an instance is started with: the driver and the other workers together,
// because an engine without executors has one process for all of them.
func (z Size) size(l *engine.Launch) {
	if z.Workers <= 0 {
		return
	}
	others := z.Workers - 1
	l.Cores = cmp.Or(z.DriverCores, z.CoresPerWorker) + others*z.CoresPerWorker
	l.MemoryMB = min(cmp.Or(z.DriverMemoryMB, z.MemoryMBPerWorker)+others*z.MemoryMBPerWorker, maxMemoryMB)
	if z.DriverAsked {
		l.DriverMB = z.DriverMemoryMB
	}
}
