// Package files finds the files that requests name: below the directories that the operator opened
// for all, and below those that a dialect keeps for its own sessions, and nowhere else.
//
// It implements session.Files, so that every session of every dialect passes it. It reads no file
// and keeps none. A newcomer forgets links: a name counts by the place it leads to.
package files

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/session"
)

// Files resolves the names of files. Make it with New.
type Files struct {
	dirs []string
	// closed are directories and files of which nothing is found through dirs.
	closed []string
	// own are the directories of one dialect each.
	own map[string][]string
}

var _ session.Files = (*Files)(nil)

// New returns the Files of the directories that are open to all dialects, without the directories
// and files that are closed and may lie below them: the server's own. Links are resolved once, so
// that their meaning cannot change later. A directory must exist; a closed file need not exist yet.
func New(dirs []string, closed ...string) (*Files, error) {
	real, err := realPaths(dirs)
	if err != nil {
		return nil, err
	}
	f := &Files{dirs: real, own: make(map[string][]string)}
	for _, path := range closed {
		own, err := realPath(path)
		if errors.Is(err, os.ErrNotExist) {
			own, err = realPath(filepath.Dir(path))
			own = filepath.Join(own, filepath.Base(path))
		}
		if err != nil {
			return nil, err
		}
		f.closed = append(f.closed, own)
	}
	return f, nil
}

// Open opens directories to the sessions of one dialect. It must not be called once requests are
// answered.
func (f *Files) Open(dialect string, dirs ...string) error {
	real, err := realPaths(dirs)
	f.own[dialect] = append(f.own[dialect], real...)
	return err
}

func realPaths(dirs []string) ([]string, error) {
	all := make([]string, 0, len(dirs))
	for _, dir := range dirs {
		real, err := realPath(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, real)
	}
	return all, nil
}

func realPath(p string) (string, error) {
	p, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(p)
}

// Resolve implements session.Files: it returns the path of a regular file, with all links resolved.
// A relative name is searched for in the common directories in turn. Every refusal of a local file
// reads the same, so that no client learns of files elsewhere.
func (f *Files) Resolve(_ context.Context, dialect, ref string) (string, error) {
	name, err := localName(ref)
	if err != nil {
		return "", err
	}
	candidates := []string{name}
	if !filepath.IsAbs(name) {
		candidates = nil
		for _, dir := range f.dirs {
			candidates = append(candidates, filepath.Join(dir, name))
		}
	}
	for _, c := range candidates {
		real, err := filepath.EvalSymlinks(c)
		open := below(f.dirs, real) && !below(f.closed, real)
		if err != nil || !open && !below(f.own[dialect], real) {
			continue
		}
		if info, err := os.Stat(real); err == nil && info.Mode().IsRegular() {
			return real, nil
		}
	}
	return "", refused(ref, "is not a file below the directories that the server was given with -files")
}

// Holds reports whether a path, of which the last parts need not exist, leads to a place below the
// common directories.
func (f *Files) Holds(path string) bool {
	at, rest := filepath.Clean(path), ""
	for {
		real, err := filepath.EvalSymlinks(at)
		if err == nil {
			real = filepath.Join(real, rest)
			return below(f.dirs, real) && !below(f.closed, real)
		}
		if _, err := os.Lstat(at); !errors.Is(err, os.ErrNotExist) || !filepath.IsAbs(at) || at == "/" {
			return false // a link to nowhere, which is made somewhere later
		}
		at, rest = filepath.Dir(at), filepath.Join(filepath.Base(at), rest)
	}
}

// below reports whether a path without links lies in one of the directories.
func below(dirs []string, p string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		rel, err := filepath.Rel(dir, p)
		return err == nil && filepath.IsLocal(rel)
	})
}

// localName returns the path in a plain name or a file: address.
func localName(ref string) (string, error) {
	scheme, rest, ok := strings.Cut(ref, ":")
	if !ok || strings.Contains(scheme, "/") {
		return checkedName(ref, ref)
	}
	switch strings.ToLower(scheme) {
	case "s3", "s3a", "s3n":
		return "", refused(ref, "is in the object store, which is not available yet")
	case "http", "https":
		return "", refused(ref, "is an address, and downloads are not allowed here yet")
	case "file":
		u, err := url.Parse(ref)
		if err != nil || u.Host != "" && u.Host != "localhost" || u.Path == "" {
			return "", refused(ref, "is not an address of a local file")
		}
		return checkedName(ref, u.Path)
	}
	return checkedName(ref, scheme+":"+rest)
}

func checkedName(ref, name string) (string, error) {
	if name == "" || strings.ContainsRune(name, 0) {
		return "", refused(ref, "is not the name of a file")
	}
	return name, nil
}

func refused(ref, why string) error {
	return &session.Error{Kind: session.Invalid, Msg: strconv.QuoteToASCII(ref[:min(len(ref), 200)]) + " " + why + ".", Err: errors.New("file refused")}
}
