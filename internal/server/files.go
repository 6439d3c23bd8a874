package server

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"hearth/internal/session"
)

// Files finds files that requests name, below the directories that the operator
// opened and nowhere else.
type Files struct{ dirs []string }

// NewFiles opens the directories. Each must exist; links in it are resolved once,
// so that what it means cannot change later.
func NewFiles(dirs []string) (*Files, error) {
	f := new(Files)
	for _, dir := range dirs {
		real, err := realPath(dir)
		if err != nil {
			return nil, err
		}
		f.dirs = append(f.dirs, real)
	}
	return f, nil
}

func realPath(p string) (string, error) {
	p, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(p)
}

// Resolve returns the path of a regular file, with all links resolved. A
// relative name is looked for in each directory in turn. Every refusal of a
// local file reads the same, so that nobody learns what exists elsewhere.
func (f *Files) Resolve(_ context.Context, ref string) (string, error) {
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
		if err != nil || !f.below(real) {
			continue
		}
		if info, err := os.Stat(real); err == nil && info.Mode().IsRegular() {
			return real, nil
		}
	}
	return "", refused(ref, "is not a file below the directories that the server was given with -files")
}

func (f *Files) below(p string) bool {
	for _, dir := range f.dirs {
		rel, err := filepath.Rel(dir, p)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// localName takes the path out of a plain name or a file: address.
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
	return &session.Error{Kind: session.Invalid, Msg: quote(ref) + " " + why + ".", Err: errors.New("file refused")}
}
