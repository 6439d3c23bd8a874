package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"hearth/internal/files"
)

// The directory that is open to requests holds all of the server's own, by itself and by a link.
func TestFiles_OfTheServerItself_AreClosedWhereverTheyLie(t *testing.T) {
	top := t.TempDir()
	data, link := filepath.Join(top, "data"), filepath.Join(top, "db")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data/admin.token", "real.db", "real.db-wal", "real.db.lock", "real.db.reserve", "hearth.yaml", "mine.jar"} {
		if err := os.WriteFile(filepath.Join(top, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real.db", link); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(top, "hearth.yaml")
	c, err := readConfig([]string{"-config", config, "-data", data, "-database", "sqlite:" + link, "-files", top}, dialects(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := files.New(c.Files, c.closed()...)
	if err != nil {
		t.Fatal(err)
	}
	// It comes when the database is written.
	if err := os.WriteFile(filepath.Join(top, "real.db-shm"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]bool{
		"mine.jar": true, "data/admin.token": false, "real.db": false, "real.db-wal": false, "real.db-shm": false, "real.db.lock": false, "real.db.reserve": false, "db": false,
		"hearth.yaml": false,
	} {
		if _, err := opened.Resolve(t.Context(), "livy", name); (err == nil) != found {
			t.Errorf("%s: %v, found %v", name, err, found)
		}
	}
}
