package enginetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"hearth/internal/engine"
)

// inquirySoon is how long an answer may take while a statement runs: an empty one comes within a
// second, the rest is for a slow machine.
const inquirySoon = 10 * time.Second

func completeIdle(t *testing.T, f Fixture) {
	s := started(t, f)
	code := f.Code.Part + "\nñ"
	names, err := s.in.Complete(t.Context(), f.Code.Language, code, utf8.RuneCountInString(f.Code.Part))
	if err != nil || !slices.Contains(names, f.Code.Whole) {
		t.Errorf("%q goes on with %q, %v, want %q", f.Code.Part, names, err, f.Code.Whole)
	}
	about, err := s.in.Describe(t.Context(), f.Code.Language, f.Code.Whole, utf8.RuneCountInString(f.Code.Whole))
	if err != nil || about["text/plain"] == "" {
		t.Errorf("%q is described as %q, %v", f.Code.Whole, about, err)
	}
	s.execute(1, f.Code.Value, f)
	s.result(1)
	if slices.ContainsFunc(s.seen[1:], func(e engine.Event) bool { return e.Statement != 1 }) {
		t.Errorf("the inquiries are among the events:\n%s", s.story())
	}
}

func completeBusy(t *testing.T, f Fixture) {
	s := started(t, f)
	s.execute(1, f.Code.Hang, f)
	s.output("hanging\n")
	ctx, cancel := context.WithTimeout(t.Context(), inquirySoon)
	defer cancel()
	if _, err := s.in.Complete(ctx, f.Code.Language, f.Code.Part, utf8.RuneCountInString(f.Code.Part)); err != nil {
		t.Errorf("Complete: %v", err)
	}
	if _, err := s.in.Describe(ctx, f.Code.Language, f.Code.Whole, utf8.RuneCountInString(f.Code.Whole)); err != nil {
		t.Errorf("Describe: %v", err)
	}
	if err := s.in.Interrupt(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if r := s.result(1); r.Status != engine.StatusCancelled {
		t.Errorf("result = %+v, want cancelled", r)
	}
}

func completeUnsupported(t *testing.T, f Fixture) {
	s := started(t, f)
	if _, err := s.in.Complete(t.Context(), "cobol", "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("Complete: %v, want ErrUnsupported", err)
	}
	if _, err := s.in.Describe(t.Context(), "cobol", "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("Describe: %v, want ErrUnsupported", err)
	}
}

func completeEnded(t *testing.T, f Fixture) {
	s := started(t, f)
	if err := s.in.Stop(t.Context(), Patience); err != nil {
		t.Fatal(err)
	}
	s.exit()
	if _, err := s.in.Complete(t.Context(), f.Code.Language, "x", 1); !errors.Is(err, engine.ErrGone) {
		t.Errorf("Complete: %v, want ErrGone", err)
	}
}
