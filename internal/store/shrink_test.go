package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// insertEnded adds an ended session with some MiB of output.
func insertEnded(t *testing.T, s *Store, mib int) session.Session {
	t.Helper()
	v := sessiontest.Session(func(v *session.Session) { v.State, v.EndedAt = session.StateEnded, time.Now() })
	insert(t, s, &v)
	err := inTx(t, s, func(ctx context.Context, tx session.Tx) error {
		return tx.InsertStatement(ctx, new(sessiontest.Statement(v.ID, 1)))
	})
	for i := range 4 * mib {
		err = errors.Join(err, inTx(t, s, func(ctx context.Context, tx session.Tx) error {
			return tx.AppendOutput(ctx, v.ID, 1, printed(uint64(i+1), 1<<18))
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSQLite_DeletedSessionOf64MiB_GivesItsSpaceBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		driver := fake.New(fake.Config{})
		defer driver.Close()
		m := session.NewManager(session.Config{Store: s, Engines: engine.Fleet{"local": driver}})
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer m.Stop(context.Background(), true)
		v := insertEnded(t, s, 64)
		if n, err := s.Size(t.Context()); err != nil || n < 64<<20 {
			t.Fatalf("the database takes %d bytes, %v", n, err)
		}
		if err := m.Delete(t.Context(), v.Ref); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n, err := s.Size(t.Context()); err != nil || n > 20<<20 {
			t.Errorf("without the session the database takes %d bytes, %v", n, err)
		}
	})
}

// emptied returns a database from which a session with some MiB of output was removed.
func emptied(t *testing.T, path string, mib int) *Store {
	t.Helper()
	s := openTest(t, path)
	v := insertEnded(t, s, mib)
	if err := inTx(t, s, func(ctx context.Context, tx session.Tx) error { return tx.DeleteSession(ctx, v.ID) }); err != nil {
		t.Fatal(err)
	}
	return s
}

func freePages(t *testing.T, s *Store) (n int64) {
	t.Helper()
	if err := s.write.QueryRow(`PRAGMA freelist_count`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSQLite_Shrink_GivesASliceAtATimeSoThatWritersGoBetween(t *testing.T) {
	s := emptied(t, filepath.Join(t.TempDir(), "hearth.db"), 64)
	spare := freePages(t, s) - spareBytes/4096
	slices := int64(0)
	for more, last := true, freePages(t, s); more; slices++ {
		var err error
		if more, err = s.Shrink(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := freePages(t, s)
		if last-now > slicePages || last == now {
			t.Fatalf("a slice has %d pages, want 1 to %d", last-now, slicePages)
		}
		v := sessiontest.Session()
		insert(t, s, &v)
		last = freePages(t, s)
	}
	if slices < spare/slicePages || slices > spare/slicePages+1 {
		t.Errorf("%d slices for %d pages", slices, spare)
	}
	if left := freePages(t, s); left > spareBytes/4096 || left < spareBytes/4096-slices {
		t.Errorf("%d pages are left free, want %d without the rows that came between", left, spareBytes/4096)
	}
	if n, err := s.Size(t.Context()); err != nil || n > spareBytes+sqliteLog {
		t.Errorf("the database takes %d bytes, %v", n, err)
	}
	if more, err := s.Shrink(t.Context()); more || err != nil {
		t.Errorf("nothing is to be had, and there is more: %v, %v", more, err)
	}
}

func TestSQLite_Shrink_AReaderOfWhatWasBefore_IsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	s := openTest(t, path)
	gone, stays := insertEnded(t, s, 32), insertEnded(t, s, 32)
	if err := inTx(t, s, func(ctx context.Context, tx session.Tx) error { return tx.DeleteSession(ctx, gone.ID) }); err != nil {
		t.Fatal(err)
	}
	reading, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow(`SELECT count(*) FROM sessions`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	shrinkAll(t, s)
	if left := freePages(t, s); left <= spareBytes/4096 {
		t.Errorf("all was given back beside the reader, into a log that grows")
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() > 2*lagPages*4096 {
		t.Errorf("beside the reader the log has grown: %v, %v", info, err)
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	shrinkAll(t, s)
	if left := freePages(t, s); left != spareBytes/4096 {
		t.Errorf("%d pages are left free, want %d", left, spareBytes/4096)
	}
	// What stood behind the removed has moved.
	out, err := s.Output(t.Context(), stays.ID, 1)
	if err != nil || len(out) != 128 || out[127].Text != printed(0, 1<<18)[0].Text {
		t.Errorf("the other session has %d outputs, %v", len(out), err)
	}
	var sound string
	if err := s.write.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("the database is %s, %v", sound, err)
	}
	insert(t, s, new(sessiontest.Session()))
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() > sqliteLog {
		t.Errorf("in the end the log is %v, %v, want at most %d", info, err, sqliteLog)
	}
}

func shrinkAll(t *testing.T, s *Store) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.Shrink(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// older makes a database as older versions did, with so many bytes in it.
func older(t *testing.T, path string, bytes int) {
	t.Helper()
	db, err := sql.Open(sqliteName, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := provider(db, sqliteName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf(`CREATE TABLE filler AS SELECT zeroblob(%d) AS bytes`, bytes)); err != nil {
		t.Fatal(err)
	}
}

func TestSQLite_OlderDatabase_IsMadeOneThatShrinksWhereThatIsCheap(t *testing.T) {
	for name, c := range map[string]struct {
		bytes   int
		shrinks bool
	}{"up to 128 MiB": {convertBytes - 1<<20, true}, "more": {convertBytes, false}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hearth.db")
			older(t, path, c.bytes)
			s := openTest(t, path)
			if _, err := s.write.Exec(`DROP TABLE filler`); err != nil {
				t.Fatal(err)
			}
			if c.shrinks {
				shrinkAll(t, s)
				if n, err := s.Size(t.Context()); err != nil || n > 20<<20 {
					t.Errorf("the database takes %d bytes, %v", n, err)
				}
				return
			}
			if more, err := s.Shrink(t.Context()); more || err == nil || !strings.Contains(err.Error(), "VACUUM") {
				t.Errorf("more %v, %v, want an error that says what to do", more, err)
			}
			if more, err := s.Shrink(t.Context()); more || err != nil {
				t.Errorf("once more: %v, %v, want that it is said once", more, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			// It holds little now.
			s = openTest(t, path)
			shrinkAll(t, s)
			if n, err := s.Size(t.Context()); err != nil || n > 20<<20 {
				t.Errorf("after the next start the database takes %d bytes, %v", n, err)
			}
		})
	}
}

func TestPostgres_Shrink_IsNotOurs(t *testing.T) {
	if more, err := openTest(t, postgresDSN(t)).Shrink(t.Context()); more || err != nil {
		t.Errorf("more %v, %v", more, err)
	}
}

func TestManager_RetentionSizeOverADatabase_HoldsAtItsEdgeAndAfterARestart(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		s := openTest(t, dsn)
		var all []session.Session
		var total int64
		for i := range 3 {
			all = append(all, insertEnded(t, s, 1))
			n, err := s.SessionBytes(t.Context(), all[i].ID)
			if err != nil || n < 1<<20 {
				t.Fatalf("a session has %d bytes, %v", n, err)
			}
			total += n
		}
		for _, c := range []struct {
			limit int64
			gone  int
		}{{total, 0}, {total - 1, 1}, {1 << 20, 3}} {
			runTidy(t, s, c.limit)
			for i, v := range all {
				// A row may be left for the next start to remove.
				now, err := s.Session(t.Context(), v.ID)
				if gone := errors.Is(err, session.NotFound) || err == nil && !now.DeletedAt.IsZero(); gone != (i < c.gone) {
					t.Errorf("with %d bytes session %d is gone: %v, %v, want the first %d", c.limit, i, gone, err, c.gone)
				}
			}
		}
	})
}

// runTidy runs a server's Manager until it has looked after ended sessions once.
func runTidy(t *testing.T, s *Store, limit int64) {
	t.Helper()
	driver, looked := fake.New(fake.Config{}), make(chan struct{})
	defer driver.Close()
	var once sync.Once
	m := session.NewManager(session.Config{
		Store: shrunk{s, func() { once.Do(func() { close(looked) }) }}, Engines: engine.Fleet{"local": driver}, RetentionSize: limit, SweepEvery: time.Hour,
	})
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-looked
	if err := m.Stop(context.Background(), true); err != nil {
		t.Fatal(err)
	}
}

// shrunk is a store that says when space is given back, which is done last.
type shrunk struct {
	*Store
	say func()
}

func (s shrunk) Shrink(ctx context.Context) (bool, error) {
	s.say()
	return s.Store.Shrink(ctx)
}
