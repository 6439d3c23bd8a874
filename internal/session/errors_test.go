package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/session"
)

func TestAsError_EachError_HasItsKindAndAText(t *testing.T) {
	secret := errors.New("inner secret")
	own := &session.Error{Kind: session.Conflict, Reason: session.ReasonState, Msg: "It is idle.", Err: context.DeadlineExceeded}
	for _, c := range []struct {
		err  error
		kind session.Kind
		msg  string
	}{
		{fmt.Errorf("run: %w", own), session.Conflict, "It is idle."},
		{fmt.Errorf("start: %w", &engine.InvalidError{Text: "no such runtime", Err: secret}), session.Invalid, "no such runtime"},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), session.Timeout, "The operation took too long."},
		{context.Canceled, session.Internal, "an internal error occurred"},
		{secret, session.Internal, "an internal error occurred"},
	} {
		if e := session.AsError(c.err); e.Kind != c.kind || e.Msg != c.msg || !errors.Is(e, errors.Unwrap(c.err)) && !errors.Is(e, c.err) {
			t.Errorf("%v is %q: %q, want %q: %q", c.err, e.Kind, e.Msg, c.kind, c.msg)
		}
	}
}

func TestError_Is_MatchesItsKindItsReasonAndWhatItWraps(t *testing.T) {
	err := fmt.Errorf("cancel: %w", &session.Error{Kind: session.Conflict, Reason: session.ReasonState, Err: context.Canceled})
	for _, want := range []error{session.Conflict, session.ReasonState, context.Canceled} {
		if !errors.Is(err, want) {
			t.Errorf("%v is not %v", err, want)
		}
	}
	for _, other := range []error{session.Invalid, session.ReasonQueue, session.Reason("")} {
		if errors.Is(err, other) {
			t.Errorf("%v is %v", err, other)
		}
	}
}
