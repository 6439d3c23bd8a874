package sessiontest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/session"
)

func sweepRules() []rule {
	return []rule{
		{"DueSessions_DeadlineAtOrBeforeNow_IsDue", dueEdges},
		{"DueSessions_StoppingAndEnded_AreNotDue", dueStates},
		{"DueSessions_Limit_TakesTheOldest", dueLimit},
		{"EndedSessions_EndedBeforeT_OldestEndFirst", endedSessions},
		{"UncountedSessions_EndedAndNotDeleted_UntilTheyAreCounted", uncountedSessions},
		{"SessionBytes_OfThatSessionAlone_AreItsValuesAndALittleForEachRow", sessionBytes},
		{"ExcessSessions_OldestEndFirst_UntilTheRestFits", excessSessions},
		{"SetKept_BesideAnUpdate_NeitherUndoesTheOther", keptBesideUpdate},
		{"InstanceOwners_EverySession_OldestFirst", instanceOwners},
		{"ShiftIdleDeadlines_OnlyLiveSessionsWithADeadline_Move", shiftDeadlines},
		{"ShiftIdleDeadlines_Heartbeats_MoveBesideOrWithoutThem", shiftHeartbeats},
		{"Room_StoreWithSpace_IsThere", roomInSpace},
		{"Shrink_AfterARemoval_EndsAndKeepsTheRest", shrinks},
		{"AliveAt_Unset_IsZeroThenTheLastSet", aliveAt},
	}
}

func roomInSpace(t *testing.T, store session.Store) {
	if err := store.Room(t.Context()); err != nil {
		t.Errorf("no room: %v", err)
	}
}

func shrinks(t *testing.T, store session.Store) {
	gone, stays := add(t, store), add(t, store)
	for _, id := range []string{gone.ID, stays.ID} {
		addStatement(t, store, id, 1)
		for i := range 4 {
			write(t, store, func(tx session.Tx) error {
				out := []session.Output{{Seq: uint64(i + 1), Stream: "stdout", Text: strings.Repeat("x", 3<<20)}}
				return tx.AppendOutput(t.Context(), id, 1, out)
			})
		}
	}
	write(t, store, func(tx session.Tx) error { return tx.DeleteSession(t.Context(), gone.ID) })
	for more := true; more; {
		var err error
		if more, err = store.Shrink(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	out, err := store.Output(t.Context(), stays.ID, 1)
	if err != nil || len(out) != 4 || out[3].Text != strings.Repeat("x", 3<<20) {
		t.Errorf("the other session has %d outputs, %v", len(out), err)
	}
}

func dueEdges(t *testing.T, store session.Store) {
	now := Began().Add(time.Hour)
	idle := func(d time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.IdleDeadline = now.Add(d) }
	}
	life := func(d time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.LifetimeDeadline = now.Add(d) }
	}
	beat := func(d time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.HeartbeatDeadline = now.Add(d) }
	}
	a, b := add(t, store, idle(0)), add(t, store, life(0))
	c := add(t, store, idle(-time.Microsecond), life(time.Hour))
	d := add(t, store, idle(time.Hour), life(-time.Hour))
	e := add(t, store, idle(-time.Hour), life(-time.Hour))
	f := add(t, store, beat(0), idle(time.Hour))
	add(t, store, idle(time.Microsecond))
	add(t, store, beat(time.Microsecond))
	add(t, store, life(time.Microsecond))
	add(t, store)
	got, err := store.DueSessions(t.Context(), now, 100)
	wantIDs(t, "due now", got, err, a, b, c, d, e, f)
	got, err = store.DueSessions(t.Context(), now.Add(-2*time.Hour), 100)
	wantIDs(t, "due before all deadlines", got, err)
}

func dueStates(t *testing.T, store session.Store) {
	var want []session.Session
	for _, state := range session.States() {
		s := add(t, store, func(s *session.Session) { s.State, s.IdleDeadline, s.LifetimeDeadline = state, Began(), Began() })
		if state != session.StateStopping && state != session.StateEnded {
			want = append(want, s)
		}
	}
	got, err := store.DueSessions(t.Context(), Began(), 100)
	wantIDs(t, "due", got, err, want...)
}

func dueLimit(t *testing.T, store session.Store) {
	var all []session.Session
	for range 4 {
		all = append(all, add(t, store, func(s *session.Session) { s.IdleDeadline = Began() }))
	}
	got, err := store.DueSessions(t.Context(), Began(), 2)
	wantIDs(t, "two due", got, err, all[:2]...)
}

func endedSessions(t *testing.T, store session.Store) {
	ended := func(at time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, Began().Add(at) }
	}
	late, early, same := add(t, store, ended(2)), add(t, store, ended(0)), add(t, store, ended(0))
	add(t, store, ended(time.Hour))
	deleted := add(t, store, ended(0))
	update(t, store, &deleted, func(s *session.Session) { s.DeletedAt = Began() })
	add(t, store, func(s *session.Session) { s.State, s.EndedAt = session.StateStopping, Began() })
	limit := Began().Add(time.Hour)
	update(t, store, &late, func(s *session.Session) { s.EndedAt = Began().Add(time.Minute) })
	got, err := store.EndedSessions(t.Context(), limit, 100)
	wantIDs(t, "ended before", got, err, early, same, late)
	got, err = store.EndedSessions(t.Context(), limit, 2)
	wantIDs(t, "two ended before", got, err, early, same)
	got, err = store.EndedSessions(t.Context(), Began(), 100)
	wantIDs(t, "ended exactly at t", got, err)
}

func instanceOwners(t *testing.T, store session.Store) {
	var want []session.InstanceOwner
	for _, deleted := range []bool{false, true} {
		for i, state := range session.States() {
			s := add(t, store, func(s *session.Session) {
				s.State, s.Engine = state, []string{"local", "other"}[i%2]
				if deleted {
					s.DeletedAt = Began()
				}
			})
			want = append(want, session.InstanceOwner{
				SessionID: s.ID, Engine: s.Engine, InstanceID: s.Spec.ID, Unfinished: state != session.StateEnded || deleted,
			})
		}
	}
	got, err := store.InstanceOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "owners", got, want)
	update(t, store, &session.Session{}, func(s *session.Session) {
		*s, err = store.Session(t.Context(), want[0].SessionID)
		s.Spec.ID = "i-again"
	})
	if got, err := store.InstanceOwners(t.Context()); err != nil || got[0].InstanceID != "i-again" {
		t.Errorf("after another try the instance is %+v, %v", got, err)
	}
}

func shiftDeadlines(t *testing.T, store session.Store) {
	var want []time.Time
	var ids []string
	for _, state := range session.States() {
		for _, deadline := range []time.Time{{}, Began()} {
			s := add(t, store, func(s *session.Session) {
				s.State, s.IdleDeadline, s.LifetimeDeadline = state, deadline, Began()
			})
			ids = append(ids, s.ID)
			if state.Live() && !deadline.IsZero() {
				deadline = deadline.Add(90 * time.Second)
			}
			want = append(want, deadline)
		}
	}
	write(t, store, func(tx session.Tx) error { return tx.ShiftIdleDeadlines(t.Context(), 90*time.Second) })
	var got []time.Time
	for i, id := range ids {
		s, err := store.Session(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.IdleDeadline)
		if !s.LifetimeDeadline.Equal(Began()) {
			t.Error("a lifetime deadline moved")
		}
		if moved := !want[i].IsZero() && !want[i].Equal(Began()); (s.Version == 2) != moved {
			t.Errorf("session %d: version %d, moved %v: a moved deadline is a change", i, s.Version, moved)
		}
	}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("idle deadlines %v, want %v", got, want)
	}
}

func shiftHeartbeats(t *testing.T, store session.Store) {
	both := add(t, store, func(s *session.Session) { s.IdleDeadline, s.HeartbeatDeadline = Began(), Began() })
	one := add(t, store, func(s *session.Session) { s.State, s.HeartbeatDeadline = session.StateBusy, Began() })
	ended := add(t, store, func(s *session.Session) { s.State, s.HeartbeatDeadline = session.StateEnded, Began() })
	write(t, store, func(tx session.Tx) error { return tx.ShiftIdleDeadlines(t.Context(), time.Minute) })
	moved := Began().Add(time.Minute)
	for _, want := range []struct {
		id         string
		idle, beat time.Time
	}{{both.ID, moved, moved}, {one.ID, time.Time{}, moved}, {ended.ID, time.Time{}, Began()}} {
		s, err := store.Session(t.Context(), want.id)
		if err != nil || !s.IdleDeadline.Equal(want.idle) || !s.HeartbeatDeadline.Equal(want.beat) {
			t.Errorf("deadlines are %v and %v (%v), want %v and %v", s.IdleDeadline, s.HeartbeatDeadline, err, want.idle, want.beat)
		}
	}
}

func aliveAt(t *testing.T, store session.Store) {
	if at, err := store.AliveAt(t.Context()); !at.IsZero() || err != nil {
		t.Errorf("AliveAt = %v, %v, want zero", at, err)
	}
	for i := range 2 {
		want := Began().Add(time.Duration(i) * time.Hour)
		write(t, store, func(tx session.Tx) error { return tx.SetAliveAt(t.Context(), want) })
		if at, err := store.AliveAt(t.Context()); !at.Equal(want) || err != nil {
			t.Errorf("AliveAt = %v, %v, want %v", at, err, want)
		}
	}
}
