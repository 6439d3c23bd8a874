package sessiontest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"hearth/internal/session"
)

func concurrencyRules() []rule {
	return []rule{
		{"UpdateSession_ManyWriters_LoseNoUpdate", noLostUpdate},
		{"InsertSession_ManyWriters_AppearInOrderOfSeq", orderedInserts},
		{"InsertSession_ManyWritersOneExternalID_OneWins", oneWinner},
	}
}

const writers, rounds = 4, 8

// retry runs a transaction again while it collides with another.
func retry(ctx context.Context, store session.Store, fn func(tx session.Tx) error) error {
	for {
		err := store.WithTx(ctx, fn)
		if !errors.Is(err, session.Conflict) {
			return err
		}
	}
}

func noLostUpdate(t *testing.T, store session.Store) {
	ctx, s := t.Context(), add(t, store)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				if err := retry(ctx, store, func(tx session.Tx) error { return runNext(ctx, tx, s.ID) }); err != nil {
					t.Errorf("a writer: %v", err)
				}
			}
		})
	}
	wg.Wait()
	got, err := store.Session(ctx, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Statements != writers*rounds || got.Version != 1+writers*rounds {
		t.Errorf("%d statements, version %d, want %d and %d", got.Statements, got.Version, writers*rounds, 1+writers*rounds)
	}
	if n, _, err := store.CountWaiting(ctx, s.ID); n != writers*rounds || err != nil {
		t.Errorf("%d statements wait (%v), want %d", n, err, writers*rounds)
	}
}

// runNext accepts a statement as the manager does.
func runNext(ctx context.Context, tx session.Tx, id string) error {
	s, err := tx.Session(ctx, id)
	if err != nil {
		return err
	}
	s.Statements++
	if err := tx.UpdateSession(ctx, &s); err != nil {
		return err
	}
	statement := Statement(id, s.Statements)
	return tx.InsertStatement(ctx, &statement)
}

func orderedInserts(t *testing.T, store session.Store) {
	ctx := t.Context()
	done := make(chan struct{})
	var writing, reading sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for range rounds {
				s := Session()
				if err := retry(ctx, store, func(tx session.Tx) error { return tx.InsertSession(ctx, &s) }); err != nil {
					t.Errorf("a writer: %v", err)
				}
			}
		})
	}
	reading.Go(func() {
		var last int64
		known := map[int64]bool{}
		for finished := false; !finished; {
			select {
			case <-done:
				finished = true
			default:
			}
			page, err := store.ListSessions(ctx, session.Filter{}, session.Page{Limit: 1000})
			if err != nil {
				t.Errorf("the reader: %v", err)
				return
			}
			before := last
			for _, s := range page {
				if !known[s.Seq] && s.Seq <= before {
					t.Errorf("session %d appeared after %d", s.Seq, before)
				}
				known[s.Seq], last = true, max(last, s.Seq)
			}
		}
		if len(known) != writers*rounds {
			t.Errorf("%d sessions, want %d", len(known), writers*rounds)
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
}

func oneWinner(t *testing.T, store session.Store) {
	ctx, ref := t.Context(), Session().Ref
	results := make(chan error, writers)
	for range writers {
		go func() {
			s := Session(func(s *session.Session) { s.Ref = named(s.ID, ref) })
			results <- retry(ctx, store, func(tx session.Tx) error { return tx.InsertSession(ctx, &s) })
		}()
	}
	won := 0
	for range writers {
		if err := <-results; err != nil {
			wantError(t, err, session.Exists, "")
			continue
		}
		won++
	}
	if won != 1 {
		t.Errorf("%d writers won, want 1", won)
	}
}
