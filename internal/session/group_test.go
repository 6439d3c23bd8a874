package session_test

import (
	"errors"
	"testing"

	"hearth/internal/session"
)

func inGroup(name string) func(*session.NewSession) {
	return func(n *session.NewSession) { n.Group = name }
}

// groups are one for every tenant, and one of the same name for another tenant alone.
func groups(c *session.Config) {
	c.Groups = []session.Group{
		{Dialect: "glue", Name: "blue", MaxSessions: 2},
		{Dialect: "glue", Scope: "000000000000/us-east-1", Name: "green"},
		{Dialect: "glue", Scope: "another", Name: "red"},
		{Dialect: "glue", Scope: "another", Name: "blue", MaxSessions: 1},
	}
}

func TestGroup_NoneConfigured_AnyNameIsTakenAndFiltersLists(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Groups = []session.Group{{Dialect: "other", Name: "x"}} }, func(t *testing.T, h *fixture) {
		h.create("a", inGroup("anything"))
		h.create("b")
		found, _, err := h.List(t.Context(), session.Filter{Dialect: "glue", Labels: map[string]string{session.LabelGroup: "anything"}}, session.Page{Limit: 5})
		if err != nil || len(found) != 1 || found[0].ExternalID != "a" {
			t.Errorf("found %v, %v", found, err)
		}
		if s, err := h.Get(t.Context(), ref("b")); err != nil || len(s.Labels) != 0 {
			t.Errorf("a session without a group has the labels %v, %v", s.Labels, err)
		}
	})
}

func TestGroup_OnceConfigured_UnknownOnesAreNotFound(t *testing.T) {
	within(t, nil, groups, func(t *testing.T, h *fixture) {
		h.create("a", inGroup("blue"))
		h.create("b", inGroup("green"))
		h.create("c")
		for _, name := range []string{"red", "Blue", "blu", "blue "} {
			n := asked("x")
			n.Group = name
			_, err := h.Create(t.Context(), n)
			if e := session.AsError(err); !errors.Is(err, session.NotFound) || e.Reason != session.ReasonNoGroup {
				t.Errorf("%q: %v", name, err)
			}
		}
		if _, err := h.Get(t.Context(), ref("x")); !errors.Is(err, session.NotFound) {
			t.Errorf("a refused session is there: %v", err)
		}
	})
}

func TestGroup_AtItsLimit_RefusesUntilASessionEnds(t *testing.T) {
	within(t, nil, groups, func(t *testing.T, h *fixture) {
		h.ready("a", inGroup("blue"))
		h.ready("b", inGroup("blue"))
		n := asked("c")
		n.Group = "blue"
		_, err := h.Create(t.Context(), n)
		if e := session.AsError(err); !errors.Is(err, session.Quota) || e.Reason != session.ReasonGroup {
			t.Fatalf("the third is answered %v", err)
		}
		h.create("d", inGroup("green")) // another group has room
		n.Scope = "another"             // and another tenant its own count
		if _, err := h.Create(t.Context(), n); err != nil {
			t.Errorf("the first of another tenant: %v", err)
		}
		n.ExternalID = "d"
		if _, err := h.Create(t.Context(), n); !errors.Is(err, session.Quota) {
			t.Errorf("the second of a tenant whose own group holds one: %v", err)
		}
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Await(t.Context(), ref("a"), func(s session.Session) bool { return !s.State.Live() }); err != nil {
			t.Fatal(err)
		}
		h.create("e", inGroup("blue"))
	})
}

func TestGroup_Batches_HaveALimitOfTheirOwnAndCountForTheScope(t *testing.T) {
	batch := func(n *session.NewSession) {
		n.Collection, n.Group = "batches", "blue"
		program(n)
	}
	change := func(c *session.Config) {
		c.MaxSessions = 3
		c.Groups = []session.Group{{Dialect: "glue", Name: "blue", MaxSessions: 1, MaxBatches: 1}}
	}
	within(t, nil, change, func(t *testing.T, h *fixture) {
		h.create("a", inGroup("blue"))
		h.create("a", batch) // external ids are unique within a collection
		n := asked("b")
		batch(&n)
		_, err := h.Create(t.Context(), n)
		wantKind(t, err, session.Quota, session.ReasonGroup)
		h.create("b")
		_, err = h.Create(t.Context(), asked("c"))
		wantKind(t, err, session.Quota, "")
	})
}

// A client that repeats itself must learn that its session exists, whatever became of the group
// meanwhile.
func TestGroup_RepeatedCreation_SaysThatItExists(t *testing.T) {
	within(t, nil, groups, func(t *testing.T, h *fixture) {
		h.create("a", inGroup("blue"))
		for _, name := range []string{"blue", "gone"} {
			n := asked("a")
			n.Group = name
			if _, err := h.Create(t.Context(), n); !errors.Is(err, session.Exists) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestGroups_ThatContradictThemselves_AreRefused(t *testing.T) {
	for name, c := range map[string][]session.Group{
		"no name":    {{Dialect: "dli"}},
		"no dialect": {{Name: "a"}},
		"negative":   {{Dialect: "dli", Name: "a", MaxSessions: -1}},
		"of batches": {{Dialect: "dli", Name: "a", MaxBatches: -1}},
		"twice":      {{Dialect: "dli", Name: "a"}, {Dialect: "dli", Name: "a", MaxSessions: 3}},
	} {
		if err := session.CheckGroups(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := session.CheckGroups([]session.Group{{Dialect: "dli", Name: "a"}, {Dialect: "dli", Scope: "p", Name: "a"}}); err != nil {
		t.Errorf("one name in two scopes: %v", err)
	}
}
