package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"hearth/internal/engine"
)

func TestInvalidError_Wrapped_IsErrInvalidAndKeepsItsText(t *testing.T) {
	inner := errors.New("no such file")
	err := fmt.Errorf("start i-1: %w", &engine.InvalidError{Text: "the runtime cannot be used", Err: inner})
	e, ok := errors.AsType[*engine.InvalidError](err)
	if !ok || e.Text != "the runtime cannot be used" || !errors.Is(err, engine.ErrInvalid) || !errors.Is(err, inner) {
		t.Errorf("%v has lost its kind, its text or its cause", err)
	}
	if got, want := engine.Invalidf("no kind %q", "egg").Error(), `engine: invalid spec: no kind "egg"`; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
}
