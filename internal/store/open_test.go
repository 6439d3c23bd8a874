package store

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// engines opens an empty place on each engine and says how to reach it.
func engines(t *testing.T, check func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { check(t, filepath.Join(t.TempDir(), "hearth.db")) })
	t.Run("postgres", func(t *testing.T) { check(t, postgresDSN(t)) })
}

func TestOpen_Again_FindsWhatWasStored(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		first, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		want := sessiontest.FullSession()
		insert(t, first, &want)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := openTest(t, dsn).Session(t.Context(), want.ID); err != nil || got.Seq != want.Seq {
			t.Errorf("session %d, %v, want %d", got.Seq, err, want.Seq)
		}
	})
}

func insert(t testing.TB, s *Store, v *session.Session) {
	t.Helper()
	if err := s.WithTx(t.Context(), func(tx session.Tx) error { return tx.InsertSession(t.Context(), v) }); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_ManyAtOnce_MigrateOnce(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				if _, err := s.CountSessions(t.Context(), session.Filter{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var times int
		row := openTest(t, dsn).write.QueryRow(`SELECT count(*) FROM goose_db_version WHERE version_id = 1`)
		if err := row.Scan(&times); err != nil || times != 1 {
			t.Errorf("the first migration was recorded %d times (%v), want once", times, err)
		}
	})
}

func TestOpen_SchemaFromTheFuture_IsRefused(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		s := openTest(t, dsn)
		if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), dsn)
		wantMessage(t, err, "9999", "at least as new")
	})
}

// wantMessage demands an error that tells people these things.
func wantMessage(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("err = %v, want it to say %q", err, p)
		}
	}
}

func TestOpen_SQLitePathOfAnyCharacters_IsThatFile(t *testing.T) {
	for _, prefix := range []string{"", "sqlite:"} {
		path := filepath.Join(t.TempDir(), "a b?c#d%20é&_pragma=x.db")
		s := openTest(t, prefix+path)
		v := sessiontest.Session()
		insert(t, s, &v)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v, want mode 0600", suffix, info, err)
			}
		}
	}
}

func TestOpen_DamagedFile_SaysWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 500)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantMessage(t, err, path, "damaged", "backup")
}

func TestOpen_NoSuchFolderOrMemory_IsRefused(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "no", "hearth.db"), "", ":memory:", "sqlite:"} {
		if s, err := Open(t.Context(), path); err == nil {
			s.Close()
			t.Errorf("Open(%q) succeeded", path)
		}
	}
}

func TestOpen_NoServer_IsAnError(t *testing.T) {
	_, err := Open(t.Context(), "postgres:///none?host="+t.TempDir())
	if err == nil {
		t.Error("opened a database of no server")
	}
	_, err = Open(t.Context(), "postgres://user:hush@host:notaport/db")
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("err = %v, want one without the password", err)
	}
}

func TestSQLite_LockedByAnotherProgram_SaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	if err := createFile(path); err != nil {
		t.Fatal(err)
	}
	holder, err := sql.Open(sqliteName, path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	if _, err := holder.Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	_, err = openSQLite(t.Context(), path, 10*time.Millisecond)
	wantMessage(t, err, path, "another program")
}

func TestSQLite_InABubble_WorksUnderFakeTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		v := sessiontest.Session(func(v *session.Session) { v.IdleDeadline = time.Now().Add(time.Hour) })
		insert(t, s, &v)
		time.Sleep(time.Hour)
		if due, err := s.DueSessions(t.Context(), time.Now(), 9); len(due) != 1 || err != nil {
			t.Errorf("due: %v, %v, want one session", due, err)
		}
	})
}
