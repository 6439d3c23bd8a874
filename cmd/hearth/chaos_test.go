package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// stress returns $STRESS, by which `make full` repeats what `make test` does once; 1 if unset.
func stress() int {
	n, err := strconv.Atoi(os.Getenv("STRESS"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func TestServer_KilledAgainAndAgain_EverySessionAndStatementSurvives(t *testing.T) {
	sessions := 5 * min(stress(), 10)
	c := newCrowd(t, "-keep-sessions")
	var users []*user
	for i := range sessions {
		users = append(users, c.join(fmt.Sprint("u", i)))
	}
	for range 10 * stress() {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		_ = c.server.Load().end(syscall.SIGKILL)
		c.start()
	}
	ended, accepted := c.leave(users)
	if ended > 0 {
		t.Errorf("%d of %d sessions ended", ended, sessions)
	}
	t.Logf("%d sessions, %d restarts, %d statements", sessions, 10*stress(), accepted)
}
