package supervise

import (
	"time"

	"hearth/internal/engine"
)

// heedAfter is how long code may go on after its interrupt before it is said.
const heedAfter = 5 * time.Second

// heedless is what a statement says that goes on in spite of its interrupt: some
// code catches it, and some never looks for it.
const heedless = "\nThe cancelled code goes on: it does not heed the interrupt. Cancel it again, or end the session.\n"

// awaitHeed has a statement that was interrupted say so, once, if it goes on. It
// is never called cancelled while its code runs.
func (s *supervisor) awaitHeed(number int64) {
	if s.heedAwaited == number {
		return
	}
	s.heedAwaited = number
	s.later(heedAfter, func() {
		if s.running == nil || s.running.Number != number || s.exit != nil {
			return
		}
		s.log.Warn("a statement goes on in spite of its interrupt", "statement", number)
		s.tell(engine.Event{Kind: engine.EventStream, Statement: number, Stream: "stderr", Text: heedless})
	})
}
