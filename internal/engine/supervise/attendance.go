package supervise

import (
	"fmt"
	"time"

	"hearth/internal/engine"
)

// attendance is the part of the supervisor's state about the servers that are attached.
type attendance struct {
	servers int
	// known is set once a server has attached.
	known bool
	// deadline is when the instance ends if no server attaches before; zero while one is attached.
	deadline time.Time
}

// firstAttach is the least time in which the server that started the instance may attach: on a busy
// machine it comes late.
const firstAttach = time.Minute

// attended notes that a server has attached.
func (s *supervisor) attended() {
	s.servers++
	s.known, s.deadline = true, time.Time{}
}

// unattended begins to wait for a server, if none is attached, and ends the instance if none has
// attached within the limit of the launch file. The clock does not advance while the machine is
// suspended.
func (s *supervisor) unattended() {
	limit := s.launch.AbandonAfter
	if limit <= 0 || s.servers > 0 {
		return
	}
	if !s.known {
		limit = max(limit, firstAttach)
	}
	s.deadline = time.Now().Add(limit)
	s.later(limit, func() {
		if s.deadline.IsZero() || time.Now().Before(s.deadline) {
			return
		}
		s.log.Warn("no server has come back, ending the instance", "limit", limit)
		s.stop(defaultGrace, engine.Exit{Cause: engine.CauseAbandoned, Message: fmt.Sprintf("No server was connected for %v.", limit)})
	})
}

// detached notes that a server has detached.
func (s *supervisor) detached() {
	s.servers--
	s.unattended()
}
