package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// damageStatement makes the row of a statement one that cannot be read.
func damageStatement(t *testing.T, s *Store, id string, number int64) {
	t.Helper()
	if _, err := s.write.Exec(`UPDATE statements SET error = '{' WHERE session_id = $1 AND number = $2`, id, number); err != nil {
		t.Fatal(err)
	}
}

// damageOutput does so with the output of a statement.
func damageOutput(t *testing.T, s *Store, id string, number int64) {
	t.Helper()
	if _, err := s.write.Exec(`UPDATE outputs SET data = '{' WHERE session_id = $1 AND number = $2`, id, number); err != nil {
		t.Fatal(err)
	}
}

func TestListStatements_RowThatCannotBeRead_CostsThatRowAloneAndIsNamed(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		s := openTest(t, dsn)
		v := sessiontest.Session()
		insert(t, s, &v)
		err := s.WithTx(t.Context(), func(tx session.Tx) error {
			for n := int64(1); n <= 3; n++ {
				st := sessiontest.Statement(v.ID, n, func(s *session.Statement) { s.State, s.Series = session.StatementWaiting, session.SeriesJobs })
				out := []session.Output{{Seq: uint64(n), Stream: "stdout", Text: "x"}}
				if err := errors.Join(tx.InsertStatement(t.Context(), &st), tx.AppendOutput(t.Context(), v.ID, n, out)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		damageStatement(t, s, v.ID, 1)
		damageOutput(t, s, v.ID, 2)
		check := func(what string, err error, want session.UnreadableStatement) {
			t.Helper()
			rows, ok := errors.AsType[*session.UnreadableStatementsError](err)
			if !ok || rows.SessionID != v.ID || !slices.Equal(rows.Statements, []session.UnreadableStatement{want}) ||
				!strings.Contains(err.Error(), fmt.Sprintf("statement %d of session %s", want.Number, v.ID)) {
				t.Errorf("%s: %v, want an error about %+v alone", what, err, want)
			}
		}
		bad := session.UnreadableStatement{Number: 1, Place: 1, State: session.StatementWaiting}
		list, err := s.ListStatements(t.Context(), v.ID, session.SeriesJobs, session.Page{Limit: 9})
		check("list", err, bad)
		if len(list) != 2 || list[0].Number != 2 || list[1].Number != 3 {
			t.Errorf("the list has %+v", list)
		}
		open, err := s.OpenStatements(t.Context(), v.ID, 9)
		check("open ones", err, bad)
		if len(open) != 2 || open[0].Number != 2 {
			t.Errorf("open are %+v", open)
		}
		_, err = s.Statement(t.Context(), v.ID, 1)
		check("by number", err, bad)
		_, err = s.FindStatement(t.Context(), v.ID, session.StatementRef{Series: session.SeriesJobs, Place: 1})
		check("by place", err, bad)
		_, err = s.Output(t.Context(), v.ID, 2)
		check("output", err, session.UnreadableStatement{Number: 2})
		err = s.WithTx(t.Context(), func(tx session.Tx) error {
			_, err := tx.NextStatement(t.Context(), v.ID)
			check("next, in a transaction", err, bad)
			if err := tx.EndUnread(t.Context(), v.ID, 1, session.Statement{State: session.StatementFailed}); err != nil {
				return err
			}
			next, err := tx.NextStatement(t.Context(), v.ID)
			if next.Number != 2 {
				t.Errorf("the next one is %d", next.Number)
			}
			return err
		})
		if err != nil {
			t.Errorf("the transaction that met the row: %v", err)
		}
		if st, err := s.Statement(t.Context(), v.ID, 1); err != nil || st.State != session.StatementFailed {
			t.Errorf("the row that was ended is %+v, %v", st, err)
		}
	})
}

// damaged is a Manager over a database with a session whose statements are damaged.
type damaged struct {
	t      *testing.T
	store  *Store
	driver *fake.Driver
	log    bytes.Buffer
	m      *session.Manager
	id     string
	ref    session.Ref
}

// withDamaged runs fn in a bubble of fake time over a session that is idle.
func withDamaged(t *testing.T, fn func(*testing.T, *damaged)) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		d := &damaged{t: t, store: s, driver: fake.New(fake.Config{})}
		defer d.driver.Close()
		d.start()
		defer func() { d.stop() }()
		d.ref = session.Ref{Dialect: "glue", Scope: "s", ExternalID: "a"}
		v, err := d.m.Create(t.Context(), session.NewSession{Ref: d.ref, Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python}}})
		if err != nil {
			t.Fatal(err)
		}
		d.id = v.ID
		d.want(session.StateIdle)
		fn(t, d)
	})
}

func (d *damaged) start() {
	d.m = session.NewManager(session.Config{
		Store: d.store, Engines: engine.Fleet{"local": d.driver}, Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	})
	if err := d.m.Start(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *damaged) stop() {
	d.t.Helper()
	if err := d.m.Stop(d.t.Context(), true); err != nil {
		d.t.Error(err)
	}
}

func (d *damaged) run(codes ...string) {
	d.t.Helper()
	for _, code := range codes {
		if _, err := d.m.Run(d.t.Context(), d.ref, session.NewStatement{Code: code}); err != nil {
			d.t.Fatal(err)
		}
		synctest.Wait()
	}
}

// want fails the test unless the session comes to a state within a minute.
func (d *damaged) want(state session.State) {
	d.t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	if v, err := d.store.Session(d.t.Context(), d.id); err != nil || v.State != state {
		d.t.Fatalf("the session is %s, %v, want %s\n%s", v.State, err, state, d.log.String())
	}
}

// wantStatement fails the test unless a statement has a state and an error of this name.
func (d *damaged) wantStatement(n int64, state session.StatementState, name string) {
	d.t.Helper()
	st, err := d.m.Statement(d.t.Context(), d.ref, session.StatementRef{Place: n})
	got := ""
	if st.Error != nil {
		got = st.Error.Name
	}
	if err != nil || st.State != state || got != name {
		d.t.Errorf("statement %d is %s with the error %q, %v, want %s with %q", n, st.State, got, err, state, name)
	}
}

func TestManager_StatementsThatCannotBeRead_AreNamedAndListsGoOnPastThem(t *testing.T) {
	withDamaged(t, func(t *testing.T, d *damaged) {
		d.run("value 1", "value 2", "print x", "value 4", "value 5")
		damageStatement(t, d.store, d.id, 2)
		damageOutput(t, d.store, d.id, 3)
		damageStatement(t, d.store, d.id, 5)
		var got []int64
		for page := (session.Page{Limit: 2}); ; {
			list, next, err := d.m.Statements(t.Context(), d.ref, session.SeriesCode, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range list {
				got = append(got, st.Number)
			}
			if page.After = next; next == 0 {
				break
			}
		}
		if !slices.Equal(got, []int64{1, 4}) {
			t.Errorf("listed are %v", got)
		}
		for _, n := range []int64{2, 3, 5} {
			_, err := d.m.Statement(t.Context(), d.ref, session.StatementRef{Place: n})
			if err == nil || session.AsError(err).Kind != session.Internal || !strings.Contains(err.Error(), fmt.Sprintf("statement %d of session %s", n, d.id)) {
				t.Errorf("statement %d: %v, want an internal error that names it", n, err)
			}
			line := fmt.Sprintf(`level=ERROR msg="a statement cannot be read from the store" session_id=%s statement=%d`, d.id, n)
			if logged := strings.Count(d.log.String(), line); logged != 1 {
				t.Errorf("statement %d is logged %d times, want once", n, logged)
			}
		}
		d.run("value 6")
		d.wantStatement(6, session.StatementDone, "")
	})
}

func TestManager_OpenStatementsThatCannotBeRead_EndAndTheNextOnesRun(t *testing.T) {
	withDamaged(t, func(t *testing.T, d *damaged) {
		d.run("sleep 10s; print x", "value 2", "value 3")
		damageStatement(t, d.store, d.id, 1) // it runs
		damageStatement(t, d.store, d.id, 2) // it waits
		if err := d.m.Cancel(t.Context(), d.ref, session.StatementRef{Place: 2}); err == nil {
			t.Error("a statement that cannot be read was cancelled")
		}
		d.want(session.StateIdle)
		d.wantStatement(1, session.StatementFailed, "StatementUnreadable")
		d.wantStatement(2, session.StatementFailed, "StatementUnreadable")
		d.wantStatement(3, session.StatementDone, "")
		if ran := d.driver.Ran(d.instance()); !slices.Equal(ran, []int64{1, 3}) {
			t.Errorf("the instance ran %v", ran)
		}
	})
}

func TestManager_RunningStatementThatCannotBeRead_RestartNeitherRepeatsItNorWaits(t *testing.T) {
	withDamaged(t, func(t *testing.T, d *damaged) {
		d.run("sleep 70s; print x")
		d.stop()
		damageStatement(t, d.store, d.id, 1)
		d.start()
		d.run("value 2")
		d.want(session.StateBusy)
		d.want(session.StateIdle)
		d.wantStatement(1, session.StatementFailed, "StatementUnreadable")
		d.wantStatement(2, session.StatementDone, "")
		if ran := d.driver.Ran(d.instance()); !slices.Equal(ran, []int64{1, 2}) {
			t.Errorf("the instance ran %v", ran)
		}
	})
}

// The server died before it could hand the statement over.
func TestManager_StatementThatCannotBeReadAndWasNotHandedOver_HoldsUpNothing(t *testing.T) {
	withDamaged(t, func(t *testing.T, d *damaged) {
		d.stop()
		err := d.store.WithTx(t.Context(), func(tx session.Tx) error {
			v, err := tx.Session(t.Context(), d.id)
			if err != nil {
				return err
			}
			v.State, v.Statements = session.StateBusy, 1
			st := sessiontest.Statement(d.id, 1, func(s *session.Statement) { s.State = session.StatementRunning })
			return errors.Join(tx.UpdateSession(t.Context(), &v), tx.InsertStatement(t.Context(), &st))
		})
		if err != nil {
			t.Fatal(err)
		}
		damageStatement(t, d.store, d.id, 1)
		d.start()
		d.want(session.StateIdle)
		d.wantStatement(1, session.StatementFailed, "StatementUnreadable")
	})
}

func TestManager_SessionWithStatementsThatCannotBeRead_EndsAndIsRemoved(t *testing.T) {
	withDamaged(t, func(t *testing.T, d *damaged) {
		d.run("hang", "value 2", "value 3")
		damageStatement(t, d.store, d.id, 1)
		damageStatement(t, d.store, d.id, 2)
		if _, err := d.m.End(t.Context(), d.ref); err != nil {
			t.Fatal(err)
		}
		d.want(session.StateEnded)
		d.wantStatement(1, session.StatementFailed, "StatementUnreadable")
		d.wantStatement(2, session.StatementFailed, "StatementUnreadable")
		d.wantStatement(3, session.StatementFailed, "SessionEnded")
		damageStatement(t, d.store, d.id, 3)
		if err := d.m.Delete(t.Context(), d.ref); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, err := d.store.Session(t.Context(), d.id); !errors.Is(err, session.NotFound) {
			t.Errorf("the deleted session: %v", err)
		}
	})
}

// instance returns the id of the session's instance.
func (d *damaged) instance() string {
	d.t.Helper()
	v, err := d.store.Session(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	return v.Spec.ID
}
