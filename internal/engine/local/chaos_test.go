package local_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
)

// rounds is how often a stress test repeats itself, by $STRESS.
func rounds(each int) int {
	n, err := strconv.Atoi(os.Getenv("STRESS"))
	if err != nil || n < 1 {
		n = 1
	}
	return n * each
}

// A supervisor may die at any step of its start. Starting again must then work, or say that it is
// gone; and destroying must leave nothing.
func TestChaos_SupervisorDiesWhileStarting_IsRepaired(t *testing.T) {
	data := t.TempDir()
	d := newDriver(t, data, localtest.Stub)
	for i := range rounds(20) {
		id := fmt.Sprintf("chaos-%d-%d", os.Getpid(), i)
		dir := supervise.Dir(filepath.Join(data, "instances", id))
		stop := make(chan bool)
		done := make(chan bool)
		go func() { defer close(done); killEarly(t, id, time.Duration(rand.IntN(40))*time.Millisecond, stop) }()
		handle, err := d.Start(t.Context(), engine.Spec{ID: id})
		close(stop)
		<-done
		if _, again := d.Start(t.Context(), engine.Spec{ID: id}); again != nil && !errors.Is(again, engine.ErrGone) {
			t.Errorf("Start = %v, then %v", err, again)
		}
		if err := d.Destroy(t.Context(), engine.Known{ID: id, Handle: handle}); err != nil {
			t.Errorf("Destroy: %v", err)
		}
		clean(t, dir, id)
	}
}

// killEarly kills what carries the tag, once, after the delay or when stop closes.
func killEarly(t *testing.T, id string, delay time.Duration, stop <-chan bool) {
	select {
	case <-stop:
	case <-time.After(delay):
	}
	tagged, err := proc.Tagged(id)
	if err != nil {
		t.Error(err)
	}
	for _, p := range tagged {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	}
}

// clean fails if a process, a control group or a file of the instance is left that should not be.
func clean(t *testing.T, dir supervise.Dir, id string) {
	t.Helper()
	if tagged, err := proc.Tagged(id); err != nil || len(tagged) > 0 {
		t.Errorf("left over: %v, %v", tagged, err)
	}
	if g, err := proc.FindGroup(supervise.GroupName(id)); g != nil || err != nil {
		t.Errorf("left over: %v, %v", g.Path(), err)
	}
	for _, path := range []string{dir.Run(), dir.Secret(), dir.Launch(), dir.Reserve()} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("left over: %s", path)
		}
	}
}

// Whatever process of an instance dies, and whenever: the events have no gap, each statement that
// was accepted has one result, the exit comes once and last, a replay is the same, and nothing
// is left.
func TestChaos_AnythingDiesWhileRunning_KeepsTheRules(t *testing.T) {
	data := t.TempDir()
	d := newDriver(t, data, localtest.Stub)
	for i := range rounds(20) {
		id := fmt.Sprintf("chaos-%d-%d", os.Getpid(), i)
		handle, err := d.Start(t.Context(), engine.Spec{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		known := engine.Known{ID: id}
		if i%2 == 0 { // a server that died before it stored the handle has none
			known.Handle = handle
		}
		in, err := d.Attach(t.Context(), known, 0)
		if err != nil {
			t.Fatal(err)
		}
		accepted := make(chan int64)
		go func() {
			defer close(accepted)
			for n := int64(1); n <= 200; n++ {
				code := []string{"value 2", "print x", "many", "raise"}[rand.IntN(4)]
				err := in.Execute(context.Background(), engine.Statement{Number: n, Language: engine.Python, Code: code})
				if err != nil {
					return
				}
				accepted <- n
			}
			_ = in.Stop(context.Background(), time.Minute)
		}()
		go killOne(t, id, time.Duration(rand.IntN(150))*time.Millisecond)
		story, last := receive(t, in, accepted)
		check(t, story, last)
		again, err := d.Attach(t.Context(), known, 0)
		if err != nil {
			t.Fatal(err)
		}
		replay, _ := receive(t, again, nil)
		if len(replay) != len(story) {
			t.Errorf("the replay has %d events, received were %d", len(replay), len(story))
		}
		in.Close()
		again.Close()
		if err := d.Destroy(t.Context(), known); err != nil {
			t.Errorf("Destroy: %v", err)
		}
		clean(t, supervise.Dir(filepath.Join(data, "instances", id)), id)
	}
}

// The same while a server acknowledges what it receives: an attached one receives all, and the next
// one, which goes on after the last that was acknowledged, all behind it.
func TestChaos_AnythingDiesWhileEventsAreAcknowledged_LosesNoOther(t *testing.T) {
	d := newDriver(t, t.TempDir(), localtest.Stub)
	for i := range rounds(10) {
		known := engine.Known{ID: fmt.Sprintf("chaos-%d-%d", os.Getpid(), i)}
		if _, err := d.Start(t.Context(), engine.Spec{ID: known.ID}); err != nil {
			t.Fatal(err)
		}
		in, err := d.Attach(t.Context(), known, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= 20; n++ {
			if err := in.Execute(t.Context(), engine.Statement{Number: n, Language: engine.Python, Code: "flood 1000000"}); err != nil {
				break
			}
		}
		go killOne(t, known.ID, time.Duration(rand.IntN(400))*time.Millisecond)
		var story []engine.Event
		stored := uint64(0)
		for e := range in.Events() {
			if e.Seq == 0 {
				continue
			}
			if story = append(story, e); e.Kind != engine.EventExit && rand.IntN(20) == 0 {
				if err := in.Acknowledge(e.Seq); err != nil && !errors.Is(err, engine.ErrDetached) {
					t.Errorf("Acknowledge: %v", err)
				}
				stored = e.Seq
			}
		}
		check(t, story, 0)
		again, err := d.Attach(t.Context(), known, stored)
		if err != nil {
			t.Fatal(err)
		}
		if rest := restOf(t, again); len(rest) != len(story)-int(stored) || rest[0].Seq != stored+1 {
			t.Errorf("after %d of %d events the next server received %d", stored, len(story), len(rest))
		}
		in.Close()
		again.Close()
		if err := d.Destroy(t.Context(), known); err != nil {
			t.Errorf("Destroy: %v", err)
		}
	}
}

// killOne kills one process of the instance, whichever.
func killOne(t *testing.T, id string, delay time.Duration) {
	<-time.After(delay)
	tagged, err := proc.Tagged(id)
	if err != nil || len(tagged) == 0 {
		return
	}
	if err := tagged[rand.IntN(len(tagged))].Kill(); err != nil {
		t.Error(err)
	}
}

// receive reads all kept events to the end, and the number of the last statement that was accepted.
func receive(t *testing.T, in engine.Instance, accepted <-chan int64) (story []engine.Event, last int64) {
	t.Helper()
	limit := time.After(enginetest.Patience)
	for {
		select {
		case n, open := <-accepted:
			if open {
				last = n
			} else {
				accepted = nil
			}
		case e, open := <-in.Events():
			if open && e.Seq > 0 {
				story = append(story, e)
			}
			if !open {
				if accepted != nil {
					for n := range accepted {
						last = n
					}
				}
				return story, last
			}
		case <-limit:
			t.Fatalf("no end after %d events", len(story))
		}
	}
}

func check(t *testing.T, story []engine.Event, accepted int64) {
	t.Helper()
	results := map[int64]int{}
	for i, e := range story {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d is numbered %d", i+1, e.Seq)
		}
		if e.Kind == engine.EventResult {
			results[e.Statement]++
		}
		if last := i == len(story)-1; (e.Kind == engine.EventExit) != last {
			t.Fatalf("event %d of %d is %s", i+1, len(story), e.Kind)
		}
	}
	for n := int64(1); n <= accepted; n++ {
		if results[n] != 1 {
			t.Errorf("statement %d of %d has %d results", n, accepted, results[n])
		}
	}
}
