package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// ledger counts the transactions and the SQL statements of a store by their first word.
type ledger struct {
	mu    sync.Mutex
	count map[string]int
}

func (l *ledger) note(query string) {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[word]++
}

// take returns what was counted since the last time.
func (l *ledger) take() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := l.count
	l.count = map[string]int{}
	return count
}

// watch counts what goes through a store from now on.
func watch(s *Store) *ledger {
	l := &ledger{count: map[string]int{}}
	within := s.within
	s.q, s.within = counted{s.q, l}, func(t *sql.Tx) querier {
		l.note("BEGIN")
		return counted{within(t), l}
	}
	return l
}

type counted struct {
	querier
	l *ledger
}

func (c counted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c.l.note(query)
	return c.querier.ExecContext(ctx, query, args...)
}

func (c counted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.l.note(query)
	return c.querier.QueryContext(ctx, query, args...)
}

func (c counted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.l.note(query)
	return c.querier.QueryRowContext(ctx, query, args...)
}

// TestSQLite_LifeOfATrivialStatement_CostsThis counts a statement that prints a line and has a
// value, as Glue's RunStatement and GetStatement reach the Manager. docs/adr/0007 has the figures
// of before.
func TestSQLite_LifeOfATrivialStatement_CostsThis(t *testing.T) {
	path := t.TempDir() + "/hearth.db"
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		driver := fake.New(fake.Config{})
		defer driver.Close()
		m := session.NewManager(session.Config{Store: s, Engines: engine.Fleet{"local": driver}, SweepEvery: 24 * time.Hour})
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer m.Stop(context.Background(), true)
		ref := session.Ref{Dialect: "glue", Scope: "000000000000/eu-west-1", ExternalID: "a"}
		n := session.NewSession{Ref: ref, Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python}}, IdleTimeout: time.Hour}
		if _, err := m.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		idle := func(s session.Session) bool { return s.State == session.StateIdle }
		if _, err := m.Await(t.Context(), ref, idle); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ledger := watch(s)

		st, err := m.Run(t.Context(), ref, session.NewStatement{Code: "print x; sleep 1s; value 1"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		// One transaction accepts it and one stores each of the two events.
		want := map[string]int{"BEGIN": 3, "SELECT": 6, "INSERT": 2, "UPDATE": 4}
		if diff := cmp.Diff(want, ledger.take()); diff != "" {
			t.Errorf("a statement (-want +got):\n%s", diff)
		}

		found, err := m.Get(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Statement(t.Context(), found.Ref, session.StatementRef{Place: st.Place})
		if err != nil || got.State != session.StatementDone || len(got.Output) != 1 {
			t.Errorf("statement is %+v, %v", got, err)
		}
		if diff := cmp.Diff(map[string]int{"SELECT": 3}, ledger.take()); diff != "" {
			t.Errorf("a poll (-want +got):\n%s", diff)
		}
	})
}
