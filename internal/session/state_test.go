package session_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/session"
)

func TestNext_AnySequenceOfEvents_StaysInTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, ended := session.StateStarting, false
		for _, e := range rapid.SliceOf(rapid.SampledFrom(session.Triggers())).Draw(t, "triggers") {
			next, err := session.Next(state, e)
			if !slices.Contains(session.States(), next) {
				t.Fatalf("%s + %s gave the unknown state %q", state, e, next)
			}
			if err != nil && (next != state || !errors.Is(err, session.Conflict)) {
				t.Fatalf("a refused event changed %s to %s, or is no conflict: %v", state, next, err)
			}
			if ended && err == nil {
				t.Fatalf("an ended session took %s", e)
			}
			if state == session.StateStopping && err == nil && next != session.StateStopping && next != session.StateEnded {
				t.Fatalf("a stopping session came back as %s", next)
			}
			state, ended = next, next == session.StateEnded
		}
	})
}

func TestNext_EveryLiveState_CanBeStoppedAndCanExit(t *testing.T) {
	for _, s := range session.LiveStates() {
		if next, err := session.Next(s, session.TriggerStop); err != nil || next != session.StateStopping {
			t.Errorf("%s + stop = %s, %v", s, next, err)
		}
		if next, err := session.Next(s, session.TriggerExit); err != nil || next != session.StateEnded {
			t.Errorf("%s + exit = %s, %v", s, next, err)
		}
	}
}

func TestNext_OnlyReadySessions_TakeStatements(t *testing.T) {
	for _, s := range session.States() {
		_, err := session.Next(s, session.TriggerRun)
		if (err == nil) != s.Runnable() {
			t.Errorf("%s: runnable %t, run says %v", s, s.Runnable(), err)
		}
	}
}
