// Package proc reads and ends processes of the operating system for supervision: an identity that
// survives reuse of pids, descendants, processes with an instance's tag, and control groups where
// the machine has them.
//
// Linux answers every question; elsewhere ps answers some of them, and the others are unsupported.
// The package knows nothing of sessions and kernels.
//
// The one thing to get right here: a pid alone names nobody. Look twice (start time and boot)
// before a signal is sent.
package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// TagVariable is the environment variable by which the processes of an instance are found when
// their supervisor is gone; on Linux those that have cleared it are found by what Tag does.
const TagVariable = "HEARTH_INSTANCE_ID"

// ErrUnsupported means that this machine cannot do it.
var ErrUnsupported = errors.New("not supported on this machine")

// Identity names one process for ever: its pid, its start as the kernel counts it, and the boot.
type Identity struct {
	PID   int    `json:"pid"`
	Start string `json:"start"`
	Boot  string `json:"boot"`
}

// Self returns the identity of this process.
func Self() (Identity, error) { return Of(os.Getpid()) }

// Of returns the identity of the process that has the pid now.
func Of(pid int) (Identity, error) {
	boot, err := bootID()
	if err != nil {
		return Identity{}, fmt.Errorf("read the boot id: %w", err)
	}
	p, err := stat(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	return Identity{PID: pid, Start: p.Start, Boot: boot}, nil
}

// Alive reports whether that very process still runs; a zombie does not.
func (id Identity) Alive() bool {
	if id.PID <= 0 {
		return false
	}
	boot, err := bootID()
	if err != nil || boot != id.Boot {
		return false
	}
	p, err := stat(id.PID)
	return err == nil && p.Start == id.Start && !p.Dead
}

// Kill sends SIGKILL to that very process and to no successor of its pid.
func (id Identity) Kill() error {
	p, err := os.FindProcess(id.PID)
	if err != nil {
		return nil // no such process
	}
	defer func() { _ = p.Release() }()
	// The handle is bound to a process from here on (a pidfd, on Linux), so looking now and
	// signalling later cannot hit another one.
	if !id.Alive() {
		return nil
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %d: %w", id.PID, err)
	}
	return nil
}

// Process is one line of the process table.
type Process struct {
	PID, PPID int
	Start     string
	Dead      bool  // a zombie, or about to be one
	Resident  int64 // memory, in bytes
}

// Descendants returns the children of root, theirs, and so on, without zombies.
func Descendants(root int) ([]Identity, error) {
	boot, err := bootID()
	if err != nil {
		return nil, fmt.Errorf("read the boot id: %w", err)
	}
	all, err := table()
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	children := map[int][]Process{}
	for _, p := range all {
		children[p.PPID] = append(children[p.PPID], p)
	}
	var found []Identity
	for next := []int{root}; len(next) > 0; next = next[1:] {
		for _, p := range children[next[0]] {
			next = append(next, p.PID)
			if !p.Dead {
				found = append(found, Identity{PID: p.PID, Start: p.Start, Boot: boot})
			}
		}
	}
	return found, nil
}

// Resident returns the resident memory of processes and of all below them, in bytes. Those that
// have ended count nothing.
func Resident(roots []Identity) (int64, error) {
	boot, err := bootID()
	if err != nil {
		return 0, fmt.Errorf("read the boot id: %w", err)
	}
	all, err := table()
	if err != nil {
		return 0, fmt.Errorf("read the process table: %w", err)
	}
	roots = slices.DeleteFunc(slices.Clone(roots), func(id Identity) bool { return id.Boot != boot })
	return resident(all, roots), nil
}

// resident is Resident over a process table, for processes of this boot.
func resident(all []Process, roots []Identity) int64 {
	started, children := make(map[int]Process, len(all)), make(map[int][]Process)
	for _, p := range all {
		started[p.PID] = p
		children[p.PPID] = append(children[p.PPID], p)
	}
	var sum int64
	for _, root := range roots {
		p, ok := started[root.PID]
		if !ok || p.Start != root.Start {
			continue
		}
		for next := []Process{p}; len(next) > 0; next = next[1:] {
			sum += next[0].Resident
			next = append(next, children[next[0].PID]...)
		}
	}
	return sum
}

// Sweep selects processes to be ended: those with the tag, those below Root and those in Group,
// apart from this process itself.
type Sweep struct {
	Tag   string // value of TagVariable, "" for none
	Root  int    // pid, 0 for none
	Group *Group // nil for none
}

// A process has no environment to read for the moment in which it becomes another program, so that
// one look at an empty machine proves nothing.
const (
	looks      = 3
	firstPause = 2 * time.Millisecond
)

// Run kills until nothing is found any more, and returns when nothing is. New processes may appear
// while it looks, which is why it looks again.
func (s Sweep) Run(ctx context.Context) error {
	empty := 0
	for pause := firstPause; ; pause = min(2*pause, 50*time.Millisecond) {
		found, err := s.find()
		if err != nil {
			return err
		}
		if len(found) == 0 && s.Group.empty() {
			if empty++; empty == looks {
				return s.Group.Remove()
			}
		} else {
			empty = 0
		}
		if err := s.Group.Kill(); err != nil && !errors.Is(err, ErrUnsupported) {
			return err
		}
		for _, id := range found {
			if err := id.Kill(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d processes do not die: %w", len(found), context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

func (s Sweep) find() ([]Identity, error) {
	var found []Identity
	if s.Root != 0 {
		below, err := Descendants(s.Root)
		if err != nil {
			return nil, err
		}
		found = below
	}
	if s.Tag != "" {
		tagged, err := Tagged(s.Tag)
		if err != nil {
			return nil, err
		}
		found = append(found, tagged...)
	}
	self := os.Getpid()
	return slices.DeleteFunc(found, func(id Identity) bool { return id.PID == self }), nil
}
