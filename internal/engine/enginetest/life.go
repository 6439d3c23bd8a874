package enginetest

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/engine"
)

func startTellsReady(t *testing.T, f Fixture) {
	s := started(t, f)
	if s.seen[0].Kind != engine.EventReady || s.seen[0].Seq != 1 || s.seen[0].Info == nil {
		t.Errorf("the first event kept is %+v, want ready", s.seen[0])
	}
	found, err := f.Driver.Inspect(t.Context(), s.Known)
	if err != nil || !found.Alive || found.Exit != nil || len(found.Handle) == 0 {
		t.Errorf("Inspect = %+v, %v, want alive", found, err)
	}
}

func startOnce(t *testing.T, f Fixture) {
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := f.Driver.Start(t.Context(), f.Spec(f.id)); err != nil {
				t.Errorf("Start: %v", err)
			}
		})
	}
	wg.Wait()
	s := started(t, f)
	found, err := f.Driver.Find(t.Context())
	if err != nil || len(found) != 1 || found[0].ID != s.ID || !found[0].Alive {
		t.Errorf("Find = %+v, %v, want the one", found, err)
	}
	s.execute(1, f.Code.Value, f)
	s.result(1)
	d := f.Restart(t)
	if _, err := d.Start(t.Context(), f.Spec(f.id)); err != nil {
		t.Errorf("Start by the next server: %v", err)
	}
	again := attach(t, d, s.Known, 0)
	again.result(1)
	if again.story() != s.story() {
		t.Errorf("the next server received\n%sinstead of\n%s", again.story(), s.story())
	}
}

func failedStart(t *testing.T, f Fixture) {
	s := start(t, f.Driver, f.Bad(f.id))
	exit := s.exit()
	if exit.Cause != engine.CauseFailedStart || exit.Message == "" {
		t.Errorf("exit = %+v, want a failed start that says why", exit)
	}
	s.ended(f.Driver, engine.CauseFailedStart)
	s.nothingLeft(f)
}

func startEnded(t *testing.T, f Fixture) {
	s := started(t, f)
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	s.exit()
	if _, err := f.Driver.Start(t.Context(), f.Spec(f.id)); !errors.Is(err, engine.ErrGone) {
		t.Errorf("Start = %v, want ErrGone", err)
	}
	err := s.in.Execute(t.Context(), engine.Statement{Number: 9, Language: f.Code.Language, Code: f.Code.Value})
	if !errors.Is(err, engine.ErrGone) {
		t.Errorf("Execute = %v, want ErrGone", err)
	}
}

func unknown(t *testing.T, f Fixture) {
	ctx, nobody := t.Context(), engine.Known{ID: "nobody"}
	if _, err := f.Driver.Attach(ctx, nobody, 0); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Attach = %v, want ErrNotFound", err)
	}
	if _, err := f.Driver.Inspect(ctx, nobody); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Inspect = %v, want ErrNotFound", err)
	}
	if _, err := f.Driver.Log(ctx, nobody); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Log = %v, want ErrNotFound", err)
	}
	if err := f.Driver.Destroy(ctx, nobody); err != nil {
		t.Errorf("Destroy = %v, want nothing to do", err)
	}
	if err := f.Driver.Purge(ctx, nobody); err != nil {
		t.Errorf("Purge = %v, want nothing to do", err)
	}
	if found, err := f.Driver.Find(ctx); err != nil || len(found) != 0 {
		t.Errorf("Find = %+v, %v, want nothing", found, err)
	}
}

// knownToNewDriver shows that the next server needs nothing but what the domain stored, with the
// handle or, where it died before it stored that, without.
func knownToNewDriver(t *testing.T, f Fixture) {
	ctx, s := t.Context(), started(t, f)
	s.execute(1, f.Code.Print, f)
	s.result(1)
	if err := s.in.Close(); err != nil {
		t.Fatal(err)
	}
	d := f.Restart(t)
	for _, k := range []engine.Known{s.Known, {ID: s.ID}} {
		found, err := d.Inspect(ctx, k)
		if err != nil || !found.Alive || found.ID != s.ID || len(found.Handle) == 0 {
			t.Fatalf("Inspect = %+v, %v, want alive", found, err)
		}
		again := attach(t, d, found.Known(), 0)
		again.result(1)
		if again.story() != s.story() {
			t.Errorf("the next server received\n%sinstead of\n%s", again.story(), s.story())
		}
		log, err := d.Log(ctx, k)
		if err != nil {
			t.Fatal(err)
		}
		log.Close()
	}
	if err := d.Destroy(ctx, s.Known); err != nil {
		t.Fatal(err)
	}
	s.nothingLeft(f)
	s.ended(d, engine.CauseStopped)
	if err := d.Purge(ctx, s.Known); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Inspect(ctx, s.Known); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Inspect after Purge = %v, want ErrNotFound", err)
	}
}

func stopIdle(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Print, f)
	s.result(1)
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if exit := s.exit(); exit.Cause != engine.CauseStopped {
		t.Errorf("exit = %+v, want stopped", exit)
	}
	s.ended(f.Driver, engine.CauseStopped)
	s.nothingLeft(f)
	for _, driver := range []func() engine.Driver{func() engine.Driver { return f.Driver }, func() engine.Driver { return f.Restart(t) }} {
		again := attach(t, driver(), s.Known, 0)
		again.exit()
		if again.story() != s.story() {
			t.Errorf("attached to the ended instance, received\n%sinstead of\n%s", again.story(), s.story())
		}
	}
}

func stopRunning(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.execute(2, f.Code.Value, f)
	s.output("hanging\n")
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if exit := s.exit(); exit.Cause != engine.CauseStopped {
		t.Errorf("exit = %+v, want stopped", exit)
	}
	for number := range int64(2) {
		if r := s.of(number+1, engine.EventResult); len(r) != 1 || r[0].Status == engine.StatusOK {
			t.Errorf("results of %d: %+v, want one that is not ok", number+1, r)
		}
	}
	s.nothingLeft(f)
}

func crash(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Crash, f)
	// The crash may be quicker than the second statement, which is then refused.
	accepted := int64(2)
	err := s.in.Execute(t.Context(), engine.Statement{Number: 2, Language: f.Code.Language, Code: f.Code.Value})
	if errors.Is(err, engine.ErrGone) || errors.Is(err, engine.ErrDetached) {
		accepted = 1
	} else if err != nil {
		t.Fatal(err)
	}
	exit := s.exit()
	if exit.Cause != engine.CauseCrashed || exit.Process == "" || exit.Signal == "" || exit.Message == "" {
		t.Errorf("exit = %+v, want a crash by a signal", exit)
	}
	for number := range accepted {
		if r := s.of(number+1, engine.EventResult); len(r) != 1 || r[0].Status != engine.StatusLost {
			t.Errorf("results of %d: %+v, want one, lost", number+1, r)
		}
	}
	s.ended(f.Driver, engine.CauseCrashed)
	s.nothingLeft(f)
}

// degrade shows that an instance with Setup.Degrade outlives its kernel, and can be stopped.
func degrade(t *testing.T, f Fixture) {
	if !f.Degrades {
		return // its only process is the kernel
	}
	spec := f.Spec(f.id)
	spec.Setup.Degrade = true
	s := start(t, f.Driver, spec)
	s.until("ready", func(e engine.Event) bool { return e.Kind == engine.EventReady })
	s.execute(1, f.Code.Crash, f)
	if r := s.result(1); r.Status != engine.StatusLost {
		t.Errorf("result = %+v, want lost", r)
	}
	if e := s.until("degraded", func(e engine.Event) bool { return e.Kind == engine.EventDegraded }); e.Text == "" {
		t.Error("nothing says how the kernel died")
	}
	s.execute(2, f.Code.Value, f)
	if r := s.result(2); r.Status != engine.StatusLost {
		t.Errorf("result = %+v, want lost: its kernel is dead", r)
	}
	if found, err := f.Driver.Inspect(t.Context(), s.Known); err != nil || !found.Alive {
		t.Errorf("Inspect = %+v, %v, want alive", found, err)
	}
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if exit := s.exit(); exit.Cause != engine.CauseStopped {
		t.Errorf("exit = %+v, want stopped", exit)
	}
	s.nothingLeft(f)
}

func userExit(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Exit, f)
	if exit := s.exit(); exit.Cause != engine.CauseExited || exit.Code != 3 {
		t.Errorf("exit = %+v, want an exit by user code with code 3", exit)
	}
	if r := s.of(1, engine.EventResult); len(r) != 1 {
		t.Errorf("results: %+v, want one", r)
	}
}

func orphan(t *testing.T, f Fixture) {
	if f.Code.Orphan == "" {
		return // code makes no processes here
	}
	s := started(t, f)
	s.execute(1, f.Code.Orphan, f)
	if r := s.result(1); r.Status != engine.StatusOK {
		t.Fatalf("result = %+v", r)
	}
	if err := s.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	s.exit()
	s.nothingLeft(f)
}

func destroy(t *testing.T, f Fixture) {
	ctx := t.Context()
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	if err := f.Driver.Purge(ctx, s.Known); err == nil {
		t.Error("a running instance was purged")
	}
	for range 2 {
		if err := f.Driver.Destroy(ctx, s.Known); err != nil {
			t.Fatalf("Destroy: %v", err)
		}
		s.nothingLeft(f)
	}
	s.exit()
	s.ended(f.Driver, engine.CauseStopped)
	log, err := f.Driver.Log(ctx, s.Known)
	if err != nil {
		t.Fatalf("Log of a destroyed instance: %v", err)
	}
	log.Close()
	for range 2 {
		if err := f.Driver.Purge(ctx, s.Known); err != nil {
			t.Fatalf("Purge: %v", err)
		}
	}
	if _, err := f.Driver.Inspect(ctx, s.Known); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Inspect after Purge = %v, want ErrNotFound", err)
	}
}

func supervisorKilled(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	if f.Code.Orphan != "" {
		s.execute(2, f.Code.Orphan, f)
		if err := s.in.Interrupt(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s.result(2)
		s.execute(3, f.Code.Hang, f)
		s.output("hanging\n")
	}
	f.KillSupervisor(t, s.ID)
	if exit := s.exit(); exit.Cause != engine.CauseLost {
		t.Errorf("exit = %+v, want lost", exit)
	}
	last := s.seen[len(s.seen)-2]
	if last.Kind != engine.EventResult || last.Status != engine.StatusLost {
		t.Errorf("before the exit came %+v, want the running statement lost", last)
	}
	s.ended(f.Driver, engine.CauseLost)
	s.nothingLeft(f)
	again := attach(t, f.Restart(t), s.Known, 0)
	again.exit()
	if again.story() != s.story() {
		t.Errorf("attached again, received\n%sinstead of\n%s", again.story(), s.story())
	}
}

func supervisorKilledUnseen(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	_ = s.in.Close()
	f.KillSupervisor(t, s.ID)
	d := f.Restart(t)
	found, err := d.Find(t.Context())
	if err != nil || len(found) != 1 || found[0].Alive || found[0].Exit == nil || found[0].Exit.Cause != engine.CauseLost {
		t.Fatalf("Find = %+v, %v, want one, lost", found, err)
	}
	s.nothingLeft(f)
	again := attach(t, d, s.Known, s.seen[len(s.seen)-1].Seq)
	again.exit()
	if r := again.of(1, engine.EventResult); len(r) != 1 || r[0].Status != engine.StatusLost {
		t.Errorf("results: %+v, want one, lost", r)
	}
}

func logHead(t *testing.T, f Fixture) {
	spec := f.Spec(f.id)
	spec.Notes = []string{"granted", "2 cores"}
	s := start(t, f.Driver, spec)
	log, err := f.Driver.Log(t.Context(), s.Known)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	b, err := io.ReadAll(log)
	if err != nil || !strings.HasPrefix(string(b), "granted; 2 cores\n") {
		t.Errorf("the log begins %.80q, %v", b, err)
	}
}
