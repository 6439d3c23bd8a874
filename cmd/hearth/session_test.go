package main

import (
	"testing"

	"hearth/internal/server"
)

func TestStateOf_ASession_NamesTheCauseWhereItSaysMore(t *testing.T) {
	for _, c := range []struct{ state, cause, want string }{
		{"idle", "", "idle"},
		{"stopping", "stopped", "stopping"},
		{"stopping", "idle_timeout", "stopping (idle_timeout)"},
		{"ended", "stopped", "ended (stopped)"},
		{"ended", "crashed", "ended (crashed)"},
	} {
		if got := stateOf(server.AdminSession{State: c.state, Cause: c.cause}); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.state, c.cause, got, c.want)
		}
	}
}
