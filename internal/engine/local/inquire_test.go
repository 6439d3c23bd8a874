package local_test

import (
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/local/localtest"
)

func TestComplete_KernelThatDoesNotAnswer_IsEmptyWithinASecondWhileItRuns(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: engine.Python, Code: "hang"}); err != nil {
		t.Fatal(err)
	}
	o.until(engine.EventStarted)
	began := time.Now()
	names, err := o.in.Complete(t.Context(), engine.Python, "deaf", 4)
	if took := time.Since(began); len(names) != 0 || err != nil || took > 5*time.Second {
		t.Errorf("answered %v, %v after %v", names, err, took)
	}
	if names, err := o.in.Complete(t.Context(), engine.Python, "pri", 3); len(names) != 1 || err != nil {
		t.Errorf("the next inquiry is answered %v, %v", names, err)
	}
}
