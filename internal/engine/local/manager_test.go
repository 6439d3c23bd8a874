package local_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// managed is a Manager over the stub kernels.
func managed(t *testing.T) *session.Manager {
	t.Helper()
	return managedIn(t, t.TempDir(), localtest.Stub)
}

// managedIn is a Manager over the kernels of a recipe in a directory.
func managedIn(t *testing.T, data string, plan localtest.Recipe) *session.Manager {
	t.Helper()
	m := session.NewManager(session.Config{
		Store: sessiontest.NewStore(), Engines: engine.Fleet{"local": newDriver(t, data, plan)},
	})
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background(), false); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestManager_SessionThatMayDegrade_LosesItsKernelAndLivesOn(t *testing.T) {
	m := managed(t)
	ctx, cancel := context.WithTimeout(t.Context(), enginetest.Patience)
	defer cancel()
	for id, c := range map[string]struct {
		degrade bool
		want    session.State
	}{
		"keeps": {true, session.StateDegraded},
		"ends":  {false, session.StateEnded},
	} {
		s, err := m.Create(ctx, session.NewSession{
			Ref:  session.Ref{Dialect: "glue", ExternalID: id},
			Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python, Degrade: c.degrade}},
		})
		if err != nil {
			t.Fatal(err)
		}
		await := func(states ...session.State) session.Session {
			s, err := m.Await(ctx, s.Ref, func(s session.Session) bool {
				for _, state := range states {
					if s.State == state {
						return true
					}
				}
				return false
			})
			if err != nil {
				t.Fatalf("%s is %s: %v", id, s.State, err)
			}
			return s
		}
		await(session.StateIdle)
		st, err := m.Run(ctx, s.Ref, session.NewStatement{Code: "crash"})
		if err != nil {
			t.Fatal(err)
		}
		if got := await(session.StateDegraded, session.StateEnded); got.State != c.want || got.Reason == "" {
			t.Errorf("%s is %s: %q, want %s", id, got.State, got.Reason, c.want)
		}
		if st, err := m.Statement(ctx, s.Ref, session.StatementRef{Place: st.Place}); err != nil || st.State != session.StatementFailed {
			t.Errorf("%s: the statement is %s, %v", id, st.State, err)
		}
		if _, err := m.Run(ctx, s.Ref, session.NewStatement{Code: "value 1"}); !errors.Is(err, session.ReasonState) {
			t.Errorf("%s takes a statement: %v", id, err)
		}
		if _, err := m.EndWithin(ctx, s.Ref, time.Minute); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
