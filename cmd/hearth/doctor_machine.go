package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/runtimes"
)

// checkMachine says what a session can get.
func checkMachine(context.Context, *patient) []finding {
	machine := machine()
	usual, most := spark.Scale(engine.Launch{}, machine), spark.Scale(engine.Launch{MemoryMB: machine.MemoryMB}, machine)
	text := fmt.Sprintf("%d cores, %d MiB of memory; the heap of a session is %d MiB, or up to %d if it asks for more; there is room for %d",
		machine.Cores, machine.MemoryMB, usual.MemoryMB, most.MemoryMB, max(spark.Room(machine)/spark.Footprint(engine.Launch{}, machine), 1))
	if most.MemoryMB < scarceMB {
		return []finding{{Name: "machine", State: findingNote, Text: text + ": little for Spark"}}
	}
	return []finding{{Name: "machine", State: findingOK, Text: text}}
}

// scarceMB is the heap that Spark gives a driver by itself.
const scarceMB = 1024

func checkDisk(_ context.Context, p *patient) []finding {
	free, err := runtimes.FreeBytes(p.root)
	if err != nil {
		return ill("disk", findingNote, err)
	}
	f := finding{Name: "disk", State: findingOK, Text: fmt.Sprintf("%.1f GB free for runtimes in %s", float64(free)/1e9, p.root)}
	installed := slices.ContainsFunc(p.runtime, func(s runtimes.Status) bool {
		return s.State == runtimes.StateInstalled && s.Spec.Name == p.def.Name
	})
	if !installed && p.def.NeedsBytes > free {
		f.State = findingMissing
		f.Text += fmt.Sprintf("; installing %s needs %.1f GB", p.def.Name, float64(p.def.NeedsBytes)/1e9)
		f.Fix = "free some space, or set " + runtimes.RootVariable + " to a directory on another disk"
	}
	return []finding{f}
}

func checkData(_ context.Context, p *patient) []finding {
	dir := p.data
	// The directory is made at the first start: look at what is there of its path.
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".hearth-doctor-*")
	if err != nil {
		return []finding{{
			Name: "data", State: findingMissing, Text: fmt.Sprintf("%s cannot be written: %v", p.data, err),
			Fix: "name another directory with -data",
		}}
	}
	f.Close()
	os.Remove(f.Name())
	return []finding{{Name: "data", State: findingOK, Text: p.data + " can be written"}}
}

func checkReaper(context.Context, *patient) []finding {
	if runtime.GOOS == "linux" {
		return []finding{{Name: "processes", State: findingOK, Text: "the kernel gives orphans of a session back to its supervisor"}}
	}
	text := runtime.GOOS + " cannot give orphans back: a process that a cell detaches may outlive its session"
	return []finding{{Name: "processes", State: findingNote, Text: text}}
}

// checkCgroup makes a control group, as the supervisor of a session does. Sessions run without one
// as well.
func checkCgroup(context.Context, *patient) []finding {
	group, err := proc.NewGroup(fmt.Sprintf("hearth-doctor-%d", os.Getpid()))
	if err != nil {
		f := finding{
			Name: "cgroup", State: findingNote,
			Text: fmt.Sprintf("no control group holds the processes of a session together (%v): they are found one by one", err),
		}
		if errors.Is(err, fs.ErrPermission) {
			f.Fix = "systemd-run --user --scope -p Delegate=yes hearth serve"
		}
		return []finding{f}
	}
	path := group.Path()
	if err := group.Remove(); err != nil {
		return ill("cgroup", findingNote, err)
	}
	return []finding{{Name: "cgroup", State: findingOK, Text: "control groups may be made in " + filepath.Dir(path)}}
}

func checkLocale(context.Context, *patient) []finding {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	if upper := strings.ToUpper(locale); strings.Contains(upper, "UTF-8") || strings.Contains(upper, "UTF8") {
		return []finding{{Name: "locale", State: findingOK, Text: locale}}
	}
	text := fmt.Sprintf("the locale is %q, not UTF-8: Java may not find files whose names are not ASCII", locale)
	return []finding{{Name: "locale", State: findingNote, Text: text, Fix: "export LC_ALL=C.UTF-8"}}
}
