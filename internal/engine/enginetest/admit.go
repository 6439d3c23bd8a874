package enginetest

import (
	"errors"
	"reflect"
	"testing"

	"hearth/internal/engine"
)

func admitRefused(t *testing.T, f Fixture) {
	_, err := f.Driver.Admit(t.Context(), f.Refused())
	if e, ok := errors.AsType[*engine.InvalidError](err); !ok || e.Text == "" {
		t.Errorf("Admit = %v, want an InvalidError with a text for the client", err)
	}
}

func admitAgain(t *testing.T, f Fixture) {
	first, err := f.Driver.Admit(t.Context(), f.Spec(""))
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Driver.Admit(t.Context(), first)
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("admitted again it is %+v, %v, want %+v", again, err, first)
	}
}

func footprint(t *testing.T, f Fixture) {
	spec, err := f.Driver.Admit(t.Context(), f.Spec(""))
	if err != nil {
		t.Fatal(err)
	}
	last := f.Driver.Footprint(spec.Launch)
	if last < 0 {
		t.Errorf("an instance takes %d MiB", last)
	}
	for _, mb := range []int{512, 2048, 16384} {
		spec.Launch.MemoryMB, spec.Launch.DriverMB = mb, mb
		now := f.Driver.Footprint(spec.Launch)
		if now < last && mb > 512 || f.Driver.Footprint(spec.Launch) != now {
			t.Errorf("with %d MiB it takes %d MiB, with less it took %d", mb, now, last)
		}
		last = now
	}
}

func measure(t *testing.T, f Fixture) {
	if u, err := f.Driver.Measure(t.Context(), []engine.Known{{ID: f.id}}); err != nil || u.MemoryBytes != 0 {
		t.Errorf("an instance that never was takes %+v, %v", u, err)
	}
	s := started(t, f)
	if u, err := s.d.Measure(t.Context(), []engine.Known{s.Known}); err != nil || u.MemoryBytes < 1<<20 || u.SpoolBytes < 0 {
		t.Errorf("an instance that runs takes %+v, %v", u, err)
	}
	if err := s.d.Destroy(t.Context(), s.Known); err != nil {
		t.Fatal(err)
	}
	if u, err := s.d.Measure(t.Context(), []engine.Known{s.Known}); err != nil || u.MemoryBytes != 0 {
		t.Errorf("an instance that has ended takes %+v, %v", u, err)
	}
}

func kept(t *testing.T, f Fixture) {
	if n, err := f.Driver.Kept(t.Context(), engine.Known{ID: f.id}); n != 0 || err != nil {
		t.Errorf("of an instance that never was %d bytes are kept, %v", n, err)
	}
	s := started(t, f)
	s.execute(1, f.Code.Print, f)
	s.result(1)
	if err := s.d.Destroy(t.Context(), s.Known); err != nil {
		t.Fatal(err)
	}
	before, err := s.d.Kept(t.Context(), s.Known)
	if before <= 0 || err != nil {
		t.Errorf("of a destroyed instance %d bytes are kept, %v", before, err)
	}
	d := f.Restart(t)
	if n, err := d.Kept(t.Context(), s.Known); n != before || err != nil {
		t.Errorf("after a restart %d bytes are kept, %v, want %d", n, err, before)
	}
	if err := d.Purge(t.Context(), s.Known); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Kept(t.Context(), s.Known); n != 0 || err != nil {
		t.Errorf("of a purged instance %d bytes are kept, %v", n, err)
	}
}
