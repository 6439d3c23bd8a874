package main

import (
	"testing"
	"time"

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

func TestSessionList_OfASession_SaysWhoAndForHowLong(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	ended := ago(time.Hour)
	for _, c := range []struct {
		s                  server.AdminSession
		owner, lived, idle string
	}{
		{server.AdminSession{Owner: "ann", State: "idle", CreatedAt: ago(3 * time.Hour), ActiveAt: ago(time.Minute)}, "ann", "3h0m0s", "1m0s"},
		{server.AdminSession{State: "busy", CreatedAt: ago(time.Minute), ActiveAt: ago(time.Second)}, "-", "1m0s", "-"},
		{server.AdminSession{Owner: "a\tb\x1b[31m", State: "ended", CreatedAt: ago(2 * time.Hour), EndedAt: &ended}, `a\tb\x1b[31m`, "1h0m0s", "-"},
	} {
		if owner, lived, idle := ownerOf(c.s), lived(c.s), idle(c.s); owner != c.owner || lived != c.lived || idle != c.idle {
			t.Errorf("%+v: %q, %q, %q", c.s, owner, lived, idle)
		}
	}
}
