package supervise

import (
	"fmt"
	"slices"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

const (
	// idleLimit and busyLimit bound the time of an answer, while no statement runs and while one
	// does.
	idleLimit = 15 * time.Second
	busyLimit = 900 * time.Millisecond
	// addLimit bounds the time in which a file is added, at any time.
	addLimit = time.Minute
	// maxInquiries bounds the open inquiries; further ones have an empty answer.
	maxInquiries = 64
)

// inquiries are requests beside the statements, such as for the completion of code. They are not
// kept: an answer is of use only to a caller that still waits.
type inquiries struct {
	lastInquiry int64
	open        map[int64]inquiry
}

// inquiry is one request that waits for its answer.
type inquiry struct {
	nothing kernel.Frame
	answer  chan kernel.Frame // holds one
	overdue *time.Timer
}

// inquire sends an inquiry to its kernel. Exactly one answer comes, an empty one if the kernel has
// none in time.
func (s *supervisor) inquire(f kernel.Frame) (<-chan kernel.Frame, error) {
	if s.stopping || s.exit != nil {
		return nil, errGone
	}
	role, err := s.answerer(f)
	if err != nil {
		return nil, err
	}
	q := inquiry{answer: make(chan kernel.Frame, 1), nothing: nothing(f)}
	c := s.children[role]
	if !s.startup.ready || c == nil || c.end != nil || c.behind() || len(s.open) >= maxInquiries {
		q.answer <- q.nothing
		return q.answer, nil
	}
	s.lastInquiry++
	f.ID, q.nothing.ID = s.lastInquiry, s.lastInquiry
	q.overdue = s.later(s.patience(f), func() { s.answered(q.nothing) })
	s.open[f.ID] = q
	c.send(f)
	return q.answer, nil
}

// answerer returns the role of the process that answers an inquiry.
func (s *supervisor) answerer(f kernel.Frame) (string, error) {
	if f.Type != kernel.AddFile {
		if role := s.launch.Route[f.Lang]; role != "" {
			return role, nil
		}
		return "", fmt.Errorf("%w: this session does not run %q", engine.ErrUnsupported, f.Lang)
	}
	kind := engine.FileKind(f.Name)
	if !slices.Contains(engine.FileKinds(), kind) {
		return "", fmt.Errorf("%w: files of kind %q", engine.ErrInvalid, f.Name)
	}
	for _, p := range s.launch.Processes {
		if slices.Contains(p.Takes, kind) {
			return p.Role, nil
		}
	}
	return "", fmt.Errorf("%w: files of kind %q", engine.ErrUnsupported, f.Name)
}

// nothing returns the answer to an inquiry that its kernel does not answer.
func nothing(f kernel.Frame) kernel.Frame {
	switch f.Type {
	case kernel.Inspect:
		return kernel.Frame{Type: kernel.Inspected}
	case kernel.AddFile:
		return kernel.Frame{Type: kernel.Added, Text: "the session took too long to add the file"}
	}
	return kernel.Frame{Type: kernel.Completed}
}

func (s *supervisor) patience(f kernel.Frame) time.Duration {
	switch {
	case f.Type == kernel.AddFile:
		return addLimit
	case s.running != nil:
		return busyLimit
	}
	return idleLimit
}

// answered passes an answer to the waiting caller.
func (s *supervisor) answered(f kernel.Frame) {
	q, ok := s.open[f.ID]
	if !ok || q.nothing.Type != f.Type {
		return
	}
	delete(s.open, f.ID)
	q.overdue.Stop()
	q.answer <- f
}

// inquire answers one inquiry of a server. It holds up no other request.
func (a *attachment) inquire(f kernel.Frame) {
	var answer <-chan kernel.Frame
	var err error
	if !a.srv.s.do(func() { answer, err = a.srv.s.inquire(f) }) {
		err = errGone
	}
	if err != nil {
		_ = a.out.Write(refuse(f.ID, err))
		return
	}
	select {
	case found := <-answer:
		found.ID = f.ID
		_ = a.out.Write(found)
	case <-a.srv.s.done:
		_ = a.out.Write(refuse(f.ID, errGone))
	}
}
