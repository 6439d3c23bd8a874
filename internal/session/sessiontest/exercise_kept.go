package sessiontest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"hearth/internal/session"
)

// endedAt makes a session one that ended so long after the builders' began.
func endedAt(d time.Duration) func(*session.Session) {
	return func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, Began().Add(d) }
}

func keep(t *testing.T, store session.Store, s session.Session, bytes int64) {
	t.Helper()
	write(t, store, func(tx session.Tx) error { return tx.SetKept(t.Context(), s.ID, bytes) })
}

func uncountedSessions(t *testing.T, store session.Store) {
	late, early, same := add(t, store, endedAt(time.Hour)), add(t, store, endedAt(0)), add(t, store, endedAt(0))
	deleted := add(t, store, endedAt(0))
	update(t, store, &deleted, func(s *session.Session) { s.DeletedAt = Began() })
	for _, state := range session.States() {
		if state != session.StateEnded {
			add(t, store, func(s *session.Session) { s.State = state })
		}
	}
	got, err := store.UncountedSessions(t.Context(), 100)
	wantIDs(t, "uncounted", got, err, early, same, late)
	got, err = store.UncountedSessions(t.Context(), 2)
	wantIDs(t, "two uncounted", got, err, early, same)
	keep(t, store, early, 0)
	keep(t, store, late, 9)
	got, err = store.UncountedSessions(t.Context(), 100)
	wantIDs(t, "uncounted but for two", got, err, same)
	keep(t, store, session.Session{Ref: session.Ref{ID: "none"}}, 1)
}

func sessionBytes(t *testing.T, store session.Store) {
	const rows, slack = 3000, 1 << 10
	s := add(t, store, func(s *session.Session) { s.Extra = json.RawMessage(`"` + strings.Repeat("e", 50_000) + `"`) })
	want := int64(50_000)
	count := func(what string, rows int64) {
		t.Helper()
		if got, err := store.SessionBytes(t.Context(), s.ID); err != nil || got < want || got > want+rows*slack {
			t.Errorf("%s: %d bytes, %v, want %d and up to %d for %d rows", what, got, err, want, rows*slack, rows)
		}
	}
	count("the row", 1)
	st := addStatement(t, store, s.ID, 1, func(st *session.Statement) { st.Code = strings.Repeat("c", 100_000) })
	write(t, store, func(tx session.Tx) error {
		st.Result = map[string]string{"text/plain": strings.Repeat("r", 30_000)}
		return tx.UpdateStatement(t.Context(), &st)
	})
	want += 130_000
	count("with a statement", 2)
	write(t, store, func(tx session.Tx) error {
		var out []session.Output
		for i := range rows {
			out = append(out, session.Output{Seq: uint64(i + 1), Stream: "stdout", Text: strings.Repeat("o", 1000)})
		}
		return tx.AppendOutput(t.Context(), s.ID, 1, out)
	})
	want += rows * 1000
	count("with output", 2+rows)
	// What is another's does not count.
	other := add(t, store)
	if got, err := store.SessionBytes(t.Context(), other.ID); err != nil || got > 2*slack {
		t.Errorf("another session has %d bytes, %v", got, err)
	}
	if got, err := store.SessionBytes(t.Context(), "none"); got != 0 || err != nil {
		t.Errorf("no session has %d bytes, %v", got, err)
	}
}

func excessSessions(t *testing.T, store session.Store) {
	late, early, same := add(t, store, endedAt(time.Hour)), add(t, store, endedAt(0)), add(t, store, endedAt(0))
	uncounted := add(t, store, endedAt(-time.Hour))
	deleted, live := add(t, store, endedAt(0)), add(t, store)
	update(t, store, &deleted, func(s *session.Session) { s.DeletedAt = Began() })
	keep(t, store, early, 100)
	keep(t, store, same, 10)
	keep(t, store, late, 1)
	keep(t, store, deleted, 1000)
	keep(t, store, live, 1000)
	for _, c := range []struct {
		keep  int64
		limit int
		want  []session.Session
	}{
		{111, 9, nil},
		{110, 9, []session.Session{uncounted, early}},
		{11, 9, []session.Session{early}}, // which is too much by itself
		{10, 9, []session.Session{uncounted, early, same}},
		{1, 9, []session.Session{early, same}},
		{0, 9, []session.Session{early, same, late}},
		{0, 2, []session.Session{early, same}},
		{0, 0, nil},
	} {
		got, err := store.ExcessSessions(t.Context(), c.keep, c.limit)
		wantIDs(t, "excess", got, err, c.want...)
	}
}

func keptBesideUpdate(t *testing.T, store session.Store) {
	s := add(t, store, endedAt(0))
	keep(t, store, s, 5)
	update(t, store, &s, func(s *session.Session) { s.Tags = map[string]string{"a": "b"} })
	got, err := store.ExcessSessions(t.Context(), 4, 9)
	wantIDs(t, "excess after an update", got, err, s)
	if now, err := store.Session(t.Context(), s.ID); err != nil || now.Version != 2 || now.Tags["a"] != "b" {
		t.Errorf("the session is %+v, %v", now, err)
	}
}
