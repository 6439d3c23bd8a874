package local_test

import (
	"os"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise/proc"
)

func TestHandle_RecordOfTheDirectoryIsLost_LeadsToTheInstance(t *testing.T) {
	data := t.TempDir()
	o := startOne(t, data, localtest.Stub, nil)
	o.until(engine.EventReady)
	found, err := o.d.Inspect(t.Context(), engine.Known{ID: o.id})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(o.dir.Record()); err != nil {
		t.Fatal(err)
	}
	o.d = newDriver(t, data, localtest.Stub)
	if found, err := o.d.Inspect(t.Context(), found.Known()); err != nil || !found.Alive || len(found.Handle) == 0 {
		t.Fatalf("Inspect = %+v, %v, want alive", found, err)
	}
	if o.in, err = o.d.Attach(t.Context(), found.Known(), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.in.Close() })
	if r := o.run(1, engine.Python, "value 2"); r.Data["text/plain"] != "2" {
		t.Errorf("result = %+v", r)
	}
}

func TestHandle_DirectoryIsGone_DestroyEndsEveryProcess(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	found, err := o.d.Inspect(t.Context(), engine.Known{ID: o.id})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(string(o.dir)); err != nil {
		t.Fatal(err)
	}
	if err := newDriver(t, o.data, localtest.Stub).Destroy(t.Context(), found.Known()); err != nil {
		t.Fatal(err)
	}
	if left, err := proc.Tagged(o.id); err != nil || len(left) != 0 {
		t.Errorf("left over: %+v, %v", left, err)
	}
}

func TestHandle_Unreadable_FindsTheInstanceByItsDirectory(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	for _, h := range []string{"{", `{"version":1,"record":{"id":"another"}}`} {
		found, err := o.d.Inspect(t.Context(), engine.Known{ID: o.id, Handle: engine.Handle(h)})
		if err != nil || !found.Alive {
			t.Errorf("Inspect with handle %s = %+v, %v, want alive", h, found, err)
		}
	}
}
