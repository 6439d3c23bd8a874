package session_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// counted is a store that knows how often sessions were counted.
type counted struct {
	*sessiontest.Store
	n atomic.Int32
}

func (c *counted) SessionBytes(ctx context.Context, id string) (int64, error) {
	c.n.Add(1)
	return c.Store.SessionBytes(ctx, id)
}

// keeps returns how many bytes a session keeps, in the store and with its driver.
func (h *fixture) keeps(s session.Session) int64 {
	h.t.Helper()
	stored, err := h.store.SessionBytes(h.t.Context(), s.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	files, err := h.driver.Kept(h.t.Context(), engine.Known{ID: s.Spec.ID})
	if err != nil || files == 0 {
		h.t.Fatalf("the log of %s has %d bytes, %v", s.ID, files, err)
	}
	return stored + files
}

// wantLeft demands that these sessions, and none of the others, are there.
func (h *fixture) wantLeft(left string) {
	h.t.Helper()
	for _, id := range []string{"a", "b", "c", "live"} {
		_, err := h.Get(h.t.Context(), ref(id))
		if want := strings.Contains(" "+left+" ", " "+id+" "); want && err != nil {
			h.t.Errorf("%s: %v, want that %s are left", id, err, left)
		} else if !want {
			wantKind(h.t, err, session.NotFound, session.ReasonNoSession)
		}
	}
}

func TestManager_RetentionSize_RemovesTheOldestEndUntilTheRestFitsAndNoLiveSession(t *testing.T) {
	limit := int64(0) // the default
	within(t, nil, func(c *session.Config) { c.RetentionSize = limit }, func(t *testing.T, h *fixture) {
		all := map[string]session.Session{}
		for _, id := range []string{"live", "c", "b", "a"} { // not in the order of their ends
			h.ready(id)
			h.run(id, "print "+strings.Repeat("x", 100_000))
		}
		for _, id := range []string{"a", "b", "c"} {
			time.Sleep(time.Second)
			if _, err := h.End(t.Context(), ref(id)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			all[id] = h.want(id, session.StateEnded)
		}
		time.Sleep(2 * time.Minute)
		h.wantLeft("a b c live")
		b, c := h.keeps(all["b"]), h.keeps(all["c"])
		for _, step := range []struct {
			limit int64
			left  string
		}{
			{h.keeps(all["a"]) + b + c, "a b c live"},
			{h.keeps(all["a"]) + b + c - 1, "b c live"},
			{b + c, "b c live"},
			{c, "c live"},
			{c - 1, "live"},
		} {
			limit = step.limit
			h.restart()
			time.Sleep(2 * time.Minute)
			h.wantLeft(step.left)
		}
		if _, err := h.store.Session(t.Context(), all["a"].ID); err == nil {
			t.Error("the row of a removed session is left")
		}
		h.want("live", session.StateIdle)
	})
}

func TestManager_EndedSessions_AreCountedOnceAcrossRestarts(t *testing.T) {
	store := &counted{}
	within(t, nil, func(c *session.Config) {
		store.Store = c.Store.(*sessiontest.Store)
		c.Store = store
	}, func(t *testing.T, h *fixture) {
		for _, id := range []string{"a", "b"} {
			h.ready(id)
			if _, err := h.End(t.Context(), ref(id)); err != nil {
				t.Fatal(err)
			}
		}
		h.ready("live")
		time.Sleep(5 * time.Minute)
		h.restart()
		time.Sleep(5 * time.Minute)
		if n := store.n.Load(); n != 2 {
			t.Errorf("two ended sessions were counted %d times", n)
		}
	})
}

func TestManager_FullDisk_ItsRoomIsNotForCounting(t *testing.T) {
	store := &counted{}
	within(t, nil, func(c *session.Config) {
		store.Store = c.Store.(*sessiontest.Store)
		c.Store = store
	}, func(t *testing.T, h *fixture) {
		h.ready("a")
		store.Fill(true)
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if n := store.n.Load(); n != 0 {
			t.Errorf("the session was counted %d times on a full disk", n)
		}
		store.Fill(false)
		time.Sleep(2 * time.Minute)
		if n := store.n.Load(); n != 1 {
			t.Errorf("with space the session was counted %d times, want once", n)
		}
	})
}
