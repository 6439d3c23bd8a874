package fake_test

import (
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/fake"
)

func TestDriver_Conformance(t *testing.T) {
	setup := func(t *testing.T) enginetest.Fixture {
		d := fake.New(config())
		t.Cleanup(func() { d.Close() })
		f := fixture(func() *fake.Driver { return d })
		f.Restart = func(*testing.T) engine.Driver { return d }
		return f
	}
	enginetest.Exercise(t, setup)
	enginetest.ExerciseBatches(t, setup)
}

// The driver of a directory is killed at each restart, and made anew from its files.
func TestDriver_OnDisk_Conformance(t *testing.T) {
	setup := func(t *testing.T) enginetest.Fixture {
		dir := t.TempDir()
		open := func() *fake.Driver {
			d, err := fake.Open(dir, config())
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := open()
		t.Cleanup(func() { d.Close() })
		f := fixture(func() *fake.Driver { return d })
		f.Restart = func(*testing.T) engine.Driver {
			d.Kill()
			d = open()
			return d
		}
		return f
	}
	enginetest.Exercise(t, setup)
	enginetest.ExerciseBatches(t, setup)
}

func config() fake.Config {
	return fake.Config{
		Admit: func(s engine.Spec) (engine.Spec, error) {
			if s.Setup.Conf["refused"] != "" {
				return engine.Spec{}, engine.Invalidf("refused cannot be set")
			}
			return s, nil
		},
		Behave: func(s engine.Spec) fake.Behaviour {
			b := fake.Behaviour{ReadyAfter: time.Millisecond, Program: func(b engine.Batch) string { return b.Main }}
			if s.Setup.Conf["bad"] != "" {
				b.FailStart = "no such runtime"
			}
			return b
		},
	}
}

func fixture(d func() *fake.Driver) enginetest.Fixture {
	return enginetest.Fixture{
		Driver: d(),
		KillSupervisor: func(_ *testing.T, id string) {
			d().End(id, engine.Exit{Cause: engine.CauseLost, Process: "supervisor", Message: "It was killed."})
		},
		Spec: func(id string) engine.Spec { return engine.Spec{ID: id} },
		Bad: func(id string) engine.Spec {
			return engine.Spec{ID: id, Setup: engine.Setup{Conf: map[string]string{"bad": "yes"}}}
		},
		Refused: func() engine.Spec {
			return engine.Spec{Setup: engine.Setup{Conf: map[string]string{"refused": "yes"}}}
		},
		Degrades: true,
		Code: enginetest.Code{
			Language: engine.Python, Value: "value 2", Print: "print hello", Raise: "error ValueError boom",
			Many: "stream 1000", Hang: "print hanging; hang", Crash: "crash", Exit: "exit 3",
			Part: "value 2; pri", Whole: "print",
		},
		Programs: enginetest.Programs{
			Good: engine.Batch{Main: "print done"}, Bad: engine.Batch{Main: "exit 3"}, Hang: engine.Batch{Main: "print hanging; hang"},
		},
	}
}
