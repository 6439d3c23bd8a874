package enginetest

import (
	"errors"
	"strings"
	"testing"

	"hearth/internal/engine"
)

func addFiles(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	for range 2 {
		if err := s.in.Upload(t.Context(), engine.FilePython, "module.py", strings.NewReader("x = 1\n")); err != nil {
			t.Errorf("Upload while a statement runs: %v", err)
		}
	}
	if err := s.in.AddFile(t.Context(), "egg", "/x"); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("AddFile of an unknown kind: %v, want ErrInvalid", err)
	}
	if err := s.in.Stop(t.Context(), Patience); err != nil {
		t.Fatal(err)
	}
	s.exit()
	s.nothingLeft(f)
	if err := s.in.AddFile(t.Context(), engine.FilePython, "/x"); !errors.Is(err, engine.ErrGone) {
		t.Errorf("AddFile after the end: %v, want ErrGone", err)
	}
}
