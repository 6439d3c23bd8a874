package enginetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
)

func executeReports(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Print, f)
	if r := s.result(1); r.Status != engine.StatusOK {
		t.Errorf("result = %+v, want ok", r)
	}
	var kinds []engine.EventKind
	text := ""
	for _, e := range s.seen[1:] {
		if n := len(kinds); e.Kind != engine.EventStarted && (n == 0 || kinds[n-1] != e.Kind) {
			kinds = append(kinds, e.Kind)
		}
		if e.Statement != 1 {
			t.Errorf("an event of statement %d: %+v", e.Statement, e)
		}
		if e.Kind == engine.EventStream && e.Stream == "stdout" {
			text += e.Text
		}
	}
	if got := fmt.Sprint(kinds); got != "[stream result]" || text != "hello\n" {
		t.Errorf("statement ended as %s with output %q", got, text)
	}
	s.execute(2, f.Code.Value, f)
	if r := s.result(2); r.Status != engine.StatusOK || r.Data["text/plain"] != "2" || r.ExecutionCount != 2 {
		t.Errorf("result = %+v, want the value 2 and count 2", r)
	}
}

func executeInOrder(t *testing.T, f Fixture) {
	s := started(t, f)
	const n = 8
	for i := range int64(n) {
		s.execute(i+1, f.Code.Print, f)
	}
	s.result(n)
	at := int64(1)
	for _, e := range s.seen[1:] {
		if e.Statement != at {
			t.Fatalf("an event of %d while %d runs", e.Statement, at)
		}
		if e.Kind == engine.EventResult {
			at++
		}
	}
}

func executeOnce(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	next := attach(t, f.Restart(t), s.Known, s.seen[len(s.seen)-1].Seq)
	next.execute(1, f.Code.Hang, f)
	if err := next.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	next.result(1)
	next.execute(1, f.Code.Hang, f)
	next.execute(2, f.Code.Value, f)
	next.result(2)
	text := ""
	for _, e := range append(s.of(1, engine.EventStream), next.of(1, engine.EventStream)...) {
		text += e.Text
	}
	if text != "hanging\n" {
		t.Errorf("printed %q, want one run of it", text)
	}
}

func executeError(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Raise, f)
	r := s.result(1)
	if r.Status != engine.StatusError || r.Error == nil || r.Error.Name != "ValueError" || r.Error.Value != "boom" || len(r.Error.Traceback) == 0 {
		t.Errorf("result = %+v, error %+v", r, r.Error)
	}
	s.execute(2, f.Code.Value, f)
	if r := s.result(2); r.Status != engine.StatusOK {
		t.Errorf("the next result = %+v, want ok", r)
	}
}

func attachAfter(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Many, f)
	s.execute(2, f.Code.Raise, f)
	s.execute(3, f.Code.Value, f)
	s.result(3)
	total := uint64(len(s.seen))
	d := f.Restart(t)
	for _, after := range []uint64{0, 1, 2, total / 2, total - 1} {
		again := attach(t, d, s.Known, after)
		again.result(3)
		if want := story(s.seen[after:]); again.story() != want {
			t.Errorf("after event %d it received\n%sinstead of\n%s", after, again.story(), want)
		}
	}
}

// acknowledge shows that what was acknowledged may be gone, and the rest may not, and that nothing
// is missing in silence.
func acknowledge(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Many, f)
	s.result(1)
	stored := uint64(len(s.seen))
	if err := s.in.Acknowledge(stored); err != nil {
		t.Fatalf("Acknowledge: %v", err)
	}
	s.execute(2, f.Code.Print, f)
	s.result(2)
	d := f.Restart(t)
	rest := attach(t, d, s.Known, stored)
	rest.result(2)
	if want := story(s.seen[stored:]); rest.story() != want {
		t.Errorf("after what is stored it received\n%sinstead of\n%s", rest.story(), want)
	}
	older, err := d.Attach(t.Context(), s.Known, stored-1)
	switch {
	case errors.Is(err, engine.ErrTrimmed):
	case err != nil:
		t.Errorf("Attach before what is stored = %v, want all events or ErrTrimmed", err)
	default:
		defer func() { _ = older.Close() }()
		if e := <-older.Events(); e.Seq != stored {
			t.Errorf("Attach before what is stored began with %+v", e)
		}
	}
	if err := rest.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	rest.exit()
	all := stored + uint64(len(rest.seen))
	if err := rest.in.Acknowledge(all); err != nil {
		t.Errorf("Acknowledge after the end: %v", err)
	}
	end := attach(t, d, s.Known, all)
	end.exit()
	if len(end.seen) != 1 {
		t.Errorf("after all is stored it received\n%sand not the exit alone", end.story())
	}
}

func attachTwice(t *testing.T, f Fixture) {
	a := started(t, f)
	b := attach(t, f.Driver, a.Known, 0)
	a.execute(1, f.Code.Print, f)
	b.execute(2, f.Code.Print, f)
	a.result(2)
	b.result(2)
	if a.story() != b.story() {
		t.Errorf("one received\n%sthe other\n%s", a.story(), b.story())
	}
}

func sleepingReader(t *testing.T, f Fixture) {
	asleep := started(t, f)
	awake := attach(t, f.Driver, asleep.Known, 0)
	const n = 8 // more than any queue on the way holds
	for i := range int64(n) {
		asleep.execute(i+1, f.Code.Many, f) // the answer must not wait for the reader
	}
	awake.result(n)
	asleep.result(n)
	text := ""
	for _, e := range asleep.of(n, engine.EventStream) {
		text += e.Text
	}
	if lines := strings.Count(text, "\n"); lines != 1000 || !strings.HasSuffix(text, "\n999\n") {
		t.Errorf("the sleeper received %d lines of statement %d", lines, n)
	}
}

func detachWhileRunning(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	if err := s.in.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	err := s.in.Execute(t.Context(), engine.Statement{Number: 2, Language: f.Code.Language, Code: f.Code.Value})
	if !errors.Is(err, engine.ErrDetached) {
		t.Errorf("Execute on a closed connection = %v, want ErrDetached", err)
	}
	next := attach(t, f.Restart(t), s.Known, s.seen[len(s.seen)-1].Seq)
	next.execute(2, f.Code.Print, f)
	if err := next.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if r := next.result(1); r.Status != engine.StatusCancelled {
		t.Errorf("result = %+v, want cancelled", r)
	}
	if r := next.result(2); r.Status != engine.StatusOK {
		t.Errorf("result = %+v, want ok", r)
	}
}

func interruptRunning(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	if err := s.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if r := s.result(1); r.Status != engine.StatusCancelled {
		t.Errorf("result = %+v, want cancelled", r)
	}
	s.execute(2, f.Code.Value, f)
	if r := s.result(2); r.Status != engine.StatusOK {
		t.Errorf("the next result = %+v, want ok", r)
	}
}

func interruptOther(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Value, f)
	s.result(1)
	s.execute(2, f.Code.Hang, f)
	s.output("hanging\n")
	for _, number := range []int64{1, 3} {
		if err := s.in.Interrupt(t.Context(), number); err != nil {
			t.Errorf("Interrupt %d: %v", number, err)
		}
	}
	select {
	case e := <-s.in.Events():
		t.Errorf("interrupting others reported %+v", e)
	default:
	}
	if err := s.in.Interrupt(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s.result(2)
	s.execute(3, f.Code.Value, f)
	if r := s.result(3); r.Status != engine.StatusOK {
		t.Errorf("result = %+v: an interrupt waited for its statement", r)
	}
	if n := len(s.of(1, engine.EventResult)); n != 1 {
		t.Errorf("%d results of 1", n)
	}
}

func interruptWaiting(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.execute(2, f.Code.Print, f)
	s.output("hanging\n")
	if err := s.in.Interrupt(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if r := s.result(2); r.Status != engine.StatusCancelled {
		t.Errorf("result = %+v, want cancelled", r)
	}
	if err := s.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.result(1)
	s.execute(3, f.Code.Value, f)
	s.result(3)
	if n := len(s.of(2, engine.EventStream)); n != 0 {
		t.Error("it ran")
	}
}
