package dli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hearth/internal/session"
)

// filled makes a store of packages beside a secret, with every kind of link.
func filled(t *testing.T) (store, string) {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(top, "packages")
	for _, folder := range []string{"packages/group", "packages/group/below", "outside"} {
		if err := os.MkdirAll(filepath.Join(top, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"secret", "outside/x.jar", "packages/alone.jar", "packages/group/b.jar", "packages/group/a.py", "packages/group/.hidden", "packages/group/below/deep.jar", "packages/s3:x"} {
		if err := os.WriteFile(filepath.Join(top, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"packages/group/inside.jar": "b.jar", "packages/group/escape.jar": "../../secret", "packages/elsewhere": "../outside", "packages/again": "group",
	} {
		if err := os.Symlink(to, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := newStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func TestPackages_NamedFiles_AreFoundWithLinksResolved(t *testing.T) {
	p, dir := filled(t)
	for _, c := range []struct{ group, name, want string }{
		{"group", "b.jar", "group/b.jar"}, {"", "alone.jar", "alone.jar"}, {"group", "inside.jar", "group/b.jar"}, {"again", "b.jar", "group/b.jar"}, {"", "s3:x", "s3:x"},
	} {
		if got, err := p.Package(t.Context(), c.group, c.name); err != nil || got != filepath.Join(dir, c.want) {
			t.Errorf("%s/%s is %q, %v", c.group, c.name, got, err)
		}
	}
	for _, group := range []string{"group", "again"} {
		got, err := p.Group(t.Context(), group)
		if err != nil || !slices.Equal(got, []string{"a.py", "b.jar", "escape.jar", "inside.jar"}) {
			t.Errorf("%s holds %v, %v", group, got, err)
		}
	}
}

func TestPackages_WhateverLiesOutside_IsNotFound(t *testing.T) {
	p, dir := filled(t)
	for _, c := range []struct{ group, name string }{
		{"group", "absent.jar"},
		{"absent", "b.jar"},
		{"group", "escape.jar"},
		{"elsewhere", "x.jar"},
		{"", "../secret"},
		{"..", "secret"},
		{"group", "../alone.jar"},
		{"group", ".."},
		{"group", "."},
		{"group", ""},
		{"", ""},
		{"", "group"},
		{"group", "below"},
		{"group", "below/deep.jar"},
		{"group/below", "deep.jar"},
		{"", "/etc/passwd"},
		{"", dir + "/alone.jar"},
		{"group", ".hidden"},
		{"group", "b.jar\x00"},
		{"group\x00", "b.jar"},
		{"file:", "alone.jar"},
		{"group", "%62.jar"},
		{"group", `..\alone.jar`},
	} {
		if got, err := p.Package(t.Context(), c.group, c.name); !errors.Is(err, session.NotFound) {
			t.Errorf("%q/%q is %q, %v", c.group, c.name, got, err)
		}
	}
	for _, group := range []string{"", ".", "..", "/", "absent", "elsewhere", "alone.jar", "group/below", dir} {
		if got, err := p.Group(t.Context(), group); !errors.Is(err, session.NotFound) {
			t.Errorf("%q holds %v, %v", group, got, err)
		}
	}
}
