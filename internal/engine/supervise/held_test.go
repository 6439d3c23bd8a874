package supervise

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/kernel"
)

// What the JVM prints for a statement of Python comes through a pipe of its own, and may come later
// than the result.
func TestResult_ThatWaits_ComesBehindTheOutputOfTheOtherProcess(t *testing.T) {
	text := kernel.Frame{Type: kernel.Stream, Stmt: 1, Name: "stdout", Text: "x"}
	printed := kernel.Frame{Type: kernel.Printed, Stmt: 1}
	ended := kernel.Frame{Type: kernel.Result, Stmt: 1, Status: engine.StatusOK, Wait: true}
	atOnce := ended
	atOnce.Wait = false
	for name, c := range map[string]struct {
		frames []kernel.Frame
		dies   bool // the JVM, after them
		want   string
	}{
		"output before the result":         {[]kernel.Frame{text, printed, ended}, false, "stdout result"},
		"output behind the result":         {[]kernel.Frame{ended, text, printed}, false, "stdout result"},
		"no output":                        {[]kernel.Frame{ended, printed}, false, "result"},
		"a result that does not wait":      {[]kernel.Frame{atOnce, text}, false, "result"},
		"a result that still waits":        {[]kernel.Frame{ended, text}, false, "stdout"},
		"the mark of another statement":    {[]kernel.Frame{ended, {Type: kernel.Printed, Stmt: 2}}, false, ""},
		"the JVM dies before its mark":     {[]kernel.Frame{ended, text}, true, "stdout result"},
		"the mark comes after the release": {[]kernel.Frame{ended, printed, printed}, false, "result"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, err := spool.Create(filepath.Join(t.TempDir(), "spool"))
			if err != nil {
				t.Fatal(err)
			}
			defer kept.Close()
			jvm := &child{Process: Process{Role: "jvm", Dispensable: true}}
			s := &supervisor{
				events: newBroadcast(kept), log: slog.New(slog.DiscardHandler), output: io.Discard,
				children: map[string]*child{"jvm": jvm, "python": {}}, statements: statements{seen: map[int64]bool{}},
			}
			s.startup.ready = true
			s.running, s.meter = &engine.Statement{Number: 1}, newMeter(1<<20)
			for _, f := range c.frames {
				s.onFrame(jvm, f)
			}
			if c.dies {
				s.onEnd(jvm, processEnd{Process: jvm.Process})
			}
			var got []string
			for _, e := range events(t, s.events) {
				switch e.Kind {
				case engine.EventStream:
					got = append(got, e.Stream)
				case engine.EventResult:
					got = append(got, fmt.Sprint(e.Kind))
				}
			}
			if all := strings.Join(got, " "); all != c.want || (s.running == nil) != strings.Contains(c.want, "result") {
				t.Errorf("the events are %q, want %q; running is %v", all, c.want, s.running)
			}
		})
	}
}

// events reads all that a broadcast has kept.
func events(t *testing.T, b *broadcast) []engine.Event {
	r := b.reader(t)
	var all []engine.Event
	for {
		entry, ok, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		var e engine.Event
		if err := json.Unmarshal(entry.Event, &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
}
