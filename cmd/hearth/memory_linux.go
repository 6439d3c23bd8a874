package main

import (
	"os"
	"strconv"
	"strings"
)

// memoryMB is the machine's memory, or the part of it that this process's control group may use.
func memoryMB() int {
	total := assumedMemoryMB
	text, err := os.ReadFile("/proc/meminfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) > 1 && fields[0] == "MemTotal:" {
				if kb, err := strconv.Atoi(fields[1]); err == nil {
					total = kb >> 10
				}
			}
		}
	}
	if limit, ok := groupLimitMB(); ok {
		total = min(total, limit)
	}
	return total
}

// groupLimitMB reads the limit of a container: inside it, its group is the root of what can be
// seen.
func groupLimitMB() (int, bool) {
	text, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number
	return int(n >> 20), err == nil
}
