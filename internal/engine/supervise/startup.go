package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/kernel"
)

const defaultStall = 120 * time.Second

// startup follows a start: the processes that are ready, the progress of all, and stalls.
type startup struct {
	ready    bool
	info     engine.Info
	waiting  map[string]bool    // roles that are not ready
	progress map[string]float64 // by role or name of a step
	text     string             // the current phase
	limit    time.Duration
	stall    *time.Timer
}

func newStartup(l Launch, stalled func()) startup {
	st := startup{info: l.Info, waiting: map[string]bool{}, progress: map[string]float64{}, limit: l.Stall, text: "starting"}
	if st.limit <= 0 {
		st.limit = defaultStall
	}
	for _, p := range l.Processes {
		st.waiting[p.Role] = true
		st.progress[p.Role] = 0
		for _, step := range p.Before {
			st.progress[step.Name] = 0
		}
	}
	st.stall = time.AfterFunc(st.limit, stalled)
	return st
}

// moved notes progress of one part, never backwards, and returns the progress of all parts.
func (st *startup) moved(part, text string, value float64) float64 {
	st.stall.Reset(st.limit)
	if text != "" {
		st.text = text
	}
	st.progress[part] = max(st.progress[part], min(value, 1))
	sum := 0.0
	for _, v := range st.progress {
		sum += v
	}
	return sum / float64(len(st.progress))
}

// start starts all processes side by side; a process with steps waits for them.
func (s *supervisor) start() {
	for _, p := range s.launch.Processes {
		if len(p.Before) == 0 {
			s.startProcess(p)
			continue
		}
		go s.prepare(p)
	}
}

func (s *supervisor) startProcess(p Process) {
	if s.stopping || s.exit != nil {
		return
	}
	onFrame := func(c *child, f kernel.Frame) { s.post(func() { s.onFrame(c, f) }) }
	onEnd := func(c *child, e processEnd) { s.post(func() { s.onEnd(c, e) }) }
	c, err := startChild(s.starter, p, s.launch.ID, s.group, s.output, onFrame, onEnd)
	if err != nil {
		s.finish(engine.Exit{Cause: engine.CauseFailedStart, Process: p.Role, Message: err.Error()})
		return
	}
	s.children[p.Role] = c
	if p.TakesGateway && s.gateway != nil {
		c.send(*s.gateway)
	}
}

// prepare runs the steps before a process and then starts it.
func (s *supervisor) prepare(p Process) {
	for _, step := range p.Before {
		if err := s.runStep(step); err != nil {
			s.do(func() {
				if s.stopping {
					return
				}
				s.finish(engine.Exit{
					Cause: engine.CauseFailedStart, Process: p.Role,
					Message: fmt.Sprintf("The step %q failed: %v.", step.Name, err), LastLines: s.lastLines(),
				})
			})
			return
		}
		s.do(func() { s.phase(step.Name, "", 1) })
	}
	s.do(func() { s.startProcess(p) })
}

// runStep runs one step; each line it prints goes to the log and counts as progress.
func (s *supervisor) runStep(step Step) error {
	cmd := exec.Command(step.Argv[0], step.Argv[1:]...)
	cmd.Dir = step.Dir
	cmd.Env = append(append([]string(nil), step.Env...), proc.TagVariable+"="+s.launch.ID)
	lines := &lineWriter{to: s.output, line: func(line string) {
		s.do(func() { s.phase(step.Name, step.Name+": "+clip(line, 120), 0.5) })
	}}
	cmd.Stdout, cmd.Stderr = lines, lines
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = proc.ChildAttr(s.group)
	s.do(func() { s.phase(step.Name, step.Name, 0) })
	if err := s.starter.start(cmd); err != nil {
		return err
	}
	return s.starter.wait(cmd)
}

func (s *supervisor) phase(part, text string, value float64) {
	if s.startup.ready {
		return
	}
	progress := s.startup.moved(part, text, value)
	s.events.show(engine.Event{Kind: engine.EventPhase, Text: s.startup.text, Progress: progress})
}

// becameReady notes that one process is ready, and that the instance is when all are.
func (s *supervisor) becameReady(role string, info *engine.Info) {
	if info != nil {
		s.startup.info = merge(s.startup.info, *info)
	}
	s.phase(role, "", 1)
	delete(s.startup.waiting, role)
	switch {
	case len(s.startup.waiting) > 0 || s.stopping:
	case s.startup.ready: // the program of a batch has made its context by now
		s.reportInfo(engine.EventInfo)
	default:
		s.startup.ready = true
		s.startup.stall.Stop()
		s.reportInfo(engine.EventReady)
		s.next()
	}
}

// checkUI takes the address of a UI out of the info of a process that does not listen there: code
// of the instance may report any, and the server asks there for pages.
func (s *supervisor) checkUI(c *child, info *engine.Info) {
	if info == nil || info.UIAddress == "" {
		return
	}
	at, err := netip.ParseAddrPort(info.UIAddress)
	own := err == nil && at.Addr().IsLoopback()
	if own {
		own, err = proc.Listens(c.cmd.Process.Pid, at)
	}
	if own || errors.Is(err, proc.ErrUnsupported) {
		return
	}
	s.log.Warn("a process reports a UI at which it does not listen", "process", c.Role, "address", info.UIAddress, "error", err)
	info.UIAddress, info.UISecret = "", ""
}

func (s *supervisor) reportInfo(kind engine.EventKind) {
	info := s.startup.info
	s.report(engine.Event{Kind: kind, Info: &info})
}

// stalled ends a start without progress. The timer calls it.
func (s *supervisor) stalled() {
	s.do(func() {
		if s.startup.ready || s.stopping {
			return
		}
		s.finish(engine.Exit{
			Cause: engine.CauseFailedStart, LastLines: s.lastLines(),
			Message: fmt.Sprintf("The start made no progress for %v while %s.", s.startup.limit, s.startup.text),
		})
	})
}

// merge adds the info of one process to the info that is known.
func merge(a, b engine.Info) engine.Info {
	over := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	over(&a.SparkVersion, b.SparkVersion)
	over(&a.ScalaVersion, b.ScalaVersion)
	over(&a.PythonVersion, b.PythonVersion)
	over(&a.JavaVersion, b.JavaVersion)
	over(&a.ApplicationID, b.ApplicationID)
	over(&a.UIAddress, b.UIAddress)
	over((*string)(&a.UISecret), string(b.UISecret))
	if a.Cores == 0 {
		a.Cores = b.Cores
	}
	if a.MemoryMB == 0 {
		a.MemoryMB = b.MemoryMB
	}
	return a
}

// lineWriter passes output on and calls line with each whole line.
type lineWriter struct {
	to   io.Writer
	line func(string)
	part []byte
}

func (w *lineWriter) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.part = append(w.part, b[:n]...)
	for {
		i := bytes.IndexByte(w.part, '\n')
		if i < 0 {
			break
		}
		w.line(string(w.part[:i]))
		w.part = w.part[i+1:]
	}
	if len(w.part) > 64<<10 {
		w.part = nil
	}
	return n, err
}
