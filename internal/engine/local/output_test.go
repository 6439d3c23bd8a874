package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
)

func TestInterrupt_OfCodeThatCatchesIt_SaysThatItGoesOn(t *testing.T) {
	o := startOne(t, t.TempDir(), pythonPlan(t), nil)
	stop := filepath.Join(o.data, "stop")
	code := fmt.Sprintf(`import os, time
while True:
    try:
        print("it catches")
        while not os.path.exists(%q): time.sleep(0.01)
        break
    except KeyboardInterrupt:
        pass
'in the end'`, stop)
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: engine.Python, Code: code}); err != nil {
		t.Fatal(err)
	}
	o.until(engine.EventStream)
	if err := o.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	e := o.until(engine.EventStream)
	for e.Stream == "stdout" {
		e = o.until(engine.EventStream)
	}
	if e.Statement != 1 || e.Stream != "stderr" || !strings.Contains(e.Text, "does not heed the interrupt") {
		t.Errorf("it says %+v", e)
	}
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := o.until(engine.EventResult); r.Status != engine.StatusOK || r.Data["text/plain"] != "'in the end'" {
		t.Errorf("the result is %+v", r)
	}
}

func TestOutput_OfAKernelThatKnowsNoLimit_IsCutOffWithAMark(t *testing.T) {
	limited := func(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
		p, err := localtest.Stub(ctx, s, dir)
		p.Launch.OutputLimit = 1 << 20
		return p, err
	}
	o := startOne(t, t.TempDir(), limited, nil)
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: engine.Python, Code: fmt.Sprint("flood ", 8<<20)}); err != nil {
		t.Fatal(err)
	}
	printed, marks := 0, 0
	for e := range o.in.Events() {
		if e.Kind == engine.EventStream && e.Stream == "stdout" {
			printed += len(e.Text)
		} else if e.Kind == engine.EventStream {
			marks += strings.Count(e.Text, "output truncated after")
		}
		if e.Kind == engine.EventResult {
			break
		}
	}
	if printed > 3<<20 || printed < 2<<20 || marks != 1 {
		t.Errorf("%d bytes are kept, with %d marks", printed, marks)
	}
	if r := o.run(2, engine.Python, "value 2"); r.Data["text/plain"] != "2" {
		t.Errorf("the next statement: %+v", r)
	}
}

func TestLog_OfARunawayProcess_IsBounded(t *testing.T) {
	o := startOne(t, t.TempDir(), pythonPlan(t), nil)
	start, end := fifo(t, o.data, "start"), fifo(t, o.data, "end")
	// In the background, so that it counts for no statement and its limit.
	code := fmt.Sprintf(`import subprocess
_ = subprocess.Popen(["sh", "-c", "cat %s; yes runaway | head -c 200000000; echo done > %s"])`, start, end)
	if r := o.run(1, engine.Python, code); r.Status != engine.StatusOK {
		t.Fatalf("the result is %+v", r)
	}
	if err := os.WriteFile(start, nil, 0); err != nil {
		t.Fatal(err)
	}
	if said, err := os.ReadFile(end); string(said) != "done\n" {
		t.Fatalf("the runaway process says %q, %v", said, err)
	}
	st, err := os.Stat(o.dir.Log())
	if err != nil || st.Size() > 66<<20 || st.Size() < 16<<20 {
		t.Errorf("the log has %d bytes: %v", st.Size(), err)
	}
}

// fifo makes a pipe with a name: who opens one end waits for the other.
func fifo(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
