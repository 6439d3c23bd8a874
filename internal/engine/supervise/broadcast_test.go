package supervise

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
)

func newTestBroadcast(t *testing.T) *broadcast {
	t.Helper()
	s, err := spool.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return newBroadcast(s)
}

func keep(t *testing.T, f *broadcast, kind engine.EventKind) {
	t.Helper()
	if err := f.keep(engine.Event{Kind: kind, Statement: 1}); err != nil {
		t.Fatal(err)
	}
}

// reader returns a reader of all that is kept.
func (b *broadcast) reader(t *testing.T) *reader {
	t.Helper()
	r, err := b.subscribe(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.leave)
	return r
}

// readAll reads what there is now.
func (r *reader) readAll(t *testing.T) []engine.EventKind {
	t.Helper()
	var kinds []engine.EventKind
	for {
		entry, ok, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return kinds
		}
		var e engine.Event
		if err := json.Unmarshal(entry.Event, &e); err != nil || entry.Exit != (e.Kind == engine.EventExit) {
			t.Fatalf("%s, %v, %v", entry.Event, entry.Exit, err)
		}
		kinds = append(kinds, e.Kind)
	}
}

func wantKinds(t *testing.T, got []engine.EventKind, want ...engine.EventKind) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("read %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("read %v, want %v", got, want)
		}
	}
}

func TestBroadcast_Progress_ComesAfterWhatIsKept(t *testing.T) {
	f := newTestBroadcast(t)
	r := f.reader(t)
	f.show(engine.Event{Kind: engine.EventProgress, Statement: 1, Progress: 0.1})
	f.show(engine.Event{Kind: engine.EventProgress, Statement: 1, Progress: 0.2})
	keep(t, f, engine.EventStream)
	wantKinds(t, r.readAll(t), engine.EventStream, engine.EventProgress)
}

func TestBroadcast_Progress_IsForgottenWithItsStatement(t *testing.T) {
	f := newTestBroadcast(t)
	r := f.reader(t)
	keep(t, f, engine.EventStream)
	f.show(engine.Event{Kind: engine.EventProgress, Statement: 1, Progress: 0.5})
	keep(t, f, engine.EventResult)
	wantKinds(t, r.readAll(t), engine.EventStream, engine.EventResult)
}

func TestBroadcast_LateReader_ReceivesTheNewestPhase(t *testing.T) {
	f := newTestBroadcast(t)
	f.show(engine.Event{Kind: engine.EventPhase, Text: "one"})
	f.show(engine.Event{Kind: engine.EventPhase, Text: "two"})
	wantKinds(t, f.reader(t).readAll(t), engine.EventPhase)
	keep(t, f, engine.EventReady)
	wantKinds(t, f.reader(t).readAll(t), engine.EventReady)
}

// A server that comes back must not show less than the one before it did.
func TestBroadcast_LateReader_ReceivesTheNewestProgress(t *testing.T) {
	f := newTestBroadcast(t)
	keep(t, f, engine.EventStream)
	f.show(engine.Event{Kind: engine.EventProgress, Statement: 1, Progress: 0.5})
	wantKinds(t, f.reader(t).readAll(t), engine.EventStream, engine.EventProgress)
	keep(t, f, engine.EventResult)
	wantKinds(t, f.reader(t).readAll(t), engine.EventStream, engine.EventResult)
}

func TestStartup_Progress_NeverFalls(t *testing.T) {
	st := newStartup(Launch{Processes: []Process{
		{Role: "jvm"}, {Role: "python", Before: []Step{{Name: "modules"}}},
	}}, func() {})
	defer st.stall.Stop()
	last := 0.0
	for _, m := range []struct {
		part  string
		value float64
	}{{"jvm", 0.5}, {"modules", 0.5}, {"jvm", 0.2}, {"modules", 1}, {"python", 7}, {"jvm", 1}} {
		got := st.moved(m.part, "", m.value)
		if got < last || got > 1 {
			t.Errorf("after %s %v the progress is %v, before %v", m.part, m.value, got, last)
		}
		last = got
	}
	if last != 1 {
		t.Errorf("at the end the progress is %v", last)
	}
}

func TestStartup_NoProgress_Stalls(t *testing.T) {
	stalled := make(chan bool)
	newStartup(Launch{Processes: []Process{{Role: "python"}}, Stall: time.Millisecond}, func() { close(stalled) })
	<-stalled
}

func TestMerge_Infos_KeepWhatEachKnows(t *testing.T) {
	a := engine.Info{Cores: 2, MemoryMB: 512}
	a = merge(a, engine.Info{PythonVersion: "3.11"})
	a = merge(a, engine.Info{SparkVersion: "3.5", UISecret: "s", Cores: 9})
	want := engine.Info{Cores: 2, MemoryMB: 512, PythonVersion: "3.11", SparkVersion: "3.5", UISecret: "s"}
	if a != want {
		t.Errorf("merged %+v, want %+v", a, want)
	}
}
