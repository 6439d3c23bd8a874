package sessiontest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/session"
)

func sessionRules() []rule {
	return []rule{
		{"InsertSession_FirstVersion_IsOneAndSeqGrows", insertNumbers},
		{"Session_EveryField_SurvivesTheRoundTrip", everyField},
		{"Session_ZeroFields_ComeBackAsZero", zeroFields},
		{"Session_FineTimesInAnotherZone_ComeBackInUTCToTheMicrosecond", fineTimes},
		{"Session_TextNoDatabaseHolds_IsReplaced", badText},
		{"Session_Unknown_IsNotFound", unknownSession},
		{"Session_ReturnedValue_SharesNothingWithTheStore", sharesNothing},
		{"InsertSession_TakenExternalID_Exists", takenExternalID},
		{"InsertSession_SameExternalIDElsewhere_IsAccepted", sameIDElsewhere},
		{"InsertSession_ExternalIDOfADeletedSession_IsFree", reusedExternalID},
		{"InsertSession_UnknownState_IsRefused", unknownState},
		{"TrimSession_AgainAndAgain_RemovesOutputThenStatementsOfThatSessionAlone", trims},
		{"DeleteSession_Twice_IsIdempotentAndTakesStatementsAlong", deleteCascades},
		{"InsertSession_AfterDelete_NeverReusesSeq", seqNotReused},
	}
}

func insertNumbers(t *testing.T, store session.Store) {
	a, b := add(t, store, func(s *session.Session) { s.Version = 7 }), add(t, store)
	if a.Version != 1 || b.Version != 1 {
		t.Errorf("versions %d and %d, want 1", a.Version, b.Version)
	}
	if a.Seq <= 0 || b.Seq <= a.Seq {
		t.Errorf("Seq %d, then %d: must grow from above 0", a.Seq, b.Seq)
	}
}

func everyField(t *testing.T, store session.Store) {
	want := FullSession()
	write(t, store, func(tx session.Tx) error { return tx.InsertSession(t.Context(), &want) })
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Progress" && name != "Waiting" {
			t.Errorf("FullSession leaves %s unset: its round trip is not proven", name)
		}
	}
	got, err := store.Session(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, want)
	if string(got.Info.UISecret) != "keep me" {
		t.Error("the secret did not survive")
	}
}

func zeroFields(t *testing.T, store session.Store) {
	s := session.Session{Ref: session.Ref{ID: "zero"}, State: session.StateStarting, Tags: map[string]string{}, Labels: map[string]string{}}
	write(t, store, func(tx session.Tx) error { return tx.InsertSession(t.Context(), &s) })
	got, err := store.Session(t.Context(), "zero")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, session.Session{Ref: session.Ref{ID: "zero"}, Seq: s.Seq, State: session.StateStarting, Version: 1})
}

func fineTimes(t *testing.T, store session.Store) {
	zone := time.FixedZone("far", 5*3600+1800)
	s := add(t, store, func(s *session.Session) {
		s.ReadyAt = Began().Add(1999 * time.Nanosecond).In(zone)
		s.IdleTimeout = 1999 * time.Nanosecond
	})
	got, err := store.Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want := Began().Add(time.Microsecond); got.ReadyAt != want {
		t.Errorf("ReadyAt = %v, want %v", got.ReadyAt, want)
	}
	if got.IdleTimeout != time.Microsecond {
		t.Errorf("IdleTimeout = %v, want 1µs", got.IdleTimeout)
	}
}

func badText(t *testing.T, store session.Store) {
	s := add(t, store, func(s *session.Session) {
		s.Description = "nul \x00, not UTF-8 \xff"
		s.Tags = map[string]string{"k": "v\x00"}
		s.Labels = map[string]string{"l\x00": "v"}
		s.ExternalID += "\x00"
	})
	got, err := store.FindSession(t.Context(), s.Ref)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, Normal(s))
	if want := "nul \uFFFD, not UTF-8 \uFFFD"; got.Description != want {
		t.Errorf("Description = %q, want %q", got.Description, want)
	}
	list, err := store.ListSessions(t.Context(), session.Filter{Tags: s.Tags, Labels: s.Labels}, session.Page{Limit: 9})
	wantSessions(t, "filtered by such text", list, err, s)
}

func unknownSession(t *testing.T, store session.Store) {
	_, err := store.Session(t.Context(), "nobody")
	wantError(t, err, session.NotFound, session.ReasonNoSession)
	_, err = store.FindSession(t.Context(), session.Ref{Dialect: "glue", Scope: "s", ExternalID: "nobody"})
	wantError(t, err, session.NotFound, session.ReasonNoSession)
}

func sharesNothing(t *testing.T, store session.Store) {
	want := FullSession()
	write(t, store, func(tx session.Tx) error { return tx.InsertSession(t.Context(), &want) })
	scribble := func(s session.Session) {
		s.Tags["team"], s.Labels["queue"], s.Spec.Setup.Conf["x"] = "changed", "changed", "changed"
		s.Spec.Setup.Args[0], s.Handle[0], s.Extra[0] = "changed", 'X', 'X'
	}
	first, err := store.Session(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept := Normal(want)
	scribble(first)
	scribble(want)
	second, err := store.Session(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session read after the caller's changes", second, kept)
}

// named is the name of another session under an id of its own.
func named(id string, ref session.Ref) session.Ref {
	ref.ID = id
	return ref
}

func takenExternalID(t *testing.T, store session.Store) {
	first := add(t, store)
	write(t, store, func(tx session.Tx) error {
		second := Session(func(s *session.Session) { s.Ref = named(s.ID, first.Ref) })
		wantError(t, tx.InsertSession(t.Context(), &second), session.Exists, "")
		third := Session(func(s *session.Session) { s.ID = first.ID })
		wantError(t, tx.InsertSession(t.Context(), &third), session.Exists, "")
		fourth := Session()
		return tx.InsertSession(t.Context(), &fourth)
	})
	if n, err := store.CountSessions(t.Context(), session.Filter{}); n != 2 || err != nil {
		t.Errorf("%d sessions (%v), want the first and the fourth", n, err)
	}
}

func sameIDElsewhere(t *testing.T, store session.Store) {
	first := add(t, store)
	scope := add(t, store, func(s *session.Session) { s.Ref = named(s.ID, first.Ref); s.Scope = "other" })
	dialect := add(t, store, func(s *session.Session) { s.Ref = named(s.ID, first.Ref); s.Dialect = "livy" })
	collection := add(t, store, func(s *session.Session) { s.Ref = named(s.ID, first.Ref); s.Collection = "batches" })
	for _, want := range []session.Session{first, scope, dialect, collection} {
		got, err := store.FindSession(t.Context(), want.Ref)
		if err != nil || got.ID != want.ID {
			t.Errorf("FindSession(%+v) = %s, %v, want %s", want.Ref, got.ID, err, want.ID)
		}
	}
}

func reusedExternalID(t *testing.T, store session.Store) {
	old := add(t, store)
	update(t, store, &old, func(s *session.Session) { s.DeletedAt = Began() })
	_, err := store.FindSession(t.Context(), old.Ref)
	wantError(t, err, session.NotFound, session.ReasonNoSession)
	fresh := add(t, store, func(s *session.Session) { s.Ref = named(s.ID, old.Ref) })
	if got, err := store.FindSession(t.Context(), old.Ref); err != nil || got.ID != fresh.ID {
		t.Errorf("FindSession = %s, %v, want the new session %s", got.ID, err, fresh.ID)
	}
	if got, err := store.Session(t.Context(), old.ID); err != nil || got.DeletedAt.IsZero() {
		t.Errorf("the deleted session is gone: %v", err)
	}
	old.DeletedAt = time.Time{}
	err = store.WithTx(t.Context(), func(tx session.Tx) error { return tx.UpdateSession(t.Context(), &old) })
	wantError(t, err, session.Exists, "")
}

func unknownState(t *testing.T, store session.Store) {
	s := Session(func(s *session.Session) { s.State = "sleeping" })
	err := store.WithTx(t.Context(), func(tx session.Tx) error { return tx.InsertSession(t.Context(), &s) })
	wantError(t, session.AsError(err), session.Internal, "")
}

func trims(t *testing.T, store session.Store) {
	s, other := add(t, store), add(t, store)
	for _, id := range []string{s.ID, other.ID} {
		addStatement(t, store, id, 1)
		addStatement(t, store, id, 2)
		write(t, store, func(tx session.Tx) error {
			var out []session.Output
			for i := range 6 {
				out = append(out, session.Output{Seq: uint64(i + 1), Stream: "stdout", Text: strings.Repeat("x", 1000)})
			}
			return tx.AppendOutput(t.Context(), id, 2, out)
		})
	}
	for _, want := range []struct{ bytes, removed, left int }{{1, 1, 5}, {2500, 3, 2}, {0, 1, 1}, {1 << 20, 1, 0}, {1 << 20, 2, 0}, {1 << 20, 0, 0}} {
		var removed int
		write(t, store, func(tx session.Tx) (err error) {
			removed, err = tx.TrimSession(t.Context(), s.ID, want.bytes)
			return err
		})
		left, err := store.Output(t.Context(), s.ID, 2)
		if err != nil || removed != want.removed || len(left) != want.left {
			t.Errorf("%d bytes: removed %d and left %d outputs, %v, want %d and %d", want.bytes, removed, len(left), err, want.removed, want.left)
		}
	}
	if _, err := store.Session(t.Context(), s.ID); err != nil {
		t.Errorf("the session itself: %v", err)
	}
	if _, err := store.Statement(t.Context(), s.ID, 2); !errors.Is(err, session.NotFound) {
		t.Errorf("a trimmed statement: %v", err)
	}
	if out, err := store.Output(t.Context(), other.ID, 2); len(out) != 6 || err != nil {
		t.Errorf("the other session has %d outputs, %v", len(out), err)
	}
	write(t, store, func(tx session.Tx) error {
		if n, err := tx.TrimSession(t.Context(), "none", 1); n != 0 || err != nil {
			t.Errorf("no session: removed %d, %v", n, err)
		}
		return nil
	})
}

func deleteCascades(t *testing.T, store session.Store) {
	gone, stays := add(t, store), add(t, store)
	for _, s := range []session.Session{gone, stays} {
		addStatement(t, store, s.ID, 1)
		write(t, store, func(tx session.Tx) error {
			return tx.AppendOutput(t.Context(), s.ID, 1, []session.Output{{Seq: 1, Stream: "stdout", Text: "a"}})
		})
	}
	for range 2 {
		write(t, store, func(tx session.Tx) error { return tx.DeleteSession(t.Context(), gone.ID) })
	}
	_, err := store.Session(t.Context(), gone.ID)
	wantError(t, err, session.NotFound, session.ReasonNoSession)
	_, err = store.Statement(t.Context(), gone.ID, 1)
	wantError(t, err, session.NotFound, session.ReasonNoStatement)
	if out, err := store.Output(t.Context(), gone.ID, 1); len(out) != 0 || err != nil {
		t.Errorf("output of a deleted session: %v, %v", out, err)
	}
	if out, err := store.Output(t.Context(), stays.ID, 1); len(out) != 1 || err != nil {
		t.Errorf("output of the other session: %v, %v", out, err)
	}
	if _, err := store.Statement(t.Context(), stays.ID, 1); err != nil {
		t.Errorf("the other session's statement: %v", err)
	}
}

func seqNotReused(t *testing.T, store session.Store) {
	var seen []int64
	for range 3 {
		s := add(t, store)
		seen = append(seen, s.Seq)
		write(t, store, func(tx session.Tx) error { return tx.DeleteSession(t.Context(), s.ID) })
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(seen))); !slices.Equal(sorted, seen) {
		t.Errorf("Seq of sessions deleted one after another: %v, want strictly rising", seen)
	}
}
