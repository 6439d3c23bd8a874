package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLimited_OfControlGroups_IsTheLeastOnTheWayUp(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("memory.max", "8589934592\n")
	write("user/memory.max", "2147483648\n")
	write("user/server/memory.max", "max\n")
	write("memory/memory.limit_in_bytes", "9223372036854771712\n")
	write("memory/job/memory.limit_in_bytes", "1073741824\n")
	for own, want := range map[string]int{
		"":                                 16384,
		"0::/\n":                           8192,
		"0::/user/server\n":                2048,
		"0::/what/the/host/calls/it\n":     8192,
		"4:memory:/job\n0::/user\n":        1024,
		"4:memory:/\n3:cpu,cpuacct:/job\n": 16384,
	} {
		if got := limited(16384, own, root); got != want {
			t.Errorf("of a process in %q: %d, want %d", own, got, want)
		}
	}
}

func TestBudget_IsTheMemoryUnlessANumberIsGiven(t *testing.T) {
	m := machine()
	m.MemoryMB = 24576
	if b := (&config{}).budget(m); b.Instances != 0 || b.MemoryMB != 21504 || b.Starts < 1 {
		t.Errorf("by default %+v", b)
	}
	if b := (&config{MaxInstances: 3, MaxStarts: 5}).budget(m); b.Instances != 3 || b.MemoryMB != 0 || b.Starts != 5 {
		t.Errorf("with numbers %+v", b)
	}
}
