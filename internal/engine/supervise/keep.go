package supervise

import (
	"errors"
	"os"

	"hearth/internal/engine"
)

const (
	// reserveSize is the disk space, in bytes, that is freed on a full disk for results and the
	// exit.
	reserveSize = 1 << 20
	// leastText is how much of an error is kept on a full disk, in bytes.
	leastText = 4 << 10
)

// report keeps an event. On a full disk output is dropped, and its statement is interrupted and
// ends in an error, because output must not vanish in silence; all other events use the reserve.
func (s *supervisor) report(e engine.Event) {
	if e.Kind == engine.EventResult && s.lossy && e.Status != engine.StatusLost {
		e.Status = engine.StatusError
		e.Error = outputLost()
	}
	err := s.events.keep(e)
	if err == nil {
		return
	}
	output := e.Kind == engine.EventStream || e.Kind == engine.EventDisplay || e.Kind == engine.EventPart
	if output && s.lossy {
		return
	}
	s.log.Error("an event cannot be kept", "kind", e.Kind, "statement", e.Statement, "error", err)
	if output {
		s.lossy = true
		s.interrupt(e.Statement)
		return
	}
	if err := os.Remove(s.dir.Reserve()); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Error("the reserve cannot be given back", "error", err)
	}
	if err := s.events.keep(least(e)); err != nil {
		s.log.Error("an event is lost", "kind", e.Kind, "statement", e.Statement, "error", err)
	}
}

// least returns the part of an event that must be kept on a full disk. The error of a result says
// that its output is incomplete.
func least(e engine.Event) engine.Event {
	if e.Kind == engine.EventResult && len(e.Data) > 0 {
		e.Data, e.Status, e.Error = nil, engine.StatusError, outputLost()
	}
	if e.Error != nil {
		e.Error = &engine.StatementError{Name: clip(e.Error.Name, leastText), Value: clip(e.Error.Value, leastText), Traceback: []string{}}
	}
	return e
}

func outputLost() *engine.StatementError {
	return &engine.StatementError{Name: "OutputLost", Value: "the server has no space left for the output of this statement", Traceback: []string{}}
}
