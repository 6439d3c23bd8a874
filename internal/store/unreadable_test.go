package store

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// damage makes the row of a session one that cannot be read.
func damage(t *testing.T, s *Store, id string) {
	t.Helper()
	if _, err := s.write.Exec(`UPDATE sessions SET spec = '{' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
}

func TestList_RowThatCannotBeRead_CostsThatRowAloneAndIsNamed(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		s := openTest(t, dsn)
		var all []session.Session
		for range 3 {
			v := sessiontest.Session()
			insert(t, s, &v)
			all = append(all, v)
		}
		bad := all[1]
		damage(t, s, bad.ID)
		check := func(what string, err error) {
			rows, ok := errors.AsType[*session.UnreadableError](err)
			if !ok || len(rows.Sessions) != 1 || rows.Sessions[0] != (session.Unreadable{ID: bad.ID, Seq: bad.Seq}) {
				t.Errorf("%s: %v, want an error about %s alone", what, err, bad.ID)
			}
		}
		list, err := s.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 9})
		check("list", err)
		if got := names(list); len(got) != 2 || got[0] != all[2].ID || got[1] != all[0].ID {
			t.Errorf("the list has %v", got)
		}
		_, err = s.Session(t.Context(), bad.ID)
		check("by id", err)
		_, err = s.FindSession(t.Context(), bad.Ref)
		check("by name", err)
		err = s.WithTx(t.Context(), func(tx session.Tx) error {
			_, err := tx.Session(t.Context(), bad.ID)
			check("in a transaction", err)
			return tx.SetAliveAt(t.Context(), time.Now())
		})
		if err != nil {
			t.Errorf("the transaction that met the row: %v", err)
		}
	})
}

func TestManager_RowsThatCannotBeRead_StartExpireRetainAndListGoOnPastThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		now := time.Now()
		add := func(name string, change func(*session.Session)) session.Session {
			v := sessiontest.Session(func(v *session.Session) {
				v.ExternalID, v.Engine, v.Handle = name, "fake", nil
				change(v)
			})
			insert(t, s, &v)
			return v
		}
		due := func(v *session.Session) {
			v.State, v.IdleTimeout, v.IdleDeadline = session.StateIdle, time.Minute, now.Add(-time.Second)
		}
		old := func(v *session.Session) { v.State, v.EndedAt = session.StateEnded, now.Add(-30*24*time.Hour) }
		badDue, badOld := add("bad due", due), add("bad old", old)
		goodDue, goodOld := add("good due", due), add("good old", old)
		damage(t, s, badDue.ID)
		damage(t, s, badOld.ID)

		driver := fake.New(fake.Config{})
		defer driver.Close()
		var log bytes.Buffer
		m := session.NewManager(session.Config{
			Store: s, Engines: engine.Fleet{"fake": driver}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err := m.Start(t.Context()); err != nil {
			t.Fatalf("the server does not start: %v", err)
		}
		time.Sleep(5 * time.Minute)
		if err := m.Stop(t.Context(), true); err != nil {
			t.Error(err)
		}
		if v, err := s.Session(t.Context(), goodDue.ID); err != nil || v.State != session.StateEnded {
			t.Errorf("the session behind the row is %s, %v", v.State, err)
		}
		if _, err := s.Session(t.Context(), goodOld.ID); !errors.Is(err, session.NotFound) {
			t.Errorf("the old session behind the row: %v", err)
		}
		list, next, err := m.List(t.Context(), session.Filter{}, session.Page{Limit: 1})
		if err != nil || len(list) != 1 || list[0].ID != goodDue.ID || next == 0 {
			t.Errorf("first page: %v, next %d, %v", names(list), next, err)
		}
		if list, next, err = m.List(t.Context(), session.Filter{}, session.Page{Limit: 2, After: next}); err != nil || len(list) != 0 || next != 0 {
			t.Errorf("second page: %v, next %d, %v", names(list), next, err)
		}
		for _, id := range []string{badDue.ID, badOld.ID} {
			line := `level=ERROR msg="a session cannot be read from the store and is left as it is" session_id=` + id
			if n := strings.Count(log.String(), line); n != 1 {
				t.Errorf("%s is logged %d times, want once", id, n)
			}
		}
	})
}
