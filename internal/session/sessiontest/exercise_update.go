package sessiontest

import (
	"testing"

	"hearth/internal/session"
)

func updateRules() []rule {
	return []rule{
		{"UpdateSession_EveryField_IsWrittenButLabels", updateEveryField},
		{"UpdateSession_OldVersion_Conflicts", updateOldVersion},
		{"UpdateSession_Unknown_IsNotFound", updateUnknown},
		{"UpdateSession_Tags_AreReplacedForFilters", updateTags},
		{"UpdateSession_OfTwoWriters_OnlyTheFirstWins", twoWriters},
		{"UpdateSession_UnknownState_IsRefused", updateUnknownState},
	}
}

func updateEveryField(t *testing.T, store session.Store) {
	s := add(t, store, func(s *session.Session) { s.Labels = map[string]string{"kind": "spark"} })
	full := FullSession()
	full.ID, full.Seq, full.Version, full.Progress = s.ID, s.Seq+5, s.Version, 0.5
	write(t, store, func(tx session.Tx) error { return tx.UpdateSession(t.Context(), &full) })
	if full.Version != 2 {
		t.Errorf("Version = %d, want 2", full.Version)
	}
	want := Normal(full)
	want.Seq, want.Labels = s.Seq, s.Labels
	got, err := store.Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, want)
}

func updateOldVersion(t *testing.T, store session.Store) {
	s := add(t, store)
	old := s
	update(t, store, &s, func(s *session.Session) { s.Description = "new" })
	old.Description = "lost"
	write(t, store, func(tx session.Tx) error {
		wantError(t, tx.UpdateSession(t.Context(), &old), session.Conflict, session.ReasonConcurrent)
		got, err := tx.Session(t.Context(), s.ID)
		if err == nil && (got.Description != "new" || got.Version != 2) {
			t.Errorf("after the conflict: %q, version %d", got.Description, got.Version)
		}
		return err
	})
	if old.Version != 1 {
		t.Errorf("the loser's Version = %d, want it unchanged", old.Version)
	}
}

func updateUnknown(t *testing.T, store session.Store) {
	s := Session()
	write(t, store, func(tx session.Tx) error {
		wantError(t, tx.UpdateSession(t.Context(), &s), session.NotFound, session.ReasonNoSession)
		return nil
	})
}

func updateTags(t *testing.T, store session.Store) {
	s := add(t, store, func(s *session.Session) { s.Tags = map[string]string{"a": "1", "b": "2"} })
	find := func(tags map[string]string) []session.Session {
		t.Helper()
		found, err := store.ListSessions(t.Context(), session.Filter{Tags: tags}, session.Page{Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	update(t, store, &s, func(s *session.Session) { s.Tags = map[string]string{"b": "3", "c": "4"} })
	if len(find(map[string]string{"a": "1"}))+len(find(map[string]string{"b": "2"})) != 0 {
		t.Error("found by a tag it no longer has")
	}
	if len(find(map[string]string{"b": "3", "c": "4"})) != 1 {
		t.Error("not found by its new tags")
	}
	update(t, store, &s, func(s *session.Session) { s.Description = "same tags" })
	if got := find(map[string]string{"b": "3"}); len(got) != 1 || len(got[0].Tags) != 2 {
		t.Errorf("after an update that leaves the tags: %v", got)
	}
	update(t, store, &s, func(s *session.Session) { s.Tags = nil })
	if len(find(map[string]string{"b": "3"})) != 0 {
		t.Error("found by a tag after all were removed")
	}
}

func twoWriters(t *testing.T, store session.Store) {
	s := add(t, store)
	first, second := s, s
	first.State, second.State = session.StateBusy, session.StateStopping
	write(t, store, func(tx session.Tx) error { return tx.UpdateSession(t.Context(), &first) })
	err := store.WithTx(t.Context(), func(tx session.Tx) error { return tx.UpdateSession(t.Context(), &second) })
	wantError(t, err, session.Conflict, session.ReasonConcurrent)
	got, err := store.Session(t.Context(), s.ID)
	if err != nil || got.State != session.StateBusy {
		t.Errorf("State = %s, %v, want busy", got.State, err)
	}
}

func updateUnknownState(t *testing.T, store session.Store) {
	s := add(t, store)
	s.State = "sleeping"
	err := store.WithTx(t.Context(), func(tx session.Tx) error { return tx.UpdateSession(t.Context(), &s) })
	wantError(t, session.AsError(err), session.Internal, "")
}
