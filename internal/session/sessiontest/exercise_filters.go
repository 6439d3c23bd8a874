package sessiontest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hearth/internal/session"
)

func filterRules() []rule {
	return []rule{
		{"Filter_EachFieldAndAll_SelectTogether", filterCombinations},
		{"Filter_SeveralLabelsAndTags_MustAllMatch", filterTagsAndLabels},
		{"Filter_NameIDAndOwner_MatchExactlyOrByTheirBeginning", filterNames},
		{"Filter_EndedAfter_LeavesOutWhatEndedThenOrEarlier", filterEnded},
		{"Filter_Causes_AnyOfThemAndNone", filterCauses},
		{"Filter_TimeOfCreation_FromIsWithinAndBeforeIsNot", filterCreated},
		{"Filter_NeverAndOnceReady_SelectByTheFirstReady", filterReady},
	}
}

func filterNames(t *testing.T, store session.Store) {
	add(t, store, func(s *session.Session) { s.ID, s.ExternalID, s.Owner.ID = "s-abc", "x", "ann" })
	add(t, store, func(s *session.Session) { s.ID, s.ExternalID, s.Owner.ID, s.Scope = "s-abd", "x", "", "two" })
	add(t, store, func(s *session.Session) { s.ID, s.ExternalID, s.Owner.ID = "s-ABE", "X%", "Ann" })
	add(t, store, func(s *session.Session) { s.ID, s.ExternalID, s.Owner.ID = "s-%", "x_", "ännchen" })
	for _, c := range []struct {
		filter session.Filter
		want   []string
	}{
		{session.Filter{ExternalID: "x"}, []string{"s-abd", "s-abc"}},
		{session.Filter{ExternalID: "x", Scope: "two"}, []string{"s-abd"}},
		{session.Filter{ExternalID: "X"}, nil},
		{session.Filter{ExternalID: "X%"}, []string{"s-ABE"}},
		{session.Filter{IDPrefix: "s-ab"}, []string{"s-abd", "s-abc"}},
		{session.Filter{IDPrefix: "s-abc"}, []string{"s-abc"}},
		{session.Filter{IDPrefix: "s-%"}, []string{"s-%"}},
		{session.Filter{IDPrefix: "s-_"}, nil},
		{session.Filter{IDPrefix: "-abc"}, nil},
		{session.Filter{Owner: "ann"}, []string{"s-abc"}},
		{session.Filter{Owner: "ännchen"}, []string{"s-%"}},
		{session.Filter{Owner: "nobody"}, nil},
	} {
		got, err := store.ListSessions(t.Context(), c.filter, session.Page{Limit: 9})
		var ids []string
		for _, s := range got {
			ids = append(ids, s.ID)
		}
		if n, errCount := store.CountSessions(t.Context(), c.filter); err != nil || errCount != nil || !slices.Equal(ids, c.want) || n != len(ids) {
			t.Errorf("filter %+v: %v, counted as %d (%v, %v), want %v", c.filter, ids, n, err, errCount, c.want)
		}
	}
}

func filterEnded(t *testing.T, store session.Store) {
	ended := func(at time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.State, s.EndedAt = session.StateEnded, Began().Add(at) }
	}
	lives := add(t, store)
	add(t, store, ended(-time.Hour))
	add(t, store, ended(0))
	late := add(t, store, ended(time.Microsecond))
	got, err := store.ListSessions(t.Context(), session.Filter{EndedAfter: Began()}, session.Page{Limit: 9})
	wantSessions(t, "what lives or ended later", got, err, late, lives)
	got, err = store.ListSessions(t.Context(), session.Filter{EndedAfter: Began(), States: session.LiveStates()}, session.Page{Limit: 9})
	wantSessions(t, "what lives", got, err, lives)
}

func filterCauses(t *testing.T, store session.Store) {
	ended := func(c session.Cause) func(*session.Session) {
		return func(s *session.Session) { s.State, s.Cause, s.EndedAt = session.StateEnded, c, Began() }
	}
	lives := add(t, store)
	stopped, idle := add(t, store, ended(session.CauseStopped)), add(t, store, ended(session.CauseIdle))
	for _, c := range []struct {
		causes []session.Cause
		want   []session.Session
	}{
		{nil, []session.Session{idle, stopped, lives}},
		{[]session.Cause{""}, []session.Session{lives}},
		{[]session.Cause{session.CauseIdle}, []session.Session{idle}},
		{[]session.Cause{session.CauseStopped, ""}, []session.Session{stopped, lives}},
		{[]session.Cause{session.CauseLost}, nil},
	} {
		f := session.Filter{Causes: c.causes}
		got, err := store.ListSessions(t.Context(), f, session.Page{Limit: 9})
		wantSessions(t, fmt.Sprintf("causes %q", c.causes), got, err, c.want...)
		if n, err := store.CountSessions(t.Context(), f); n != len(c.want) || err != nil {
			t.Errorf("causes %q: counted as %d (%v), want %d", c.causes, n, err, len(c.want))
		}
	}
}

func filterReady(t *testing.T, store session.Store) {
	never := add(t, store, func(s *session.Session) { s.ReadyAt = time.Time{} })
	once := add(t, store, func(s *session.Session) { s.ReadyAt = Began() })
	for _, c := range []struct {
		filter session.Filter
		want   []session.Session
	}{
		{session.Filter{NeverReady: true}, []session.Session{never}},
		{session.Filter{OnceReady: true}, []session.Session{once}},
		{session.Filter{NeverReady: true, OnceReady: true}, nil},
	} {
		got, err := store.ListSessions(t.Context(), c.filter, session.Page{Limit: 9})
		wantSessions(t, fmt.Sprintf("filter %+v", c.filter), got, err, c.want...)
	}
}

func filterCreated(t *testing.T, store session.Store) {
	created := func(at time.Duration) func(*session.Session) {
		return func(s *session.Session) { s.CreatedAt = Began().Add(at) }
	}
	first, second := add(t, store, created(0)), add(t, store, created(time.Microsecond))
	third := add(t, store, created(2*time.Microsecond))
	from, before := Began().Add(time.Microsecond), Began().Add(2*time.Microsecond)
	for _, c := range []struct {
		filter session.Filter
		want   []session.Session
	}{
		{session.Filter{CreatedFrom: from}, []session.Session{third, second}},
		{session.Filter{CreatedBefore: before}, []session.Session{second, first}},
		{session.Filter{CreatedFrom: from, CreatedBefore: before}, []session.Session{second}},
		{session.Filter{CreatedFrom: before, CreatedBefore: from}, nil},
	} {
		got, err := store.ListSessions(t.Context(), c.filter, session.Page{Limit: 9})
		wantSessions(t, fmt.Sprintf("created within %s and %s", c.filter.CreatedFrom, c.filter.CreatedBefore), got, err, c.want...)
	}
}

// spread adds sessions that differ in all a filter can ask for.
func spread(t *testing.T, store session.Store) []session.Session {
	t.Helper()
	var all []session.Session
	for i, state := range []session.State{session.StateIdle, session.StateBusy, session.StateEnded} {
		for j, dialect := range []string{"glue", "livy"} {
			for k, scope := range []string{"one", "two"} {
				all = append(all, add(t, store, func(s *session.Session) {
					s.State, s.Dialect, s.Scope, s.Collection = state, dialect, scope, []string{"", "batches"}[(i+k)%2]
					s.Labels = map[string]string{"n": fmt.Sprint(i), "kind": "k" + fmt.Sprint(j)}
					s.Tags = map[string]string{"team": fmt.Sprint(k), "cost": fmt.Sprint(i + j)}
				}))
			}
		}
	}
	return all
}

func filterCombinations(t *testing.T, store session.Store) {
	all := spread(t, store)
	dialects, scopes := []string{"", "glue", "livy", "none"}, []string{"", "one", "two"}
	states := [][]session.State{nil, {session.StateIdle}, {session.StateBusy, session.StateEnded}, {session.StateStarting}}
	collections := [][]string{nil, {""}, {"batches"}, {"", "batches"}, {"none"}}
	labels := []map[string]string{nil, {}, {"n": "1"}}
	tags := []map[string]string{nil, {"team": "0"}}
	for _, dialect := range dialects {
		for _, scope := range scopes {
			for _, st := range states {
				for _, l := range labels {
					for _, tg := range tags {
						for _, c := range collections {
							checkFilter(t, store, all, session.Filter{
								Dialect: dialect, Collections: c, Scope: scope, States: st, Labels: l, Tags: tg,
							})
						}
					}
				}
			}
		}
	}
}

func filterTagsAndLabels(t *testing.T, store session.Store) {
	all := spread(t, store)
	for _, f := range []session.Filter{
		{Labels: map[string]string{"n": "1", "kind": "k0"}},
		{Labels: map[string]string{"n": "1", "kind": "k0"}, Tags: map[string]string{"team": "1", "cost": "1"}},
		{Tags: map[string]string{"team": "1", "cost": "2"}},
		{Tags: map[string]string{"team": "1", "cost": "9"}},
		{Tags: map[string]string{"n": "1"}},
		{Labels: map[string]string{"team": "1"}},
		{Tags: map[string]string{"absent": ""}},
	} {
		checkFilter(t, store, all, f)
	}
}

// checkFilter compares the store's selection with a plain reading of the filter.
func checkFilter(t *testing.T, store session.Store, all []session.Session, f session.Filter) {
	t.Helper()
	var want []session.Session
	for i := len(all) - 1; i >= 0; i-- {
		if matches(&all[i], f) {
			want = append(want, all[i])
		}
	}
	got, err := store.ListSessions(t.Context(), f, session.Page{Limit: 100})
	wantSessions(t, fmt.Sprintf("filter %+v", f), got, err, want...)
	if n, err := store.CountSessions(t.Context(), f); n != len(want) || err != nil {
		t.Errorf("CountSessions(%+v) = %d, %v, want %d", f, n, err, len(want))
	}
}
