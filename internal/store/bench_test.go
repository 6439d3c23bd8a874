package store

import (
	"testing"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// The server of the PostgreSQL benchmarks syncs nothing to disk; what they show is the cost of
// queries and round trips.

func eachEngine(b *testing.B, run func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, openTestSQLite(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, openTest(b, postgresDSN(b))) })
}

func benchSession(b *testing.B, s *Store) session.Session {
	b.Helper()
	v := sessiontest.FullSession()
	v.State, v.EndedAt, v.DeletedAt = session.StateIdle, time.Time{}, time.Time{}
	insert(b, s, &v)
	return v
}

// BenchmarkAccept is the transaction that accepts a statement.
func BenchmarkAccept(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *Store) {
		ctx, v := b.Context(), benchSession(b, s)
		v.Statements = 0
		for b.Loop() {
			v.Statements++
			statement := sessiontest.Statement(v.ID, v.Statements)
			if err := s.WithTx(ctx, func(tx session.Tx) error {
				if err := tx.InsertStatement(ctx, &statement); err != nil {
					return err
				}
				return tx.UpdateSession(ctx, &v)
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFinish is the transaction that stores the end of a statement, with a line of output.
func BenchmarkFinish(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *Store) {
		ctx, v := b.Context(), benchSession(b, s)
		statement := sessiontest.FullStatement(v.ID, 1)
		if err := s.WithTx(ctx, func(tx session.Tx) error { return tx.InsertStatement(ctx, &statement) }); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			v.Applied++
			out := []session.Output{{Seq: v.Applied, Stream: "stdout", Text: "a line of output\n"}}
			if err := s.WithTx(ctx, func(tx session.Tx) error {
				if err := tx.UpdateStatement(ctx, &statement); err != nil {
					return err
				}
				if err := tx.AppendOutput(ctx, v.ID, 1, out); err != nil {
					return err
				}
				return tx.UpdateSession(ctx, &v)
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPoll is what a polling client costs: the session and a statement with its output.
func BenchmarkPoll(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *Store) {
		ctx, v := b.Context(), sessiontest.Session()
		insert(b, s, &v)
		statement := sessiontest.FullStatement(v.ID, 1)
		if err := s.WithTx(ctx, func(tx session.Tx) error {
			if err := tx.InsertStatement(ctx, &statement); err != nil {
				return err
			}
			return tx.AppendOutput(ctx, v.ID, 1, []session.Output{{Seq: 1, Stream: "stdout", Text: "a line\n"}})
		}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			_, errSession := s.FindSession(ctx, v.Ref)
			_, errStatement := s.Statement(ctx, v.ID, 1)
			out, errOutput := s.Output(ctx, v.ID, 1)
			if errSession != nil || errStatement != nil || errOutput != nil || len(out) != 1 {
				b.Fatal(errSession, errStatement, errOutput, len(out))
			}
		}
	})
}

// BenchmarkList reads a page of 100 sessions out of 1000.
func BenchmarkList(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *Store) {
		ctx := b.Context()
		if err := s.WithTx(ctx, func(tx session.Tx) error {
			for range 1000 {
				v := sessiontest.Session(func(v *session.Session) { v.Tags = map[string]string{"team": "data"} })
				if err := tx.InsertSession(ctx, &v); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		if _, err := s.write.Exec("ANALYZE"); err != nil { // as time does by itself in PostgreSQL
			b.Fatal(err)
		}
		filter := session.Filter{Dialect: "glue", Scope: "000000000000/eu-west-1", Tags: map[string]string{"team": "data"}}
		for b.Loop() {
			if page, err := s.ListSessions(ctx, filter, session.Page{Limit: 100}); err != nil || len(page) != 100 {
				b.Fatal(len(page), err)
			}
		}
	})
}

// BenchmarkSweep is what the sweeper asks each second when nothing is due.
func BenchmarkSweep(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *Store) {
		ctx, now := b.Context(), sessiontest.Began()
		if err := s.WithTx(ctx, func(tx session.Tx) error {
			for i := range 1000 {
				v := sessiontest.Session(func(v *session.Session) { v.IdleDeadline = now.AddDate(0, 0, 1+i) })
				if err := tx.InsertSession(ctx, &v); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if due, err := s.DueSessions(ctx, now, 100); err != nil || len(due) != 0 {
				b.Fatal(len(due), err)
			}
		}
	})
}
