package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine/supervise/proc"
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

func TestServer_SignalsAtRandom_NothingIsLostAndNothingIsLeft(t *testing.T) {
	c := newCrowd(t, "-keep-sessions")
	var users []*user
	for i := range 3 {
		users = append(users, c.join(fmt.Sprint("u", i)))
	}
	killed, signals := 0, 0
	end := time.Now().Add(time.Duration(stress()) * time.Minute)
	for again := true; again; again = signals < 20 || stress() > 1 && time.Now().Before(end) {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		signals++
		if rand.IntN(3) > 0 {
			c.hitServer()
		} else {
			killed += c.hitInstance()
		}
	}
	ended, accepted := c.leave(users)
	if ended > killed {
		t.Errorf("%d sessions ended, but in %d only a process was killed", ended, killed)
	}
	t.Logf("%d signals, %d processes killed, %d sessions ended, %d statements", signals, killed, ended, accepted)
}

// hitServer sends the server a signal, and starts another if it ended by that.
func (c *crowd) hitServer() {
	p := c.server.Load()
	switch signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGTERM}[rand.IntN(5)]; signal {
	case syscall.SIGKILL:
		_ = p.end(signal)
		c.start()
	case syscall.SIGHUP, syscall.SIGTERM:
		if err := p.end(signal); err != nil {
			c.t.Errorf("%v ended the server with %v, want an end in order", signal, err)
		}
		c.start()
	case syscall.SIGSTOP:
		c.suspend(p.cmd.Process.Pid)
	default:
		c.send(p.cmd.Process.Pid, signal)
	}
}

// hitInstance sends a process of any instance a signal, and returns how many it killed.
func (c *crowd) hitInstance() int {
	ids := c.instances()
	tagged, err := proc.Tagged(ids[rand.IntN(len(ids))])
	if err != nil {
		c.t.Error(err)
	}
	if len(tagged) == 0 {
		return 0
	}
	victim := tagged[rand.IntN(len(tagged))]
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", victim.PID))
	if err != nil {
		return 0 // it has ended
	}
	if signal := rand.IntN(4); signal == 0 {
		if err := victim.Kill(); err != nil {
			c.t.Error(err)
		}
		return 1
	} else if signal == 1 || !strings.Contains(string(command), "supervise") {
		c.suspend(victim.PID)
		return 0
	}
	// What ends with a terminal is not for a supervisor.
	c.send(victim.PID, []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE}[rand.IntN(3)])
	return 0
}

// suspend stops a process for a moment.
func (c *crowd) suspend(pid int) {
	c.send(pid, syscall.SIGSTOP)
	time.Sleep(time.Duration(rand.IntN(600)) * time.Millisecond)
	c.send(pid, syscall.SIGCONT)
}

// send sends a signal to a process that may have ended.
func (c *crowd) send(pid int, signal syscall.Signal) {
	if err := syscall.Kill(pid, signal); err != nil && err != syscall.ESRCH {
		c.t.Errorf("%v: %v", signal, err)
	}
}
