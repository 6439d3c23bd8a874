package supervise

import (
	"slices"
	"time"

	"hearth/internal/engine"
)

// interrupt stops a running statement and withdraws a waiting one. The kernels compare the number
// again, because the statement may end while the frame is on its way.
func (s *supervisor) interrupt(number int64) {
	if s.running != nil && s.running.Number == number {
		for _, first := range []bool{true, false} {
			for _, p := range s.launch.Processes {
				if p.InterruptFirst == first {
					s.children[p.Role].interrupt(number)
				}
			}
		}
		s.watchInterrupt(number)
		return
	}
	i := slices.IndexFunc(s.queue, func(st engine.Statement) bool { return st.Number == number })
	if i < 0 {
		return
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	s.report(engine.Event{Kind: engine.EventResult, Statement: number, Status: engine.StatusCancelled})
}

// ignoredAfter is how long code may go on after its interrupt before its output says so.
const ignoredAfter = 5 * time.Second

// ignored is added to the output of a statement that goes on in spite of its interrupt: some code
// catches it, and some never looks for it.
const ignored = "\nThe cancelled code goes on: it does not heed the interrupt. Cancel it again, or end the session.\n"

// watchInterrupt adds ignored, once, to the output of an interrupted statement that goes on. The
// statement does not count as cancelled while its code runs.
func (s *supervisor) watchInterrupt(number int64) {
	if s.watched == number {
		return
	}
	s.watched = number
	s.later(ignoredAfter, func() {
		if s.running == nil || s.running.Number != number || s.exit != nil {
			return
		}
		s.log.Warn("a statement goes on in spite of its interrupt", "statement", number)
		s.report(engine.Event{Kind: engine.EventStream, Statement: number, Stream: "stderr", Text: ignored})
	})
}
