package session_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// life is the whole life of a session, lived by a client that tries again what is refused for the
// store's sake.
type life struct {
	*fixture
	store *sessiontest.Store
	// writes counts the transactions that were about to be stored.
	writes int
	failed int
}

// do repeats a request until it is refused no more.
func (l *life) do(what string, request func() error) {
	l.t.Helper()
	for range 600 {
		err := request()
		if err == nil {
			return
		}
		if !errors.Is(err, session.Unavailable) {
			l.t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(time.Second)
	}
	l.t.Fatalf("%s is refused for ever", what)
}

// await waits until a statement of the session is in a state and has printed this.
func (l *life) await(n int64, state session.StatementState, printed string) {
	l.t.Helper()
	var st session.Statement
	for range 600 {
		var err error
		st, err = l.Statement(l.t.Context(), ref("a"), session.StatementRef{Place: n})
		if err == nil && st.State == state && text(st) == printed {
			return
		}
		time.Sleep(time.Second)
	}
	l.t.Fatalf("statement %d is %s and has printed %q, want %s with %q", n, st.State, text(st), state, printed)
}

// until waits until the session is in a state, and returns it.
func (l *life) until(state session.State) session.Session {
	l.t.Helper()
	for range 600 {
		s, err := l.Get(l.t.Context(), ref("a"))
		if err == nil && s.State == state {
			return s
		}
		time.Sleep(time.Second)
	}
	return l.want("a", state)
}

// run runs code and returns its number.
func (l *life) run(code string) (number int64) {
	l.t.Helper()
	l.do("run "+code, func() error {
		st, err := l.Run(l.t.Context(), ref("a"), session.NewStatement{Code: code})
		number = st.Number
		return err
	})
	return number
}

// begin starts the next server, and another one after each that cannot.
func (l *life) begin() {
	l.t.Helper()
	l.do("start the server", func() error {
		l.Manager = session.NewManager(session.Config{
			Store: l.store, Engines: engine.Fleet{"local": l.driver}, Log: slog.New(slog.NewTextHandler(l.t.Output(), nil)),
		})
		return l.Start(l.t.Context())
	})
}

// live lives the life and demands that nothing is lost and nothing is left.
func (l *life) live() {
	t, ctx := l.t, l.t.Context()
	l.do("create", func() error {
		_, err := l.Create(ctx, asked("a"))
		return err
	})
	s := l.until(session.StateIdle)
	l.await(l.run("print one"), session.StatementDone, "one\n")
	hanging, next := l.run("print two; sleep 5m; print three; hang"), l.run("print four; value 4")
	l.await(hanging, session.StatementRunning, "two\n")
	l.leave()
	l.begin()
	l.await(hanging, session.StatementRunning, "two\nthree\n")
	l.do("cancel", func() error { return l.Cancel(ctx, ref("a"), session.StatementRef{Place: hanging}) })
	l.await(hanging, session.StatementCancelled, "two\nthree\n")
	l.await(next, session.StatementDone, "four\n")
	last, waiting := l.run("print five; hang"), l.run("print six")
	l.await(last, session.StatementRunning, "five\n")
	l.do("end", func() error {
		_, err := l.End(ctx, ref("a"))
		return err
	})
	l.await(last, session.StatementFailed, "five\n")
	l.await(waiting, session.StatementFailed, "")
	l.until(session.StateEnded)
	l.wantGone(s.Spec.ID)
	if ran := fmt.Sprint(l.driver.Ran(s.Spec.ID)); ran != "[1 2 3 4]" {
		t.Errorf("statements ran: %s", ran)
	}
	l.do("delete", func() error { return l.Delete(ctx, ref("a")) })
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	if _, err := l.store.Session(ctx, s.ID); !errors.Is(err, session.NotFound) {
		t.Errorf("the row of the deleted session: %v", err)
	}
	if found, err := l.driver.Find(ctx); err != nil || len(found) > 0 {
		t.Errorf("instances that are left: %v, %v", found, err)
	}
}

// lived lives a life over a store that fails the writes for which fails returns true, and returns
// how many writes it took.
func lived(t *testing.T, fails func(n int, at time.Time) bool) (l *life) {
	synctest.Test(t, func(t *testing.T) {
		store := sessiontest.NewStore()
		l = &life{fixture: &fixture{t: t, store: store, driver: fake.New(fake.Config{})}, store: store}
		store.FailWrites(func() error {
			l.writes++
			if fails(l.writes, time.Now()) {
				l.failed++
				return errors.New("the disk is full")
			}
			return nil
		})
		l.begin()
		defer l.close()
		l.live()
	})
	return l
}

func TestLife_StoreThatFailsAtAnyWrite_LosesNothingAndLeavesNothing(t *testing.T) {
	writes := lived(t, func(int, time.Time) bool { return false }).writes
	if writes < 20 {
		t.Fatalf("a life takes %d writes", writes)
	}
	for first := 1; first <= writes; first++ {
		for name, fails := range map[string]func() func(n int, at time.Time) bool{
			"one write": func() func(int, time.Time) bool { return func(n int, _ time.Time) bool { return n == first } },
			"three writes": func() func(int, time.Time) bool {
				return func(n int, _ time.Time) bool { return n >= first && n < first+3 }
			},
			"a minute": func() func(int, time.Time) bool {
				var until time.Time
				return func(n int, at time.Time) bool {
					if n == first {
						until = at.Add(time.Minute)
					}
					return at.Before(until)
				}
			},
		} {
			t.Run(fmt.Sprint(name, " from ", first), func(t *testing.T) {
				if l := lived(t, fails()); l.failed == 0 {
					t.Errorf("no write of %d failed", l.writes)
				}
			})
		}
	}
}
