package local_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
	"hearth/internal/session"
)

// keptBytes returns the size of the events that an instance keeps.
func keptBytes(t *testing.T, dir supervise.Dir) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir.Spool(), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// segments returns the paths of the files of an instance's spool, the newest first.
func segments(t *testing.T, dir supervise.Dir) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir.Spool(), "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("segments: %v, %v", paths, err)
	}
	slices.Reverse(paths)
	return paths
}

func TestManager_FloodOfOutputThatIsStored_LeavesASmallSpool(t *testing.T) {
	const flood = 64 << 20
	data := t.TempDir()
	m := managedIn(t, data, changed(func(l *supervise.Launch) { l.OutputLimit = 2 * flood }))
	ctx, cancel := context.WithTimeout(t.Context(), enginetest.Patience)
	defer cancel()
	s, err := m.Create(ctx, session.NewSession{
		Ref:  session.Ref{Dialect: "glue", ExternalID: "floods"},
		Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python}},
	})
	if err != nil {
		t.Fatal(err)
	}
	await := func(what string, fits func(session.Session) bool) {
		t.Helper()
		if got, err := m.Await(ctx, s.Ref, fits); err != nil {
			t.Fatalf("%s: the session is %s, %v", what, got.State, err)
		}
	}
	await("start", func(s session.Session) bool { return s.State == session.StateIdle })
	if _, err := m.Run(ctx, s.Ref, session.NewStatement{Code: fmt.Sprint("flood ", flood)}); err != nil {
		t.Fatal(err)
	}
	await("flood", func(s session.Session) bool { return s.State == session.StateIdle && s.Applied > 1 })
	dir := supervise.Dir(filepath.Join(data, "instances", s.Spec.ID))
	if kept := keptBytes(t, dir); kept > 8<<20 {
		t.Errorf("%d bytes of events are kept while the session lives", kept)
	}
	if _, err := m.End(ctx, s.Ref); err != nil {
		t.Fatal(err)
	}
	await("end", func(s session.Session) bool { return s.State == session.StateEnded })
	if kept := keptBytes(t, dir); kept > 8<<20 {
		t.Errorf("%d bytes of events are kept after the end", kept)
	}
}

// The acceptances of both statements are in the first segment, which is given up while they run.
func TestSupervisorKilled_AfterItsSpoolWasTrimmed_TellsWhatIsNotAcknowledged(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	for n, code := range []string{fmt.Sprint("flood ", 8<<20), "hang"} {
		if err := o.in.Execute(t.Context(), engine.Statement{Number: int64(n + 1), Language: engine.Python, Code: code}); err != nil {
			t.Fatal(err)
		}
	}
	o.until(engine.EventResult)
	stored := o.until(engine.EventStream)
	if err := o.in.Acknowledge(stored.Seq); err != nil {
		t.Fatal(err)
	}
	// Requests are answered in their order.
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 3, Language: engine.Python, Code: "value 1"}); err != nil {
		t.Fatal(err)
	}
	if kept := keptBytes(t, o.dir); kept > 3<<20 {
		t.Errorf("%d bytes of events are kept", kept)
	}
	killed(t, record(t, o.dir).Self)
	rest := restOf(t, o.in)
	known := engine.Known{ID: o.id}
	again, err := o.d.Attach(t.Context(), known, stored.Seq)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for what, events := range map[string][]engine.Event{"the connection": rest, "the next one": restOf(t, again)} {
		if len(events) != 3 || events[0].Seq != stored.Seq+1 || events[0].Statement != 2 || events[0].Status != engine.StatusLost ||
			events[1].Statement != 3 || events[1].Status != engine.StatusLost || events[2].Kind != engine.EventExit {
			t.Errorf("%s received %+v, want that 2 and 3 are lost, and the exit", what, events)
		}
	}
	if in, err := o.d.Attach(t.Context(), known, 1); !errors.Is(err, engine.ErrTrimmed) {
		t.Errorf("Attach before what is kept = %v, %v, want ErrTrimmed", in, err)
	}
}

// restOf reads the events to their end.
func restOf(t *testing.T, in engine.Instance) []engine.Event {
	t.Helper()
	events, _ := receive(t, in, nil)
	return events
}
