package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSize_OfAnSQLiteFile_CountsItsLogAndFailsWithoutTheFile(t *testing.T) {
	s := openTestSQLite(t)
	before, err := s.Size(t.Context())
	if err != nil || before <= 0 {
		t.Fatalf("size = %d, %v", before, err)
	}
	s.file = filepath.Join(t.TempDir(), "other")
	for name, size := range map[string]int{s.file: 1000, s.file + "-wal": 200} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Size(t.Context()); err != nil || n != 1200 {
		t.Errorf("with its log: %d, %v, want 1200", n, err)
	}
	s.file += ".gone"
	if n, err := s.Size(t.Context()); err == nil {
		t.Errorf("without the file: %d", n)
	}
}

func TestSize_OfPostgreSQL_IsThatOfTheDatabase(t *testing.T) {
	s := openTest(t, postgresDSN(t))
	if n, err := s.Size(t.Context()); err != nil || n < 1<<20 {
		t.Errorf("size = %d, %v", n, err)
	}
}
