package session

import (
	"fmt"
	"log/slog"
	"testing"

	"hearth/internal/engine"
)

func TestRefusalText_OfWhatTheEngineSays_IsForTheClientAlone(t *testing.T) {
	for _, c := range []struct {
		why  error
		want string
	}{
		{fmt.Errorf("instance i-1: execute 1: %w", engine.Invalidf("the code is too long")), "The statement was refused: the code is too long."},
		{fmt.Errorf("instance i-1: execute 1: %w: r", engine.ErrUnsupported), "The statement was refused: the session does not run its language."},
	} {
		if got := refusalText(c.why); got != c.want {
			t.Errorf("%v: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestLevelOf_AChangeThatEveryStatementMakes_IsForDebugging(t *testing.T) {
	for _, c := range []struct {
		from, to State
		want     slog.Level
	}{
		{StateIdle, StateBusy, slog.LevelDebug},
		{StateBusy, StateIdle, slog.LevelDebug},
		{"", StateStarting, slog.LevelInfo},
		{StateStarting, StateIdle, slog.LevelInfo},
		{StateBusy, StateStopping, slog.LevelInfo},
		{StateBusy, StateEnded, slog.LevelInfo},
		{StateIdle, StateDegraded, slog.LevelInfo},
	} {
		if got := levelOf(c.from, c.to); got != c.want {
			t.Errorf("from %q to %q: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
