package server

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"hearth/internal/session"
)

// Packages is a store of packages on disk: a folder with groups as its folders,
// packages as the files in them, and files of no group beside them. Nothing
// outside it can be named, also not through a link.
type Packages struct{ files Files }

// NewPackages opens the folder, which must exist.
func NewPackages(dir string) (*Packages, error) {
	files, err := NewFiles([]string{dir})
	if err != nil {
		return nil, err
	}
	return &Packages{*files}, nil
}

// Package is the path of a package with all links resolved; the group is "" for
// one of no group. session.NotFound if there is no such file here.
func (p *Packages) Package(ctx context.Context, group, name string) (string, error) {
	if !oneName(name) || group != "" && !oneName(group) {
		return "", noPackage(nil)
	}
	// As a path, so that a name is never taken for an address.
	found, err := p.files.Resolve(ctx, filepath.Join(p.files.dirs[0], group, name))
	if errors.Is(err, session.Invalid) {
		return "", noPackage(err)
	}
	return found, err
}

// Group lists the names of a group's files in order. session.NotFound if there is
// no such folder here.
func (p *Packages) Group(_ context.Context, group string) ([]string, error) {
	if !oneName(group) {
		return nil, noPackage(nil)
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(p.files.dirs[0], group))
	if err != nil || !p.files.below(dir) {
		return nil, noPackage(err)
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

// oneName tells whether a name is that of an entry in a folder, and no hidden one.
func oneName(s string) bool {
	return fs.ValidPath(s) && filepath.IsLocal(s) && filepath.Base(s) == s && s[0] != '.'
}

func noPackage(err error) error {
	return &session.Error{Kind: session.NotFound, Msg: "There is no such package.", Err: err}
}
