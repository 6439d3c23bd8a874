package spark

import (
	"fmt"
	"strconv"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/memsize"
)

// Machine is the size of this machine, or of the part of it that Hearth may use.
type Machine struct {
	Cores    int
	MemoryMB int
}

// Given is the size of an instance as it was started.
type Given struct {
	// Cores is N of local[N].
	Cores int
	// MemoryMB is the heap of the JVM, in MiB.
	MemoryMB int
}

// Sizes of an instance, in cores and MiB.
const (
	defaultCores    = 2
	defaultMemoryMB = 2048
	// besideHeapMB is what the processes of an instance take beside the heap. Measured with Spark
	// 3.5, Java 17 and two cores: the JVM 230 to 300, a Python kernel 75, each of its workers 55,
	// the supervisor 20.
	besideHeapMB = 512
	// leastMemoryMB is the smallest heap with which Spark starts (1.5 times its 300 MB reserve).
	leastMemoryMB = 512
)

// Scale fits the size that a session requests for driver and workers together to the machine. A
// local instance has no executors, so its one process stands for all of them: it has the requested
// cores up to those of the machine, and a heap of at most a quarter of the machine, because a
// machine runs several sessions. A size requested for the driver by itself counts up to three
// quarters of the machine, if that is more; a driver size in the request's own conf counts alone,
// up to the same.
func Scale(l engine.Launch, m Machine) Given {
	g := Given{
		Cores:    min(orDefault(l.Cores, defaultCores), max(m.Cores, 1)),
		MemoryMB: max(min(orDefault(l.MemoryMB, defaultMemoryMB), m.MemoryMB/4), min(l.DriverMB, m.MemoryMB/4*3)),
	}
	if n, err := strconv.Atoi(strings.TrimSpace(l.Conf["spark.driver.cores"])); err == nil && n > 0 {
		g.Cores = min(n, max(m.Cores, 1))
	}
	if mb, ok := parseMemoryMB(l.Conf["spark.driver.memory"]); ok {
		g.MemoryMB = min(mb, m.MemoryMB/4*3)
	}
	g.MemoryMB = max(g.MemoryMB, leastMemoryMB)
	return g
}

// Footprint returns how much memory, in MiB, an instance is expected to take: its heap and what is
// beside that. A heap that was asked for by itself counts in full. Any other counts by half: its
// bound was chosen here, and few sessions come near it at the same time. Measured on a heap of
// 2048: 400 for all processes of an idle session, 570 after a first query, 2100 after one that
// cached all it could.
func Footprint(l engine.Launch, m Machine) int {
	heap := Scale(l, m).MemoryMB
	if _, asked := parseMemoryMB(l.Conf["spark.driver.memory"]); !asked && l.DriverMB == 0 {
		heap /= 2
	}
	return heap + besideHeapMB
}

// Room returns how much of the machine's memory all instances together may take, in MiB: what is
// left beside the system and the server, an eighth of it and at least 1 GiB.
func Room(m Machine) int {
	return max(m.MemoryMB-max(m.MemoryMB/8, 1024), 1)
}

// Line returns the line in the head of a log about the size of the instance.
func (g Given) Line(rt Runtime, m Machine) string {
	return fmt.Sprintf("spark %s, java %d, %d of %d cores, %d of %d MiB memory",
		rt.Spark, rt.JavaMajor, g.Cores, m.Cores, g.MemoryMB, m.MemoryMB)
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// parseMemoryMB reads a size as Spark reads spark.driver.memory, and returns false for one that is
// no MiB.
func parseMemoryMB(s string) (int, bool) {
	size, ok := memsize.Parse(strings.TrimSpace(s))
	return size.MB, ok && size.MB > 0
}
