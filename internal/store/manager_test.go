package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// openManager starts a Manager over a store, with one idle session.
func openManager(t *testing.T, dsn string) (*session.Manager, session.Session) {
	t.Helper()
	s, driver := openTest(t, dsn), fake.New(fake.Config{})
	m := session.NewManager(session.Config{Store: s, Engines: engine.Fleet{"local": driver}, SweepEvery: time.Hour})
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background(), true); err != nil {
			t.Error(err)
		}
		driver.Close()
	})
	ref := session.Ref{Dialect: "glue", Scope: "000000000000/eu-west-1", ExternalID: "a"}
	n := session.NewSession{Ref: ref, Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python}}, IdleTimeout: time.Hour}
	if _, err := m.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	v, err := m.Await(t.Context(), ref, func(s session.Session) bool { return s.State == session.StateIdle })
	if err != nil {
		t.Fatal(err)
	}
	return m, v
}

// A number that another statement took first is a reason to draw the next one, and not an answer
// for the client.
func TestManager_StatementsAtOnce_AreAllAccepted(t *testing.T) {
	const each = 32
	engines(t, func(t *testing.T, dsn string) {
		m, v := openManager(t, dsn)
		var mu sync.Mutex
		places := map[session.Series][]int64{}
		var all sync.WaitGroup
		for range each {
			for _, series := range []session.Series{session.SeriesCode, session.SeriesJobs} {
				all.Go(func() {
					st, err := m.Run(t.Context(), v.Ref, session.NewStatement{Series: series, Code: "value 1"})
					if err != nil {
						t.Errorf("a statement is refused: %v", err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					places[series] = append(places[series], st.Place)
				})
			}
		}
		all.Wait()
		for series, got := range places {
			slices.Sort(got)
			if len(got) != each || got[0] != 1 || got[each-1] != each || len(slices.Compact(got)) != each {
				t.Errorf("places of series %q: %v, want 1 to %d", series, got, each)
			}
		}
		if t.Failed() {
			return
		}
		ended := func(s session.Session) bool { return s.State == session.StateIdle && s.Statements == 2*each }
		if _, err := m.Await(t.Context(), v.Ref, ended); err != nil {
			t.Fatal(err)
		}
		for series := range places {
			list, _, err := m.Statements(t.Context(), v.Ref, series, session.Page{Limit: 100})
			if err != nil || slices.ContainsFunc(list, func(st session.Statement) bool { return st.State != session.StatementDone }) {
				t.Errorf("series %q ended as %+v, %v", series, list, err)
			}
		}
	})
}
