package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// OpenFiles are the paths of all files that a process has open or mapped.
func OpenFiles(t *testing.T, pid int) []string {
	t.Helper()
	dir := filepath.Join("/proc", fmt.Sprint(pid))
	maps, err := os.ReadFile(filepath.Join(dir, "maps"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for line := range strings.Lines(string(maps)) {
		if _, path, found := strings.Cut(line, " /"); found {
			files = append(files, "/"+strings.TrimSpace(path))
		}
	}
	open, err := filepath.Glob(filepath.Join(dir, "fd", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if path, err := os.Readlink(fd); err == nil && filepath.IsAbs(path) {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// ResetPeak forgets how much memory a process has held at most.
func ResetPeak(t *testing.T, pid int) {
	t.Helper()
	// proc(5): 5 resets the peak of the resident set.
	if err := os.WriteFile(filepath.Join("/proc", fmt.Sprint(pid), "clear_refs"), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// Peak is how much memory a process has held at most since ResetPeak, in MiB:
// the peak of its resident set.
func Peak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	t.Fatalf("process %d tells no peak:\n%s", pid, status)
	return 0
}
