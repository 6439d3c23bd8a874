package enginetest

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
)

// Programs are programs of batches.
type Programs struct {
	Good engine.Batch // ends well
	Bad  engine.Batch // ends with code 3
	// Hang prints the line "hanging" and runs until it is ended; where there are processes, it
	// leaves one behind that has left its parent and session.
	Hang engine.Batch
}

// ExerciseBatches runs the part of the suite that is about batches.
func ExerciseBatches(t *testing.T, setup func(*testing.T) Fixture) {
	exercise(t, setup, []rule{
		{"Batch_ProgramEndsWell_IsCompleted", batchEndsWell},
		{"Batch_ProgramFails_TellsItsCode", batchFails},
		{"Batch_EndsWhileNobodyListens_IsToldLater", batchEndsUnseen},
		{"Batch_Stopped_EndsAndLeavesNothing", batchStopped},
		{"Batch_TakesNoStatements", batchTakesNoStatements},
		{"Batch_SupervisorKilled_TellsLost", batchSupervisorKilled},
	})
}

// batch starts an instance that runs a program.
func batch(t *testing.T, f Fixture, b engine.Batch) *subject {
	t.Helper()
	spec := f.Spec(f.id)
	spec.Setup.Language, spec.Launch.Batch = "", &b
	return start(t, f.Driver, spec)
}

// hanging starts a program that hangs and waits until it does.
func hanging(t *testing.T, f Fixture) *subject {
	t.Helper()
	s := batch(t, f, f.Programs.Hang)
	s.until("ready", func(e engine.Event) bool { return e.Kind == engine.EventReady })
	looks := time.NewTicker(time.Millisecond)
	defer looks.Stop()
	for limit := time.After(Patience); !strings.Contains(s.log(), "hanging\n"); {
		select {
		case <-looks.C:
		case <-limit:
			t.Fatalf("the program prints nothing; the log is\n%s", s.log())
		}
	}
	return s
}

func (s *subject) log() string {
	s.t.Helper()
	r, err := s.d.Log(s.t.Context(), s.Known)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func batchEndsWell(t *testing.T, f Fixture) {
	s := batch(t, f, f.Programs.Good)
	if exit := s.exit(); exit.Cause != engine.CauseCompleted || exit.Code != 0 || len(exit.LastLines) != 0 {
		t.Errorf("exit = %+v, want a good end", exit)
	}
	if s.seen[0].Kind != engine.EventReady {
		t.Errorf("the first event kept is %+v, want ready", s.seen[0])
	}
	s.ended(f.Driver, engine.CauseCompleted)
	s.nothingLeft(f)
}

func batchFails(t *testing.T, f Fixture) {
	s := batch(t, f, f.Programs.Bad)
	// 3 is also the code of a JVM without memory: the program's own is told apart.
	if exit := s.exit(); exit.Cause != engine.CauseExited || exit.Code != 3 || !strings.Contains(exit.Message, "3") {
		t.Errorf("exit = %+v, want the program's code 3", exit)
	}
	s.ended(f.Driver, engine.CauseExited)
	s.nothingLeft(f)
}

func batchEndsUnseen(t *testing.T, f Fixture) {
	s := batch(t, f, f.Programs.Good)
	if err := s.in.Close(); err != nil {
		t.Fatal(err)
	}
	again := attach(t, f.Restart(t), s.Known, 0)
	if exit := again.exit(); exit.Cause != engine.CauseCompleted {
		t.Errorf("exit = %+v, want the good end that nobody saw", exit)
	}
}

func batchStopped(t *testing.T, f Fixture) {
	s := hanging(t, f)
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if exit := s.exit(); exit.Cause != engine.CauseStopped {
		t.Errorf("exit = %+v, want stopped", exit)
	}
	s.nothingLeft(f)
}

func batchTakesNoStatements(t *testing.T, f Fixture) {
	s := hanging(t, f)
	err := s.in.Execute(t.Context(), engine.Statement{Number: 1, Language: f.Code.Language, Code: f.Code.Value})
	if !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("Execute = %v, want ErrInvalid", err)
	}
}

func batchSupervisorKilled(t *testing.T, f Fixture) {
	s := hanging(t, f)
	f.KillSupervisor(t, s.ID)
	if exit := s.exit(); exit.Cause != engine.CauseLost {
		t.Errorf("exit = %+v, want lost", exit)
	}
	s.nothingLeft(f)
}
