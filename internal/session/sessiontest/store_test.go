package sessiontest

import (
	"errors"
	"testing"

	"hearth/internal/session"
)

func TestStore_RolledBackTransaction_LeavesNothing(t *testing.T) {
	store, ctx := NewStore(), t.Context()
	s, broken := Session(), errors.New("broken")
	err := store.WithTx(ctx, func(tx session.Tx) error {
		if err := tx.InsertSession(ctx, &s); err != nil {
			return err
		}
		if _, err := tx.Session(ctx, s.ID); err != nil {
			t.Errorf("a transaction does not read its own write: %v", err)
		}
		return broken
	})
	if err != broken {
		t.Errorf("err = %v, want the function's own error", err)
	}
	if _, err := store.Session(ctx, s.ID); !errors.Is(err, session.NotFound) {
		t.Errorf("err = %v, want NotFound", err)
	}
}
