package proc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Group is a control group (version 2) that holds the processes of one instance. Membership is
// inherited and cannot be left by forking, which makes it the one certain way to end all of them. A
// nil Group holds nothing.
//
// It needs no controllers: on machines with the hybrid layout the version 2 hierarchy has none, and
// killing works there all the same.
type Group struct {
	path string
	dir  *os.File
}

// NewGroup makes a group below the one this process is in. ErrUnsupported where the machine does
// not allow that.
func NewGroup(name string) (*Group, error) {
	parent, err := ownGroup()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(parent, name)
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make control group: %w: %w", err, ErrUnsupported)
	}
	g, err := OpenGroup(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(path, "cgroup.kill")); err != nil {
		return nil, errors.Join(fmt.Errorf("control group without kill: %w", ErrUnsupported), g.Remove())
	}
	return g, nil
}

// FindGroup opens the group that NewGroup would make, nil if there is none.
func FindGroup(name string) (*Group, error) {
	parent, err := ownGroup()
	if errors.Is(err, ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return OpenGroup(filepath.Join(parent, name))
}

// OpenGroup opens the group at a path that Path returned. A group that is gone is nil and no error.
func OpenGroup(path string) (*Group, error) {
	dir, err := os.Open(path)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open control group: %w", err)
	}
	return &Group{path: path, dir: dir}, nil
}

// Path returns the path of the group, "" for a nil Group.
func (g *Group) Path() string {
	if g == nil {
		return ""
	}
	return g.path
}

// Kill kills everything in the group.
func (g *Group) Kill() error {
	if g == nil {
		return nil
	}
	err := os.WriteFile(filepath.Join(g.path, "cgroup.kill"), []byte("1"), 0)
	if err != nil && !gone(err) {
		return fmt.Errorf("kill control group: %w", err)
	}
	return nil
}

func (g *Group) empty() bool {
	if g == nil {
		return true
	}
	b, err := os.ReadFile(filepath.Join(g.path, "cgroup.events"))
	if err != nil {
		return true
	}
	n, err := counter(b, "populated")
	return err == nil && n == 0
}

// OOMKills counts the members that were killed for memory. ErrUnsupported where the group has no
// memory controller.
func (g *Group) OOMKills() (int, error) {
	if g == nil {
		return 0, ErrUnsupported
	}
	b, err := os.ReadFile(filepath.Join(g.path, "memory.events"))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", err, ErrUnsupported)
	}
	return counter(b, "oom_kill")
}

// Remove removes the empty group.
func (g *Group) Remove() error {
	if g == nil {
		return nil
	}
	_ = g.dir.Close()
	// Groups that members made inside it are empty too and go first.
	var inner []string
	_ = filepath.WalkDir(g.path, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && p != g.path {
			inner = append(inner, p)
		}
		return nil
	})
	for _, p := range slices.Backward(inner) {
		_ = syscall.Rmdir(p)
	}
	if err := syscall.Rmdir(g.path); err != nil && !gone(err) {
		return fmt.Errorf("remove control group: %w", err)
	}
	return nil
}

// ownGroup finds the directory of the version 2 group this process is in.
func ownGroup() (string, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnsupported)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnsupported)
	}
	return groupDir(string(own), string(mounts))
}

// groupDir joins the paths in /proc/self/cgroup and mountinfo: the group's path counts from the
// root of the hierarchy, and the mount may show only a part of it.
func groupDir(own, mounts string) (string, error) {
	group := ""
	for line := range strings.Lines(own) {
		if p, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			group = p
		}
	}
	if group == "" {
		return "", fmt.Errorf("no version 2 control group: %w", ErrUnsupported)
	}
	for line := range strings.Lines(mounts) {
		before, after, ok := strings.Cut(line, " - ")
		f := strings.Fields(before)
		if !ok || len(f) < 5 || !strings.HasPrefix(after, "cgroup2 ") {
			continue
		}
		root, mount := f[3], f[4]
		if root == "/" {
			return filepath.Join(mount, group), nil
		}
		if rest, ok := strings.CutPrefix(group, root); ok {
			return filepath.Join(mount, rest), nil
		}
	}
	return "", fmt.Errorf("no version 2 control groups mounted: %w", ErrUnsupported)
}
