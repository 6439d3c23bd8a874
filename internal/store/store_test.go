package store

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

var updateGolden = flag.Bool("update", false, "write the expected files instead of comparing with them")

func TestSQLite_Contract(t *testing.T) {
	sessiontest.Exercise(t, func(t *testing.T) session.Store { return openTestSQLite(t) })
}

func openTestSQLite(t testing.TB) *Store {
	t.Helper()
	return openTest(t, filepath.Join(t.TempDir(), "hearth.db"))
}

// openTest opens a store and closes it with the test.
func openTest(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func inTx(t *testing.T, s *Store, fn func(ctx context.Context, tx session.Tx) error) error {
	return s.WithTx(t.Context(), func(tx session.Tx) error { return fn(t.Context(), tx) })
}

// printed is output of so many bytes.
func printed(seq uint64, bytes int) []session.Output {
	return []session.Output{{Seq: seq, Stream: "stdout", Text: strings.Repeat("x", bytes)}}
}
