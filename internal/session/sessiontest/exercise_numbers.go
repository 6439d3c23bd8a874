package sessiontest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"hearth/internal/session"
)

func numberRules() []rule {
	return []rule{
		{"NextNumber_EachSeries_CountsFromZeroOnItsOwn", numbersPerSeries},
		{"NextNumber_RolledBack_IsGivenToTheNext", numberRolledBack},
		{"NextNumber_EverythingDeleted_GoesOn", numbersAfterDeletion},
		{"NextNumber_ManyWriters_NoneTwice", numbersOnce},
	}
}

// draw takes the next number of a series.
func draw(t *testing.T, store session.Store, series string) int64 {
	t.Helper()
	var n int64
	err := retry(t.Context(), store, func(tx session.Tx) (err error) {
		n, err = tx.NextNumber(t.Context(), series)
		return err
	})
	if err != nil {
		t.Errorf("draw from %q: %v", series, err)
	}
	return n
}

func numbersPerSeries(t *testing.T, store session.Store) {
	var got []int64
	for _, series := range []string{"livy/sessions", "livy/sessions", "livy/batches", "", "livy/sessions", "números\x00"} {
		got = append(got, draw(t, store, series))
	}
	if want := []int64{0, 1, 0, 0, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("numbers = %v, want %v", got, want)
	}
	write(t, store, func(tx session.Tx) error {
		for want := range int64(3) {
			if n, err := tx.NextNumber(t.Context(), "one transaction"); n != want || err != nil {
				t.Errorf("number = %d, %v, want %d", n, err, want)
			}
		}
		return nil
	})
}

func numberRolledBack(t *testing.T, store session.Store) {
	broken := errors.New("broken")
	err := store.WithTx(t.Context(), func(tx session.Tx) error {
		if n, err := tx.NextNumber(t.Context(), "a"); n != 0 || err != nil {
			t.Errorf("number = %d, %v, want 0", n, err)
		}
		return broken
	})
	if err != broken { //nolint:errorlint // the contract is the very error, not one around it
		t.Errorf("err = %v, want the function's error", err)
	}
	if n := draw(t, store, "a"); n != 0 {
		t.Errorf("number = %d, want 0: nobody has it", n)
	}
}

func numbersAfterDeletion(t *testing.T, store session.Store) {
	s := add(t, store)
	draw(t, store, "a")
	write(t, store, func(tx session.Tx) error { return tx.DeleteSession(t.Context(), s.ID) })
	if n := draw(t, store, "a"); n != 1 {
		t.Errorf("number = %d, want 1", n)
	}
}

func numbersOnce(t *testing.T, store session.Store) {
	var mu sync.Mutex
	var got []int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				n := draw(t, store, "a")
				mu.Lock()
				got = append(got, n)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	for i, n := range got {
		if n != int64(i) {
			t.Fatalf("numbers = %v, want each of 0 to %d once", got, writers*rounds-1)
		}
	}
}
