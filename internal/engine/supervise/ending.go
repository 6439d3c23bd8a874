package supervise

import (
	"cmp"
	"fmt"
	"strings"
	"syscall"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/kernel"
)

// settle is how long the ends of other processes are awaited after the first, because the process
// whose death caused the others may be noticed last.
const settle = 150 * time.Millisecond

// ending is the part of the supervisor's state about the end of the instance.
type ending struct {
	stopping bool
	stopped  engine.Exit // the exit of the stop
	stopBy   time.Time
	ends     []processEnd
	exit     *engine.Exit
}

// finish ends the loop. The first exit counts.
func (s *supervisor) finish(exit engine.Exit) {
	if s.exit == nil {
		s.exit = &exit
	}
}

// termAfter is how long a Shutdown frame may take before SIGTERM, at most half of the grace.
const termAfter = 5 * time.Second

// requested is the exit of an instance whose end was requested.
func requested() engine.Exit {
	return engine.Exit{Cause: engine.CauseStopped, Message: "The instance was stopped."}
}

// stop sends the kernels a Shutdown frame, then SIGTERM, and ends the loop with this exit after the
// grace; processes that are left then are killed. A later, shorter grace replaces a longer one, and
// the first exit counts.
func (s *supervisor) stop(grace time.Duration, exit engine.Exit) {
	by := time.Now().Add(grace)
	if s.exit != nil || s.stopping && by.After(s.stopBy) {
		return
	}
	first := !s.stopping
	s.stopping, s.stopBy = true, by
	if first {
		s.stopped = exit
	}
	s.later(grace, func() { s.finish(s.stopped) })
	if !first {
		return
	}
	if s.allEnded() {
		s.finish(s.stopped)
		return
	}
	for _, c := range s.children {
		if s.running != nil {
			c.interrupt(s.running.Number)
		}
		c.send(kernel.Frame{Type: kernel.Shutdown, GraceMS: grace.Milliseconds()})
	}
	wait := min(grace/2, termAfter)
	if !s.startup.ready {
		wait = 0 // no user code runs yet, and a starting process reads no frames
	}
	s.later(wait, func() {
		for _, c := range s.children {
			c.signal(syscall.SIGTERM)
		}
	})
}

func (s *supervisor) allEnded() bool {
	for _, c := range s.children {
		if c.end == nil {
			return false
		}
	}
	return true
}

// onEnd notes that a kernel process has ended.
func (s *supervisor) onEnd(c *child, e processEnd) {
	e.fatal = c.fatal
	c.end = &e
	s.log.Info("a process has ended", "process", e.Role, "code", e.code, "signal", e.signal)
	if s.exit == nil {
		s.release()
	}
	switch {
	case s.exit != nil:
	case s.stopping:
		if s.allEnded() {
			s.finish(s.stopped)
		}
	case e.Dispensable && s.startup.ready:
		s.degrade(e)
	default:
		s.ends = append(s.ends, e)
		if len(s.ends) == 1 {
			s.later(settle, s.conclude)
		}
	}
}

// degrade goes on without a process.
func (s *supervisor) degrade(e processEnd) {
	if s.running != nil && s.launch.Route[s.running.Language] == e.Role {
		s.report(engine.Event{Kind: engine.EventResult, Statement: s.running.Number, Status: engine.StatusLost})
		s.running = nil
	}
	s.report(engine.Event{Kind: engine.EventDegraded, Text: e.String()})
	s.next()
}

// conclude ends the instance after processes have ended by themselves.
func (s *supervisor) conclude() {
	if s.stopping {
		return
	}
	f := findings{ends: s.ends, ready: s.startup.ready, batch: s.launch.Batch, lines: s.lastLines()}
	if n, err := s.group.OOMKills(); err == nil {
		f.oom = n > 0
	} else if n, err := proc.OOMKills(); err == nil {
		f.oom = n > s.ooms
	}
	for _, c := range s.children {
		if c.Leads {
			f.leader = c.fatal
		}
	}
	s.finish(f.exit())
}

// findings are the facts from which the cause of an end is derived.
type findings struct {
	ends []processEnd
	// leader is the reason for which the leading process cannot go on, which it may report long
	// before it ends.
	leader string
	ready  bool
	batch  bool
	oom    bool // the system has killed a process for memory meanwhile
	lines  []string
}

// exit returns the exit with its cause. Of several processes the worst end is the cause: memory,
// then a signal, then an exit code, then a clean end; and of two like ends that of the process that
// leads, because the others fail without it. An exit code is that of the user's code.
func (f findings) exit() engine.Exit {
	worst, rank := f.ends[0], -1
	for _, e := range f.ends {
		if r := f.rank(e); r > rank || r == rank && e.Leads {
			worst, rank = e, r
		}
	}
	exit := engine.Exit{Process: worst.Role, Code: worst.code, Signal: worst.signal, LastLines: f.lines}
	switch {
	case f.outOfMemory(worst):
		exit.Cause, exit.Message = engine.CauseOutOfMemory, "The "+worst.Role+" process ran out of memory."
	case !f.ready:
		exit.Cause = engine.CauseFailedStart
		exit.Message = cmp.Or(f.leader, worst.fatal, worst.String()+" before the session was ready.")
	case f.batch && worst.signal == "" && worst.code == 0:
		exit.Cause, exit.Message, exit.LastLines = engine.CauseCompleted, "The program came to its end.", nil
	case worst.signal != "":
		exit.Cause, exit.Message = engine.CauseCrashed, worst.String()+"."
	default:
		exit.Cause, exit.Message = engine.CauseExited, worst.String()+"."
	}
	if f.batch && exit.Cause == engine.CauseExited {
		exit.Message = fmt.Sprintf("The program ended with exit code %d.", worst.code)
	}
	return exit
}

func (f findings) rank(e processEnd) int {
	switch {
	case f.outOfMemory(e):
		return 3
	case e.signal != "":
		return 2
	case e.code != 0:
		return 1
	}
	return 0
}

func (f findings) outOfMemory(e processEnd) bool {
	if e.signal == syscall.SIGKILL.String() {
		return f.oom
	}
	// User code may exit with the same code.
	return e.OOMText != "" && e.code != 0 && strings.Contains(strings.Join(f.lines, "\n"), e.OOMText)
}

// String returns a clause for people, without a full stop.
func (e processEnd) String() string {
	text := fmt.Sprintf("The %s process ended with exit code %d", e.Role, e.code)
	if e.signal != "" {
		text = fmt.Sprintf("The %s process died of a signal (%s)", e.Role, e.signal)
	}
	if e.fatal != "" {
		text += ": " + strings.TrimSuffix(e.fatal, ".")
	}
	return text
}
