package supervise

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/kernel"
)

const defaultOutputLimit = 32 << 20

// statements are those that the instance has accepted. One runs at a time.
type statements struct {
	seen     map[int64]bool
	queue    []engine.Statement
	running  *engine.Statement
	progress float64
	lossy    bool // output of the running one could not be kept
	meter    meter
	// printed tells that all output of other processes for the running one is there; held is its
	// result, which waits for that.
	printed bool
	held    *kernel.Frame
	// watched is the statement that was interrupted last.
	watched int64
}

func (st *statements) unfinished() []int64 {
	var all []int64
	if st.running != nil {
		all = append(all, st.running.Number)
	}
	for _, q := range st.queue {
		all = append(all, q.Number)
	}
	return all
}

// Reasons for which a statement is refused.
var (
	errGone   = fmt.Errorf("%w: it is ending", engine.ErrGone)
	errNumber = engine.Invalidf("statements are numbered from 1")
	errLong   = engine.Invalidf("the code is too long")
)

// execute accepts a statement, once: it is on disk when this returns nil.
func (s *supervisor) execute(st engine.Statement) error {
	if s.stopping || s.exit != nil {
		return errGone
	}
	if s.seen[st.Number] {
		return nil
	}
	if st.Number <= 0 {
		return errNumber
	}
	if s.launch.Route[st.Language] == "" {
		return engine.Invalidf("this session does not run statements in %q", st.Language)
	}
	if len(st.Code) > kernel.MaxFrame/mostGrown && !fits(s.executeFrame(st)) {
		return errLong
	}
	_, err := s.events.spool.Append(spool.Record{Accept: &spool.Accept{Number: st.Number, Language: st.Language}})
	if err != nil {
		return fmt.Errorf("the statement cannot be kept: %w", err)
	}
	s.seen[st.Number] = true
	s.queue = append(s.queue, st)
	s.next()
	return nil
}

// next sends the first statement of the queue to its kernel if none runs.
func (s *supervisor) next() {
	for s.startup.ready && !s.stopping && s.running == nil && len(s.queue) > 0 {
		st := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		c := s.children[s.launch.Route[st.Language]]
		if c == nil || c.end != nil {
			s.report(engine.Event{Kind: engine.EventResult, Statement: st.Number, Status: engine.StatusLost})
			continue
		}
		c.send(s.executeFrame(st))
		st.Code = ""
		s.running, s.progress, s.lossy, s.meter = &st, 0, false, newMeter(s.outputLimit())
		s.printed, s.held = false, nil
	}
}

// executeFrame returns the Execute frame of a statement.
func (s *supervisor) executeFrame(st engine.Statement) kernel.Frame {
	return kernel.Frame{Type: kernel.Execute, Stmt: st.Number, Lang: st.Language, Code: st.Code, Limit: s.outputLimit()}
}

// outputLimit returns the most output of a statement that a kernel keeps, in bytes.
func (s *supervisor) outputLimit() int64 {
	if s.launch.OutputLimit > 0 {
		return s.launch.OutputLimit
	}
	return defaultOutputLimit
}

// mostGrown is the largest number of bytes that a byte of code takes in JSON.
const mostGrown = 6

// fits reports whether the frame may be sent. It may be longer than the one that brought its code.
func fits(f kernel.Frame) bool {
	body, err := f.Marshal()
	return err == nil && len(body) <= kernel.MaxFrame
}

// onFrame turns the frames of a kernel into events.
func (s *supervisor) onFrame(c *child, f kernel.Frame) {
	if s.exit != nil {
		return
	}
	switch f.Type {
	case kernel.Hello:
		if f.Proto != kernel.Version {
			c.fatal = fmt.Sprintf("the kernel speaks version %d of the protocol, not %d", f.Proto, kernel.Version)
			c.signal(os.Kill)
		}
		s.phase(c.Role, "", 0)
	case kernel.Phase:
		s.phase(c.Role, f.Text, f.Value)
	case kernel.Gateway:
		s.gateway = &f
		for _, p := range s.launch.Processes {
			if p.TakesGateway {
				s.children[p.Role].send(f)
			}
		}
	case kernel.Ready:
		s.checkUI(c, f.Info)
		s.becameReady(c.Role, f.Info)
	case kernel.Fatal:
		c.fatal = f.Text
	case kernel.Completed, kernel.Inspected, kernel.Added:
		s.answered(f)
	case kernel.Started, kernel.Stream, kernel.Display, kernel.Part, kernel.Progress, kernel.Result, kernel.Printed:
		s.onStatement(f)
	}
}

func (s *supervisor) onStatement(f kernel.Frame) {
	if s.running == nil || s.running.Number != f.Stmt {
		// The output of a thread that outlived its statement goes to the log: the result is out.
		if f.Type == kernel.Stream {
			_, _ = io.WriteString(s.output, f.Text)
		}
		return
	}
	e := engine.Event{Statement: f.Stmt}
	switch f.Type {
	case kernel.Printed:
		s.printed = true
		s.release()
		return
	case kernel.Started:
		e.Kind = engine.EventStarted
		s.events.show(e)
		return
	case kernel.Stream:
		e.Kind, e.Stream, e.Text = engine.EventStream, f.Name, f.Text
	case kernel.Display:
		e.Kind, e.Data = engine.EventDisplay, f.Data
	case kernel.Part:
		e.Kind, e.Data = engine.EventPart, f.Data
	case kernel.Progress:
		s.moved(f.Value)
		return
	case kernel.Result:
		if f.Wait && !s.printed && !s.halved() {
			s.held = &f
			s.later(heldFor, func() {
				if s.held == &f && s.exit == nil {
					s.release()
				}
			})
			return
		}
		e.Kind, e.Status, e.Data, e.Error, e.ExecutionCount = engine.EventResult, f.Status, f.Data, f.Error, f.Count
	}
	if f.Type != kernel.Result {
		if keep, first := s.meter.take(e.Size()); first {
			s.log.Warn("a statement prints more than its kernel may send", "statement", f.Stmt)
			s.report(engine.Event{Kind: engine.EventStream, Statement: f.Stmt, Stream: "stderr", Text: s.meter.mark()})
			return
		} else if !keep {
			return
		}
	}
	s.report(e)
	if f.Type == kernel.Result {
		s.running = nil
		s.next()
	}
}

// heldFor is how long a result waits for output of a process that does not send any more.
const heldFor = 10 * time.Second

// release reports the result that waits for output, if there is one.
func (s *supervisor) release() {
	if f := s.held; f != nil {
		s.held, s.printed = nil, true
		s.onStatement(*f)
	}
}

// halved reports whether a process has ended, whose output is not to be waited for.
func (s *supervisor) halved() bool {
	for _, c := range s.children {
		if c.end != nil {
			return true
		}
	}
	return false
}

// moved reports progress of the running statement, which never falls.
func (s *supervisor) moved(value float64) {
	if value = min(value, 1); value > s.progress {
		s.progress = value
		s.events.show(engine.Event{Kind: engine.EventProgress, Statement: s.running.Number, Progress: value})
	}
}
