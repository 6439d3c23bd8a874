package local_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
)

var stubCode = enginetest.Code{
	Language: engine.Python, Value: "value 2", Print: "print hello", Raise: "raise", Many: "many",
	Hang: "hang", Crash: "crash", Exit: "exit 3", Orphan: "orphan",
	Part: "pri", Whole: "print",
}

func newDriver(t *testing.T, data string, plan localtest.Recipe) *local.Driver {
	t.Helper()
	d, err := local.New(local.Config{
		DataDir: data, Binary: os.Args[0], Recipe: plan,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fixture is a driver in a directory of its own.
func fixture(t *testing.T, plan localtest.Recipe, code enginetest.Code) enginetest.Fixture {
	data := t.TempDir()
	instance := func(id string) supervise.Dir { return supervise.Dir(filepath.Join(data, "instances", id)) }
	return enginetest.Fixture{
		Driver:  newDriver(t, data, plan),
		Restart: func(t *testing.T) engine.Driver { return newDriver(t, data, plan) },
		KillSupervisor: func(t *testing.T, id string) {
			killed(t, record(t, instance(id)).Self)
		},
		Leftovers: func(t *testing.T, id string) []string { return leftovers(t, instance(id), id) },
		Spec:      func(id string) engine.Spec { return engine.Spec{ID: id} },
		Bad: func(id string) engine.Spec {
			return engine.Spec{ID: id, Setup: engine.Setup{Env: map[string]string{"STUB_BAD": "1", "PYTHONPATH": "", "HEARTH_ARGV_FILE": "no such file"}}}
		},
		Refused: func() engine.Spec {
			return engine.Spec{Setup: engine.Setup{Env: map[string]string{"STUB_REFUSED": "1"}}}
		},
		Code: code,
		Programs: enginetest.Programs{
			Good: engine.Batch{Main: "end"}, Bad: engine.Batch{Main: "exit3"}, Hang: engine.Batch{Main: "hang"},
		},
	}
}

// killed kills a process and waits until it is dead.
func killed(t *testing.T, id proc.Identity) {
	t.Helper()
	if err := id.Kill(); err != nil {
		t.Fatal(err)
	}
	dead(t, id)
}

// dead waits until a process is dead.
func dead(t *testing.T, id proc.Identity) {
	t.Helper()
	looks := time.NewTicker(time.Millisecond)
	defer looks.Stop()
	for limit := time.After(enginetest.Patience); id.Alive(); {
		select {
		case <-looks.C:
		case <-limit:
			t.Fatalf("process %d does not die", id.PID)
		}
	}
}

func record(t *testing.T, dir supervise.Dir) supervise.Record {
	t.Helper()
	r, err := supervise.ReadJSON[supervise.Record](dir.Record())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// leftovers lists processes and files. The supervisor itself may live on for a moment, to tell its
// last event.
func leftovers(t *testing.T, dir supervise.Dir, id string) []string {
	var left []string
	tagged, err := proc.Tagged(id)
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, dir)
	for _, p := range tagged {
		if p != r.Self {
			left = append(left, "process "+strconv.Itoa(p.PID))
		}
	}
	for _, path := range []string{dir.Run(), dir.Secret(), dir.Launch(), dir.Reserve(), r.Socket, r.Group} {
		if _, err := os.Stat(path); path != "" && err == nil {
			left = append(left, path)
		}
	}
	return left
}

func TestDriver_StubKernels_Conformance(t *testing.T) {
	enginetest.Exercise(t, func(t *testing.T) enginetest.Fixture {
		f := fixture(t, localtest.Stub, stubCode)
		f.Degrades = true
		return f
	})
}

func TestDriver_StubProgram_BatchConformance(t *testing.T) {
	enginetest.ExerciseBatches(t, func(t *testing.T) enginetest.Fixture { return fixture(t, localtest.Stub, stubCode) })
}
