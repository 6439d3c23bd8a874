package sessiontest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/session"
)

func TestStore_Contract(t *testing.T) {
	Exercise(t, func(t *testing.T) session.Store {
		s := NewStore()
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestStore_Closed_RefusesEverything(t *testing.T) {
	s := NewStore()
	s.Close()
	if _, err := s.AliveAt(t.Context()); err == nil {
		t.Error("a closed store reads")
	}
	if err := s.WithTx(t.Context(), func(session.Tx) error { return nil }); err == nil {
		t.Error("a closed store writes")
	}
}

func TestStore_WaitingWriterInABubble_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStore()
		err := s.WithTx(t.Context(), func(session.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			return s.WithTx(ctx, func(session.Tx) error { return nil })
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the deadline's", err)
		}
	})
}
