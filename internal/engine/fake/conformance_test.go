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
		admit := func(s engine.Spec) (engine.Spec, error) {
			if s.Setup.Conf["refused"] != "" {
				return engine.Spec{}, engine.Invalidf("refused cannot be set")
			}
			return s, nil
		}
		d := fake.New(fake.Config{Admit: admit, Behave: func(s engine.Spec) fake.Behaviour {
			b := fake.Behaviour{ReadyAfter: time.Millisecond, Program: func(b engine.Batch) string { return b.Main }}
			if s.Setup.Conf["bad"] != "" {
				b.FailStart = "no such runtime"
			}
			return b
		}})
		t.Cleanup(func() { d.Close() })
		return enginetest.Fixture{
			Driver:  d,
			Restart: func(*testing.T) engine.Driver { return d },
			KillSupervisor: func(_ *testing.T, id string) {
				d.End(id, engine.Exit{Cause: engine.CauseLost, Process: "supervisor", Message: "It was killed."})
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
	enginetest.Exercise(t, setup)
	enginetest.ExerciseBatches(t, setup)
}
