package main

import (
	"os"
	"path/filepath"
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
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return total
	}
	return limited(total, string(own), "/sys/fs/cgroup")
}

// limited returns the least of total and the limits of the control groups that a process is in, in
// MiB. own is what /proc says of the process, and root where the groups are mounted. Inside a
// container the group is the root of what can be seen, and its path may lead nowhere.
func limited(total int, own, root string) int {
	for line := range strings.Lines(own) {
		id, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		base, file := root, "memory.max"
		switch {
		case id == "0" && controllers == "":
		case controllers == "memory": // version 1
			base, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		default:
			continue
		}
		// Every group above counts too.
		for at := filepath.Join("/", path); ; at = filepath.Dir(at) {
			if mb, ok := limitMB(filepath.Join(base, at, file)); ok {
				total = min(total, mb)
			}
			if at == "/" {
				break
			}
		}
	}
	return total
}

func limitMB(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no number
	return int(n >> 20), err == nil && n > 0
}
