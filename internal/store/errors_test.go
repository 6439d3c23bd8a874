package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestSQLite_WriterOfAnotherProgram_MakesItUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	other := openTest(t, path)
	s, err := openSQLite(t.Context(), path, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = other.WithTx(t.Context(), func(session.Tx) error {
		if _, err := s.AliveAt(t.Context()); err != nil {
			t.Errorf("a read beside the writer: %v", err)
		}
		return s.WithTx(t.Context(), func(session.Tx) error { return nil })
	})
	if !errors.Is(err, session.Unavailable) {
		t.Errorf("err = %v, want Unavailable", err)
	}
}

func TestWithTx_FailedStatementSwallowed_StillLeavesNothing(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		s, v := openTest(t, dsn), sessiontest.Session()
		err := s.WithTx(t.Context(), func(tx session.Tx) error {
			if err := tx.InsertSession(t.Context(), &v); err != nil {
				return err
			}
			orphan := sessiontest.Statement("nobody", 1)
			_ = tx.InsertStatement(t.Context(), &orphan)
			return nil
		})
		if !errors.Is(err, session.NotFound) {
			t.Errorf("err = %v, want the swallowed one", err)
		}
		if _, err := s.Session(t.Context(), v.ID); !errors.Is(err, session.NotFound) {
			t.Errorf("err = %v: the transaction was committed", err)
		}
	})
}

func TestPostgres_Deadlock_IsAConflict(t *testing.T) {
	s := openTest(t, postgresDSN(t))
	a, b := sessiontest.Session(), sessiontest.Session()
	insert(t, s, &a)
	insert(t, s, &b)
	var both, wg sync.WaitGroup
	both.Add(2)
	errs := make([]error, 2)
	for i, order := range [][]session.Session{{a, b}, {b, a}} {
		wg.Go(func() {
			errs[i] = s.WithTx(t.Context(), func(tx session.Tx) error {
				err := tx.UpdateSession(t.Context(), &order[0])
				both.Done()
				both.Wait()
				return errors.Join(err, tx.UpdateSession(t.Context(), &order[1]))
			})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("errors %v, want exactly one", errs)
	}
	err := errors.Join(errs...)
	if got := session.AsError(err); got.Kind != session.Conflict || got.Reason != session.ReasonConcurrent {
		t.Errorf("err = %v, want a concurrent conflict", err)
	}
}

func TestPostgres_ServerGone_IsUnavailable(t *testing.T) {
	s := openTest(t, postgresDSN(t))
	err := s.WithTx(t.Context(), func(tx session.Tx) error {
		var pid int
		q := tx.(interface {
			pid(context.Context) (int, error)
		})
		pid, err := q.pid(t.Context())
		if err != nil {
			return err
		}
		if _, err := s.write.Exec(`SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
			return err
		}
		return tx.SetAliveAt(t.Context(), time.Now())
	})
	if !errors.Is(err, session.Unavailable) {
		t.Errorf("err = %v, want Unavailable", err)
	}
	if _, err := s.AliveAt(t.Context()); err != nil {
		t.Errorf("the next read: %v", err)
	}
}

// pid is the server process of the transaction's connection.
func (t *tx) pid(ctx context.Context) (pid int, err error) {
	return pid, t.q.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid)
}
