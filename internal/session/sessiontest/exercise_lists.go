package sessiontest

import (
	"fmt"
	"testing"
	"time"

	"hearth/internal/session"
)

func listRules() []rule {
	return []rule{
		{"ListSessions_Order_IsNewestFirst", listOrder},
		{"ListSessions_PagesWhileSessionsArrive_ShowEachOnce", stablePages},
		{"ListSessions_Deleted_AreLeftOutUnlessAskedFor", listWithoutDeleted},
		{"ListSessions_NoLimit_SelectsNothing", noLimit},
		{"ListSessions_OldestFirstAndSkip_SelectByPosition", positions},
		{"ListSessions_ByExecutionTime_CountsToTheEndOrToNow", executionTimes},
	}
}

func listOrder(t *testing.T, store session.Store) {
	a, b, c := add(t, store), add(t, store), add(t, store)
	update(t, store, &a, func(s *session.Session) { s.ActiveAt = Began().AddDate(1, 0, 0) })
	got, err := store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 10})
	wantSessions(t, "all", got, err, c, b, a)
	got, err = store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 2})
	wantSessions(t, "first two", got, err, c, b)
	got, err = store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 2, After: b.Seq})
	wantSessions(t, "after the second", got, err, a)
	got, err = store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 2, After: a.Seq})
	wantSessions(t, "after the last", got, err)
}

func stablePages(t *testing.T, store session.Store) {
	var want []session.Session
	for range 7 {
		want = append([]session.Session{add(t, store)}, want...)
	}
	var got []session.Session
	var after int64
	for {
		page, err := store.ListSessions(t.Context(), session.Filter{}, session.Page{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1].Seq
		add(t, store)
	}
	wantSessions(t, "all pages", got, nil, want...)
}

func positions(t *testing.T, store session.Store) {
	a, b, c, d := add(t, store), add(t, store), add(t, store), add(t, store)
	other := add(t, store, func(s *session.Session) { s.Dialect = "livy" })
	glue := session.Filter{Dialect: "glue"}
	for _, c := range []struct {
		filter session.Filter
		page   session.Page
		want   []session.Session
	}{
		{glue, session.Page{Limit: 9, Order: session.OldestFirst}, []session.Session{a, b, c, d}},
		{glue, session.Page{Limit: 2, Order: session.OldestFirst, Skip: 1}, []session.Session{b, c}},
		{glue, session.Page{Limit: 9, Order: session.OldestFirst, Skip: 3}, []session.Session{d}},
		{glue, session.Page{Limit: 9, Order: session.OldestFirst, Skip: 4}, nil},
		{glue, session.Page{Limit: 9, Order: session.OldestFirst, Skip: -1}, []session.Session{a, b, c, d}},
		{glue, session.Page{Limit: 1, Order: session.OldestFirst, After: a.Seq}, []session.Session{b}},
		{glue, session.Page{Limit: 1, Order: session.OldestFirst, After: a.Seq, Skip: 1}, []session.Session{c}},
		{glue, session.Page{Limit: 2, Skip: 1}, []session.Session{c, b}},
		{glue, session.Page{Limit: 2, After: c.Seq, Skip: 1}, []session.Session{a}},
		{session.Filter{}, session.Page{Limit: 1, Order: session.OldestFirst, Skip: 4}, []session.Session{other}},
		{glue, session.Page{Order: session.OldestFirst, Skip: 1}, nil},
	} {
		got, err := store.ListSessions(t.Context(), c.filter, c.page)
		wantSessions(t, fmt.Sprintf("page %+v", c.page), got, err, c.want...)
	}
}

func executionTimes(t *testing.T, store session.Store) {
	ran := func(ready, ended time.Duration) session.Session {
		return add(t, store, func(s *session.Session) {
			s.ReadyAt = Began().Add(ready)
			if ended > 0 {
				s.State, s.EndedAt = session.StateEnded, Began().Add(ended)
			}
		})
	}
	threeSeconds, living := ran(0, 3*time.Second), ran(time.Second, 0)
	never := add(t, store, func(s *session.Session) { s.ReadyAt = time.Time{} })
	oneSecond, alsoThree := ran(time.Second, 2*time.Second), ran(2*time.Second, 5*time.Second)
	page := func(order session.Order, now time.Duration, skip, limit int) session.Page {
		return session.Page{Order: order, Now: Began().Add(now), Skip: skip, Limit: limit}
	}
	for _, c := range []struct {
		page session.Page
		want []session.Session
	}{
		{page(session.ShortestFirst, 3*time.Second, 0, 9), []session.Session{never, oneSecond, living, threeSeconds, alsoThree}},
		{page(session.LongestFirst, 3*time.Second, 0, 9), []session.Session{threeSeconds, alsoThree, living, oneSecond, never}},
		{page(session.LongestFirst, time.Minute, 0, 9), []session.Session{living, threeSeconds, alsoThree, oneSecond, never}},
		// A clock that was set back makes no time negative.
		{page(session.ShortestFirst, 0, 0, 9), []session.Session{living, never, oneSecond, threeSeconds, alsoThree}},
		{page(session.ShortestFirst, 3*time.Second, 1, 2), []session.Session{oneSecond, living}},
	} {
		got, err := store.ListSessions(t.Context(), session.Filter{}, c.page)
		wantSessions(t, fmt.Sprintf("page %+v", c.page), got, err, c.want...)
	}
}

func listWithoutDeleted(t *testing.T, store session.Store) {
	a, b := add(t, store), add(t, store)
	update(t, store, &b, func(s *session.Session) { s.DeletedAt = Began() })
	got, err := store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: 10})
	wantSessions(t, "all", got, err, a)
	if n, err := store.CountSessions(t.Context(), session.Filter{}); n != 1 || err != nil {
		t.Errorf("CountSessions = %d, %v, want 1", n, err)
	}
	gone := add(t, store, func(s *session.Session) { s.State, s.DeletedAt = session.StateEnded, Began() })
	for _, c := range []struct {
		states []session.State
		want   []session.Session
	}{
		{nil, []session.Session{gone, b, a}},
		{session.LiveStates(), []session.Session{b, a}},
		{[]session.State{session.StateEnded}, []session.Session{gone}},
	} {
		f := session.Filter{States: c.states, Deleted: true}
		got, err := store.ListSessions(t.Context(), f, session.Page{Limit: 10})
		wantSessions(t, "with deleted ones", got, err, c.want...)
		if n, err := store.CountSessions(t.Context(), f); n != len(c.want) || err != nil {
			t.Errorf("CountSessions = %d, %v, want %d", n, err, len(c.want))
		}
	}
}

func noLimit(t *testing.T, store session.Store) {
	s := add(t, store, func(s *session.Session) { s.IdleDeadline = Began() })
	addStatement(t, store, s.ID, 1)
	for _, limit := range []int{0, -1} {
		sessions, err := store.ListSessions(t.Context(), session.Filter{}, session.Page{Limit: limit})
		wantSessions(t, "list", sessions, err)
		due, err := store.DueSessions(t.Context(), Began(), limit)
		wantIDs(t, "due", due, err)
		statements, err := store.ListStatements(t.Context(), s.ID, session.SeriesCode, session.Page{Limit: limit})
		if len(statements) != 0 || err != nil {
			t.Errorf("statements with limit %d: %d, %v", limit, len(statements), err)
		}
	}
}
