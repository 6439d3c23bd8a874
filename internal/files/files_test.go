package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/session"
)

func TestFiles_Named_AreFoundBelowTheirDirectoriesOnly(t *testing.T) {
	top := t.TempDir()
	open, closed := filepath.Join(top, "open"), filepath.Join(top, "closed")
	write := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, from string) {
		t.Helper()
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(open, "sub", "a b:c.jar"))
	write(filepath.Join(open, "plain.zip"))
	write(filepath.Join(open, "..dots"))
	write(filepath.Join(closed, "secret"))
	write(filepath.Join(top, "open-too", "x"))
	link(filepath.Join(open, "plain.zip"), filepath.Join(open, "inside"))
	link(filepath.Join(closed, "secret"), filepath.Join(open, "outside"))
	link(closed, filepath.Join(open, "way-out"))
	link("/etc", filepath.Join(open, "etc"))
	link(open, filepath.Join(top, "alias"))
	f, err := New([]string{filepath.Join(top, "alias"), filepath.Join(top, "open-too")})
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(open)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(real, "plain.zip")
	for ref, want := range map[string]string{
		"plain.zip": plain, "./plain.zip": plain, "sub/../plain.zip": plain, "inside": plain,
		filepath.Join(open, "plain.zip"): plain, "file://" + filepath.Join(open, "plain.zip"): plain,
		"file:" + filepath.Join(open, "plain.zip"): plain, filepath.Join(top, "alias", "plain.zip"): plain,
		"file://" + filepath.Join(open, "sub", "a%20b%3Ac.jar"): filepath.Join(real, "sub", "a b:c.jar"),
		"sub/a b:c.jar": filepath.Join(real, "sub", "a b:c.jar"), "..dots": filepath.Join(real, "..dots"),
	} {
		if got, err := f.Resolve(t.Context(), "any", ref); err != nil || got != want {
			t.Errorf("%q is %q, %v", ref, got, err)
		}
	}
	secret := filepath.Join(closed, "secret")
	for ref, why := range map[string]string{
		"": "name of a file", "absent": "-files", "sub": "-files", ".": "-files", "/": "-files", "outside": "-files", "way-out/secret": "-files",
		"etc/passwd": "-files", "../closed/secret": "-files", secret: "-files", "file://" + secret: "-files", "/etc/passwd": "-files",
		"file:///etc/passwd": "-files", "file://host" + secret: "local file", "file://%zz": "local file",
		"file://" + open + "/%2e%2e/closed/secret": "-files", "a\x00b": "name of a file",
		"s3://bucket/x.jar": "object store", "S3A://bucket/x": "object store",
		"http://127.0.0.1/x": "downloads", "HTTPS://x/y": "downloads", "ftp://x/y": "-files", "local:/etc/passwd": "-files",
	} {
		got, err := f.Resolve(t.Context(), "any", ref)
		if err == nil || session.AsError(err).Kind != session.Invalid || !strings.Contains(session.AsError(err).Msg, why) {
			t.Errorf("%q is %q, %v", ref, got, err)
		}
	}
	if _, err := New([]string{filepath.Join(top, "absent")}); err == nil {
		t.Error("a directory that is not there was opened")
	}
	if err := f.Open("one", closed); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Resolve(t.Context(), "one", secret); err != nil || filepath.Base(got) != "secret" {
		t.Errorf("a dialect's own directory is closed to it: %q, %v", got, err)
	}
	if got, err := f.Resolve(t.Context(), "other", secret); err == nil {
		t.Errorf("a dialect's own directory is open to others: %q", got)
	}
	if err := f.Open("one", filepath.Join(top, "absent")); err == nil {
		t.Error("a dialect's directory that is not there was opened")
	}
}

func TestFiles_OfAClosedDirectory_AreNotFound(t *testing.T) {
	top := t.TempDir()
	data, packages := filepath.Join(top, "data"), filepath.Join(top, "data", "packages")
	if err := os.MkdirAll(packages, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(data, "admin.token"), filepath.Join(packages, "a.jar"), filepath.Join(top, "data.txt")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(data, filepath.Join(top, "way-in")); err != nil {
		t.Fatal(err)
	}
	f, err := New([]string{top}, filepath.Join(top, "way-in"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Open("dli", packages); err != nil {
		t.Fatal(err)
	}
	for ref, found := range map[string]bool{
		"data.txt": true, "data/admin.token": false, "way-in/admin.token": false, filepath.Join(data, "admin.token"): false, filepath.Join(packages, "a.jar"): true,
	} {
		if _, err := f.Resolve(t.Context(), "dli", ref); (err == nil) != found {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if _, err := f.Resolve(t.Context(), "livy", filepath.Join(packages, "a.jar")); err == nil {
		t.Error("another dialect finds what one dialect has in the closed directory")
	}
}

func TestFiles_Hold_WhatLeadsBelowTheirDirectories(t *testing.T) {
	top := t.TempDir()
	open := filepath.Join(top, "open")
	for _, dir := range []string{filepath.Join(open, "data"), filepath.Join(open, "sub"), filepath.Join(top, "closed")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"way-out": filepath.Join(top, "closed"), "nowhere": filepath.Join(top, "later"), "way-in": "sub"} {
		if err := os.Symlink(to, filepath.Join(open, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(open, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := New([]string{open}, filepath.Join(open, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		open: true, filepath.Join(open, "sub", "new", "er"): true, filepath.Join(open, "way-in", "new"): true, filepath.Join(open, "new"): true,
		top: false, filepath.Join(top, "new"): false, "/": false, "/new": false, "open": false, filepath.Join(open, "data", "new"): false,
		filepath.Join(open, "way-out"): false, filepath.Join(open, "way-out", "new"): false, filepath.Join(open, "nowhere"): false,
		filepath.Join(open, "nowhere", "x"): false, filepath.Join(open, "file", "x"): false, filepath.Join(top, "open-too"): false,
	} {
		if got := f.Holds(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
