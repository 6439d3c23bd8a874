package session_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestDelete_LargeSession_IsRemovedInPiecesAndByTheNextServerIfThisOneDies(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "value 1")
		h.wantStatement("a", n, session.StatementDone)
		var out []session.Output
		for i := range 12 {
			out = append(out, session.Output{Seq: uint64(1000 + i), Stream: "stdout", Text: strings.Repeat("x", 1<<20)})
		}
		err := h.store.WithTx(t.Context(), func(tx session.Tx) error { return tx.AppendOutput(t.Context(), s.ID, n, out) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		h.want("a", session.StateEnded)

		left := func() int {
			out, err := h.store.Output(t.Context(), s.ID, n)
			if err != nil {
				t.Fatal(err)
			}
			return len(out)
		}
		// The disk is full as soon as something is removed.
		var full atomic.Bool
		h.store.(*sessiontest.Store).FailWrites(func() error {
			if full.Load() || left() < 12 {
				full.Store(true)
				return errors.New("the disk is full")
			}
			return nil
		})
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := left(); got != 8 {
			t.Errorf("after the first piece %d outputs are left, want 8", got)
		}
		h.store.(*sessiontest.Store).FailWrites(nil)
		h.restart()
		time.Sleep(time.Minute)
		if _, err := h.store.Session(t.Context(), s.ID); !errors.Is(err, session.NotFound) {
			t.Errorf("the session is still stored: %v", err)
		}
		if got := left(); got != 0 {
			t.Errorf("%d outputs are left", got)
		}
	})
}
