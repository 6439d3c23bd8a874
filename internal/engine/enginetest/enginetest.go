// Package enginetest is the conformance suite of engine.Driver. Whatever runs instances passes
// Exercise, so that the session domain may believe the port's comments and a fake stands for the
// real thing.
//
// It knows a driver by its port alone; what must be done to an instance from outside (killing its
// supervisor, looking for left-over processes) and the code that its kernels understand come in a
// Fixture. It waits for events and states and never for time to pass.
package enginetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"hearth/internal/engine"
)

// Patience is how long the suite waits for anything before it fails.
const Patience = 60 * time.Second

// Fixture is a driver under test and its surroundings.
type Fixture struct {
	Driver engine.Driver
	// Restart makes the driver that a restarted server would have: it knows what is stored outside
	// of the old one and nothing else. The old one and its connections are not used any more.
	Restart func(*testing.T) engine.Driver
	// KillSupervisor ends the supervisor of an instance as kill -9 does.
	KillSupervisor func(t *testing.T, id string)
	// Leftovers lists what still runs or lies about of an instance that has ended, apart from its
	// log and spool.
	Leftovers func(t *testing.T, id string) []string
	// Spec is a spec that becomes ready; Bad one that starts and never does.
	Spec func(id string) engine.Spec
	Bad  func(id string) engine.Spec
	// Refused is a spec that policy refuses.
	Refused func() engine.Spec
	Code    Code
	// Degrades says that a kernel can die and leave something of its instance alive.
	Degrades bool
	// Programs are what batches run, for ExerciseBatches.
	Programs Programs

	// id is that of the instance. No two are the same, for drivers find processes by it and several
	// tests may run on a machine.
	id string
}

// Code is code in the language of the kernels under test.
type Code struct {
	Language engine.Language
	Value    string // its value is shown as 2
	Print    string // prints the line "hello"
	Raise    string // raises ValueError("boom")
	Many     string // prints the numbers 0 to 999, one to a line
	Hang     string // prints the line "hanging" and runs until it is interrupted
	Crash    string // its process dies of SIGKILL
	Exit     string // ends its process with code 3
	// Part goes on with Whole, among other names, and Whole can be described.
	Part, Whole string
	// Orphan leaves a process behind that has left its parent and session, which Leftovers would
	// see. "" where code makes no processes.
	Orphan string
}

// Exercise runs the suite. setup is called once for each rule.
func Exercise(t *testing.T, setup func(*testing.T) Fixture) {
	exercise(t, setup, []rule{
		{"Admit_WhatPolicyRefuses_IsInvalidWithAText", admitRefused},
		{"Admit_Admitted_ChangesNothing", admitAgain},
		{"Footprint_OfMoreMemory_IsNotLess", footprint},
		{"Start_Attached_TellsReady", startTellsReady},
		{"Start_ManyTimesAtOnce_MakesOneInstance", startOnce},
		{"Start_NeverReady_EndsAsFailedStart", failedStart},
		{"Start_EndedInstance_IsGone", startEnded},
		{"Known_ToANewDriver_FindsTheInstance", knownToNewDriver},
		{"Unknown_Instance_IsNotFound", unknown},
		{"Execute_Statement_ReportsItsEvents", executeReports},
		{"Execute_Many_RunsInOrderOneAtATime", executeInOrder},
		{"Execute_SameNumberAgain_RunsOnce", executeOnce},
		{"Execute_Error_IsResultOfTheStatement", executeError},
		{"Attach_AfterAny_TellsExactlyTheRest", attachAfter},
		{"Attach_Twice_BothHearAll", attachTwice},
		{"Acknowledge_ThenAttach_TellsTheRestOrRefuses", acknowledge},
		{"Attach_ReaderAsleep_HoldsUpNobody", sleepingReader},
		{"Detach_WhileRunning_LosesNothing", detachWhileRunning},
		{"Interrupt_Running_EndsAsCancelled", interruptRunning},
		{"Interrupt_OtherNumber_TouchesNothing", interruptOther},
		{"Interrupt_Waiting_NeverRuns", interruptWaiting},
		{"Complete_Idle_ListsWhatTheCodeGoesOnWith", completeIdle},
		{"Complete_WhileRunning_WaitsForNoStatement", completeBusy},
		{"Complete_LanguageThatDoesNotRun_IsUnsupported", completeUnsupported},
		{"Complete_AfterTheEnd_IsGone", completeEnded},
		{"AddFile_AndUpload_WaitForNoStatementAndLeaveNothing", addFiles},
		{"Stop_Idle_EndsAndLeavesNothing", stopIdle},
		{"Stop_Running_TellsOneResultEach", stopRunning},
		{"Crash_OfKernel_EndsInstance", crash},
		{"Crash_OfKernelThatMayDegrade_LeavesTheInstance", degrade},
		{"Exit_OfUserCode_EndsInstance", userExit},
		{"Orphan_OfUserCode_DiesWithInstance", orphan},
		{"Destroy_Running_LeavesLogUntilPurge", destroy},
		{"SupervisorKilled_Attached_TellsLost", supervisorKilled},
		{"SupervisorKilled_ServerAwayToo_IsFoundLater", supervisorKilledUnseen},
		{"Kept_OfADestroyedInstance_IsThereUntilPurge", kept},
		{"Measure_CountsWhatRunsAlone", measure},
		{"Log_BeginsWithTheNotes", logHead},
	})
}

type rule struct {
	name string
	rule func(*testing.T, Fixture)
}

func exercise(t *testing.T, setup func(*testing.T) Fixture, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			f := setup(t)
			f.id = "test-" + rand.Text()
			r.rule(t, f)
		})
	}
}

// subject is one instance under test with one connection.
type subject struct {
	t *testing.T
	d engine.Driver
	engine.Known
	in   engine.Instance
	seen []engine.Event // with a Seq, in order
}

// started starts an instance, attaches and waits until it is ready.
func started(t *testing.T, f Fixture) *subject {
	t.Helper()
	s := start(t, f.Driver, f.Spec(f.id))
	s.until("ready", func(e engine.Event) bool { return e.Kind == engine.EventReady })
	return s
}

func start(t *testing.T, d engine.Driver, spec engine.Spec) *subject {
	t.Helper()
	spec, err := d.Admit(t.Context(), spec)
	if err != nil {
		t.Fatalf("Admit: %v", err)
	}
	handle, err := d.Start(t.Context(), spec)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	known := engine.Known{ID: spec.ID, Handle: handle}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), Patience)
		defer cancel()
		if err := d.Destroy(ctx, known); err != nil {
			t.Errorf("Destroy after the test: %v", err)
		}
	})
	return attach(t, d, known, 0)
}

func attach(t *testing.T, d engine.Driver, k engine.Known, after uint64) *subject {
	t.Helper()
	in, err := d.Attach(t.Context(), k, after)
	if err != nil {
		t.Fatalf("Attach after %d: %v", after, err)
	}
	t.Cleanup(func() { _ = in.Close() })
	if in.ID() != k.ID {
		t.Errorf("ID = %q, want %q", in.ID(), k.ID)
	}
	return &subject{t: t, d: d, Known: k, in: in}
}

// until reads events until one fits, and returns it.
func (s *subject) until(what string, fits func(engine.Event) bool) engine.Event {
	s.t.Helper()
	for {
		e, open := s.read(what)
		if !open {
			s.t.Fatalf("the events ended while waiting for %s; seen:\n%s", what, s.story())
		}
		if fits(e) {
			return e
		}
	}
}

func (s *subject) read(what string) (engine.Event, bool) {
	s.t.Helper()
	select {
	case e, open := <-s.in.Events():
		if open && e.Seq != 0 {
			if n := len(s.seen); n > 0 && s.seen[n-1].Seq+1 != e.Seq {
				s.t.Errorf("event %d follows %d", e.Seq, s.seen[n-1].Seq)
			}
			s.seen = append(s.seen, e)
		}
		return e, open
	case <-time.After(Patience):
		s.t.Fatalf("no event while waiting for %s; seen:\n%s", what, s.story())
		return engine.Event{}, false
	}
}

func (s *subject) result(number int64) engine.Event {
	s.t.Helper()
	return s.until(fmt.Sprintf("the result of %d", number), func(e engine.Event) bool {
		return e.Kind == engine.EventResult && e.Statement == number
	})
}

func (s *subject) output(text string) engine.Event {
	s.t.Helper()
	all := ""
	return s.until("output "+text, func(e engine.Event) bool {
		if e.Kind == engine.EventStream {
			all += e.Text
		}
		return all == text
	})
}

// exit reads to the end: nothing may follow the exit.
func (s *subject) exit() engine.Exit {
	s.t.Helper()
	e := s.until("the exit", func(e engine.Event) bool { return e.Kind == engine.EventExit })
	if e.Exit == nil {
		s.t.Fatal("an exit event without an exit")
	}
	if e, open := s.read("the end of events"); open {
		s.t.Errorf("after the exit came %+v", e)
	}
	return *e.Exit
}

func (s *subject) execute(number int64, code string, f Fixture) {
	s.t.Helper()
	err := s.in.Execute(s.t.Context(), engine.Statement{Number: number, Language: f.Code.Language, Code: code})
	if err != nil {
		s.t.Fatalf("Execute %d: %v", number, err)
	}
}

func (s *subject) of(number int64, kind engine.EventKind) []engine.Event {
	var all []engine.Event
	for _, e := range s.seen {
		if e.Statement == number && e.Kind == kind {
			all = append(all, e)
		}
	}
	return all
}

// story is the events seen, as JSON: what a replay must repeat exactly.
func (s *subject) story() string { return story(s.seen) }

func story(events []engine.Event) string {
	text := ""
	for _, e := range events {
		e.Time = e.Time.UTC().Round(0)
		b, err := json.Marshal(e)
		if err != nil {
			return err.Error()
		}
		text += string(b) + "\n"
	}
	return text
}

// nothingLeft fails if anything of the ended instance runs or lies about.
func (s *subject) nothingLeft(f Fixture) {
	s.t.Helper()
	if f.Leftovers == nil {
		return
	}
	if left := f.Leftovers(s.t, s.ID); len(left) > 0 {
		s.t.Errorf("left over: %q", left)
	}
}

// ended fails unless the driver reports this end too.
func (s *subject) ended(d engine.Driver, cause engine.Cause) {
	s.t.Helper()
	found, err := d.Inspect(s.t.Context(), s.Known)
	if err != nil || found.Alive || found.Exit == nil || found.Exit.Cause != cause {
		s.t.Errorf("Inspect = %+v, %v, want ended as %s", found, err, cause)
	}
}
