package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestClaim_DatabaseOfAnotherServer_IsRefusedAndNamesIt(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		first, err := Claim(t.Context(), dsn, "process 7 on\nhost, data directory /first")
		if err != nil {
			t.Fatal(err)
		}
		_, err = Claim(t.Context(), dsn, "second")
		if e, ok := errors.AsType[*InUseError](err); !ok || e.Owner != "process 7 on host, data directory /first" {
			t.Errorf("err = %v, want one that names the first", err)
		}
		openTest(t, dsn) // the claim keeps nobody from reading
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second, err := Claim(t.Context(), dsn, "second")
		if err != nil {
			t.Fatalf("after the first has ended: %v", err)
		}
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestClaim_OtherDatabase_IsNotHeldUp(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "hearth.db") },
		"postgres": postgresDSN,
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				c, err := Claim(t.Context(), dsn(t), "me")
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
		})
	}
}

func TestClaim_OtherPathsToOneSQLiteFile_AreOneDatabase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "hearth.db")
	c, err := Claim(t.Context(), path, "first")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Chdir(dir)
	if err := errors.Join(os.Symlink(path, "link.db"), os.Symlink(dir, "folder"), os.Mkdir("sub", 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"hearth.db", "sqlite:hearth.db", "sub/../hearth.db", "link.db", "folder/hearth.db", path} {
		_, err := Claim(t.Context(), way, "second")
		if e, ok := errors.AsType[*InUseError](err); !ok || e.Owner != "first" {
			t.Errorf("%s: %v, want it in use by the first", way, err)
		}
	}
}
