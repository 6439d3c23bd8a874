package fake

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
)

func TestInstance_DisconnectedAndAttachedAgain_RunsEachStatementOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Config{Behave: func(engine.Spec) Behaviour { return Behaviour{ReadyAfter: 3 * time.Second} }})
		defer d.Close()
		ctx := t.Context()
		if _, err := d.Start(ctx, engine.Spec{ID: "i"}); err != nil {
			t.Fatal(err)
		}
		first, err := d.Attach(ctx, engine.Known{ID: "i"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		script := engine.Statement{Number: 1, Code: "print a; sleep 1h; value 2"}
		if err := first.Execute(ctx, script); err != nil {
			t.Fatal(err)
		}
		for e := range first.Events() {
			if e.Kind == engine.EventStream {
				break
			}
		}
		d.Disconnect("i")
		if err := first.Execute(ctx, script); err == nil {
			t.Error("a cut connection still executes")
		}
		second, err := d.Attach(ctx, engine.Known{ID: "i"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Execute(ctx, script); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var kinds []engine.EventKind
		for e := range second.Events() {
			kinds = append(kinds, e.Kind)
			if e.Kind == engine.EventResult {
				if e.Data["text/plain"] != "2" || e.Status != engine.StatusOK {
					t.Errorf("result = %+v", e)
				}
				second.Stop(ctx, time.Minute)
			}
		}
		if took := time.Since(began); took != time.Hour {
			t.Errorf("took %v of fake time, want 1h", took)
		}
		if got := d.Ran("i"); len(got) != 1 {
			t.Errorf("ran %v, want statement 1 once", got)
		}
		if last := kinds[len(kinds)-1]; last != engine.EventExit {
			t.Errorf("last event is %s", last)
		}
	})
}

func TestPlay_Script_ComesToItsOutcome(t *testing.T) {
	for _, c := range []struct {
		code   string
		status engine.Status
		exit   engine.Cause
	}{
		{"value 2", engine.StatusOK, ""},
		{"error ValueError boom", engine.StatusError, ""},
		{"1 + 1", engine.StatusError, ""},
		{"degrade", engine.StatusLost, ""},
		{"crash", engine.StatusLost, engine.CauseCrashed},
		{"exit 4", engine.StatusLost, engine.CauseExited},
		{"oom", engine.StatusLost, engine.CauseOutOfMemory},
	} {
		t.Run(c.code, func(t *testing.T) {
			d := New(Config{})
			defer d.Close()
			if _, err := d.Start(t.Context(), engine.Spec{ID: "i"}); err != nil {
				t.Fatal(err)
			}
			in, err := d.Attach(t.Context(), engine.Known{ID: "i"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if err := in.Execute(t.Context(), engine.Statement{Number: 1, Code: c.code}); err != nil {
				t.Fatal(err)
			}
			for e := range in.Events() {
				if e.Kind == engine.EventResult && e.Status != c.status {
					t.Errorf("status = %s, want %s", e.Status, c.status)
				}
				if e.Kind == engine.EventResult && c.exit == "" {
					return
				}
				if e.Kind == engine.EventExit && e.Exit.Cause != c.exit {
					t.Errorf("cause = %s, want %s", e.Exit.Cause, c.exit)
				}
			}
		})
	}
}

func TestOpen_KilledWhileAStatementRuns_GoesOnAndReportsNothingTwice(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		open := func() *Driver {
			d, err := Open(dir, Config{})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := open()
		handle, err := d.Start(t.Context(), engine.Spec{ID: "i"})
		if err != nil {
			t.Fatal(err)
		}
		known := engine.Known{ID: "i", Handle: handle}
		in, err := d.Attach(t.Context(), known, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n, code := range []string{"value 1", "print a; sleep 1h; print b", "value 3"} {
			if err := in.Execute(t.Context(), engine.Statement{Number: int64(n + 1), Code: code}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		d.Kill()
		// The kill may come in the middle of a record.
		f, err := os.OpenFile(d.journalPath("i"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"event":{"se`); err != nil {
			t.Fatal(err)
		}
		f.Close()

		d = open()
		defer d.Close()
		if in, err = d.Attach(t.Context(), known, 0); err != nil {
			t.Fatal(err)
		}
		var told []string
		for e := range in.Events() {
			told = append(told, fmt.Sprint(e.Seq, " ", e.Kind, " ", e.Statement, " ", e.Text+e.Data["text/plain"]))
			if e.Kind == engine.EventResult && e.Statement == 3 {
				break
			}
		}
		want := []string{"1 ready 0 ", "2 result 1 1", "3 stream 2 a\n", "4 stream 2 b\n", "5 result 2 ", "6 result 3 3"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if ran := d.Ran("i"); !slices.Equal(ran, []int64{1, 2, 3}) {
			t.Errorf("ran %v", ran)
		}
	})
}

func TestKnown_HandleOfAnother_IsRefused(t *testing.T) {
	d := New(Config{})
	defer d.Close()
	if _, err := d.Start(t.Context(), engine.Spec{ID: "i"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Inspect(t.Context(), engine.Known{ID: "i", Handle: handle("j")}); err == nil {
		t.Error("another's handle found the instance")
	}
}
