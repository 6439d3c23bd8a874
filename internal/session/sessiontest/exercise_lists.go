package sessiontest

import (
	"fmt"
	"testing"

	"hearth/internal/session"
)

func listRules() []rule {
	return []rule{
		{"ListSessions_Order_IsNewestFirst", listOrder},
		{"ListSessions_PagesWhileSessionsArrive_ShowEachOnce", stablePages},
		{"ListSessions_Deleted_AreLeftOutUnlessAskedFor", listWithoutDeleted},
		{"ListSessions_NoLimit_SelectsNothing", noLimit},
		{"ListSessions_OldestFirstAndSkip_SelectByPosition", positions},
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
		{glue, session.Page{Limit: 9, OldestFirst: true}, []session.Session{a, b, c, d}},
		{glue, session.Page{Limit: 2, OldestFirst: true, Skip: 1}, []session.Session{b, c}},
		{glue, session.Page{Limit: 9, OldestFirst: true, Skip: 3}, []session.Session{d}},
		{glue, session.Page{Limit: 9, OldestFirst: true, Skip: 4}, nil},
		{glue, session.Page{Limit: 9, OldestFirst: true, Skip: -1}, []session.Session{a, b, c, d}},
		{glue, session.Page{Limit: 1, OldestFirst: true, After: a.Seq}, []session.Session{b}},
		{glue, session.Page{Limit: 1, OldestFirst: true, After: a.Seq, Skip: 1}, []session.Session{c}},
		{glue, session.Page{Limit: 2, Skip: 1}, []session.Session{c, b}},
		{glue, session.Page{Limit: 2, After: c.Seq, Skip: 1}, []session.Session{a}},
		{session.Filter{}, session.Page{Limit: 1, OldestFirst: true, Skip: 4}, []session.Session{other}},
		{glue, session.Page{OldestFirst: true, Skip: 1}, nil},
	} {
		got, err := store.ListSessions(t.Context(), c.filter, c.page)
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
		sessions, err = store.DueSessions(t.Context(), Began(), limit)
		wantSessions(t, "due", sessions, err)
		statements, err := store.ListStatements(t.Context(), s.ID, session.SeriesCode, session.Page{Limit: limit})
		if len(statements) != 0 || err != nil {
			t.Errorf("statements with limit %d: %d, %v", limit, len(statements), err)
		}
	}
}
