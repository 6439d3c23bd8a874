package session_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// beside adds an engine "other" to the fleet.
func beside(driver engine.Driver) func(*session.Config) {
	return func(c *session.Config) {
		c.Engines["other"] = driver
		c.DefaultEngine = "local"
	}
}

func onEngine(name string) func(*session.NewSession) {
	return func(n *session.NewSession) { n.Engine = name }
}

func TestCreate_Engine_IsThatOfTheSessionElseGroupDialectServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fake.New(fake.Config{})
		defer other.Close()
		within := func(c *session.Config) {
			c.Engines = engine.Fleet{"group": other, "dialect": other, "server": other, "own": other}
			c.DefaultEngine = "server"
			c.DialectEngines = map[string]string{"livy": "dialect"}
			c.Groups = []session.Group{{Dialect: "livy", Name: "fast", Engine: "group"}, {Dialect: "livy", Name: "slow"}}
		}
		h := newFixture(t, nil, within)
		defer h.close()
		for i, c := range []struct{ dialect, group, own, want string }{
			{"glue", "", "", "server"},
			{"livy", "", "", "dialect"},
			{"livy", "slow", "", "dialect"},
			{"livy", "fast", "", "group"},
			{"livy", "fast", "own", "own"},
		} {
			s := h.create(string(rune('a'+i)), func(n *session.NewSession) { n.Dialect, n.Group, n.Engine = c.dialect, c.group, c.own })
			if s.Engine != c.want {
				t.Errorf("%+v runs on %q", c, s.Engine)
			}
		}
	})
}

func TestCreate_UnknownEngine_IsInvalidAndNamesThoseThereAre(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		n := asked("a")
		n.Engine = "yarn"
		_, err := h.Create(t.Context(), n)
		wantKind(t, err, session.Invalid, "")
		if e := session.AsError(err); e.Msg != `There is no engine named "yarn". The engines are: local.` {
			t.Errorf("message: %s", e.Msg)
		}
	})
}

func TestManager_EnginesSideBySide_EachGetsItsOwnInstancesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fake.New(fake.Config{})
		defer other.Close()
		h := newFixture(t, nil, beside(other))
		defer h.close()
		a, b := h.ready("a"), h.ready("b", onEngine("other"))
		if _, err := other.Start(t.Context(), engine.Spec{ID: a.Spec.ID, Setup: engine.Setup{Language: engine.Python}}); err != nil {
			t.Fatal(err) // the other engine has an instance of this id too, which is no session's
		}
		h.restart()
		synctest.Wait()
		for _, id := range []string{"a", "b"} {
			h.wantStatement(id, h.run(id, "value 2"), session.StatementDone)
		}
		if got := len(h.driver.Ran(a.Spec.ID)) + len(other.Ran(b.Spec.ID)); got != 2 {
			t.Errorf("%d statements ran where they belong", got)
		}
		if found, err := other.Inspect(t.Context(), engine.Known{ID: a.Spec.ID}); err == nil {
			t.Errorf("the other engine's stranger is still there: %+v", found)
		}
	})
}

func TestManager_EngineThatIsNotThere_KeepsItsSessionsAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, log := fake.New(fake.Config{}), new(strings.Builder)
		defer other.Close()
		h := newFixture(t, nil, beside(other))
		defer h.close()
		s := h.ready("b", onEngine("other"))
		h.leave()

		h.change = func(c *session.Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) }
		h.open()
		synctest.Wait()
		h.want("b", session.StateIdle)
		_, err := h.Log(t.Context(), ref("b"))
		wantKind(t, err, session.Unavailable, "")
		_, err = h.Run(t.Context(), ref("b"), session.NewStatement{Code: "value 1"})
		wantKind(t, err, session.Unavailable, "")
		if err := h.Stop(context.Background(), false); err != nil {
			t.Errorf("an end in order: %v", err)
		}
		if !strings.Contains(log.String(), "its engine is not in this server") {
			t.Errorf("nothing warns: %s", log)
		}

		h.change = beside(other)
		h.open()
		synctest.Wait()
		h.want("b", session.StateIdle)
		h.wantStatement("b", h.run("b", "value 2"), session.StatementDone)
		if ran := other.Ran(s.Spec.ID); len(ran) != 1 {
			t.Errorf("ran %v", ran)
		}
	})
}

func TestCreate_SpecOfEverySession_IsAdmittedByItsEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fake.New(fake.Config{Admit: func(s engine.Spec) (engine.Spec, error) {
			if s.Setup.Conf["spark.master"] != "" {
				return engine.Spec{}, engine.Invalidf("spark.master cannot be set")
			}
			s.Launch.Conf, s.Setup.Conf = s.Setup.Conf, nil
			return s, nil
		}})
		defer other.Close()
		h := newFixture(t, nil, beside(other))
		defer h.close()
		conf := func(key string) func(*session.NewSession) {
			return func(n *session.NewSession) { n.Engine, n.Spec.Setup.Conf = "other", map[string]string{key: "1"} }
		}
		if s := h.ready("a", conf("spark.x")); s.Spec.Launch.Conf["spark.x"] != "1" || s.Spec.Setup.Conf != nil {
			t.Errorf("stored as %+v", s.Spec)
		}
		for _, failed := range []string{"", "It cannot start."} {
			n := asked("b")
			conf("spark.master")(&n)
			n.Failed = failed
			_, err := h.Create(t.Context(), n)
			wantKind(t, err, session.Invalid, "")
			if e := session.AsError(err); e.Msg != "spark.master cannot be set" {
				t.Errorf("message: %s", e.Msg)
			}
		}
	})
}

func TestCreate_Size_IsWhatTheInstanceIsStartedWith(t *testing.T) {
	for name, c := range map[string]struct {
		size session.Size
		want engine.Launch
	}{
		"left to the engine":     {session.Size{Units: 2}, engine.Launch{}},
		"equal workers":          {session.Size{Workers: 5, CoresPerWorker: 4, MemoryMBPerWorker: 16384}, engine.Launch{Cores: 20, MemoryMB: 81920}},
		"a driver of its own":    {session.Size{Workers: 4, CoresPerWorker: 2, MemoryMBPerWorker: 512, DriverCores: 1, DriverMemoryMB: 1024}, engine.Launch{Cores: 7, MemoryMB: 2560}},
		"a driver asked for":     {session.Size{Workers: 1, CoresPerWorker: 1, MemoryMBPerWorker: 1024, DriverMemoryMB: 2048, DriverAsked: true}, engine.Launch{Cores: 1, MemoryMB: 2048, DriverMB: 2048}},
		"more than there can be": {session.Size{Workers: 10000, CoresPerWorker: 1, MemoryMBPerWorker: 64 << 20}, engine.Launch{Cores: 10000, MemoryMB: 64 << 20}},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, nil, func(t *testing.T, h *fixture) {
				s := h.create("a", func(n *session.NewSession) { n.Spec.Launch, n.Size = engine.Launch{}, c.size })
				if got := s.Spec.Launch; got.Cores != c.want.Cores || got.MemoryMB != c.want.MemoryMB || got.DriverMB != c.want.DriverMB {
					t.Errorf("launch = %+v, want %+v", got, c.want)
				}
			})
		})
	}
}
