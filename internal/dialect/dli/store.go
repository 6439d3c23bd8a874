package dli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"hearth/internal/session"
)

// Packages is the store of packages that requests name. A package is a file in a group, or beside
// the groups: then its group is "".
type Packages interface {
	// Package returns the path of a package on this machine; session.NotFound if there is none,
	// whatever else lies there.
	Package(ctx context.Context, group, name string) (path string, err error)
	// Group lists the names of a group's packages in order; session.NotFound if there is no such
	// group.
	Group(ctx context.Context, group string) (names []string, err error)
}

// store is the Packages on disk: a folder with groups as its folders, packages as the files in
// them, and files of no group beside them. A link counts by the place it leads to, which is in the
// folder.
type store struct{ dir string }

// newStore opens the folder, which must exist.
func newStore(dir string) (store, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	return store{dir}, err
}

// Package implements Packages. The path has no links.
func (s store) Package(_ context.Context, group, name string) (string, error) {
	if !oneName(name) || group != "" && !oneName(group) {
		return "", noPackage(nil)
	}
	found, err := s.real(group, name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(found); err != nil || !info.Mode().IsRegular() {
		return "", noPackage(err)
	}
	return found, nil
}

// real returns the path of an entry below the folder with all links resolved.
func (s store) real(names ...string) (string, error) {
	found, err := filepath.EvalSymlinks(filepath.Join(append([]string{s.dir}, names...)...))
	if err != nil {
		return "", noPackage(err)
	}
	if rel, err := filepath.Rel(s.dir, found); err != nil || !filepath.IsLocal(rel) {
		return "", noPackage(err)
	}
	return found, nil
}

// Group implements Packages.
func (s store) Group(_ context.Context, group string) ([]string, error) {
	if !oneName(group) {
		return nil, noPackage(nil)
	}
	dir, err := s.real(group)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, noPackage(err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() && oneName(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// oneName reports whether a name is that of an entry in a folder, and no hidden one.
func oneName(s string) bool {
	return fs.ValidPath(s) && filepath.IsLocal(s) && filepath.Base(s) == s && s[0] != '.'
}

func noPackage(err error) error {
	return &session.Error{Kind: session.NotFound, Msg: "There is no such package.", Err: err}
}
