package fake

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"hearth/internal/engine"
)

// errInterrupted ends a script that waits.
var errInterrupted = errors.New("interrupted")

// outcome is what a script came to: a result event, or the end of a process.
type outcome struct {
	result engine.Event
	exit   *engine.Exit
	// degraded ends Python alone.
	degraded bool
}

// run plays the script of a statement and reports its result once.
func (in *instance) run(r *run) {
	s := r.statement
	code := s.Code
	if payload, err := base64.StdEncoding.DecodeString(code); err == nil && s.Language == engine.PythonJob {
		code = string(payload)
	}
	if in.behaviour.Script != nil {
		code = in.behaviour.Script(s)
	}
	p := &player{in: in, run: r, deaf: in.behaviour.IgnoreInterrupt, skip: r.reported}
	out := p.play(code)

	in.mu.Lock()
	defer in.mu.Unlock()
	if in.exit != nil || in.running != r || in.abandoned {
		return
	}
	switch {
	case out.exit != nil && out.exit.Process == "python" && in.spec.Setup.Degrade:
		out.degraded = true
	case out.exit != nil:
		in.endLocked(*out.exit)
		return
	}
	if out.degraded {
		out.result.Status = engine.StatusLost
		in.degraded = true
	}
	out.result.Kind, out.result.Statement, out.result.ExecutionCount = engine.EventResult, s.Number, r.count
	in.running = nil
	in.emitLocked(out.result)
	if out.degraded {
		in.emitLocked(engine.Event{Kind: engine.EventDegraded, Text: "python was killed by signal 9"})
	}
	in.nextLocked()
}

// player plays one script.
type player struct {
	in   *instance
	run  *run
	deaf bool
	// skip is how many of its events were reported before its driver was made anew.
	skip int
	out  outcome
}

// play returns the outcome of the script.
func (p *player) play(script string) outcome {
	p.out.result.Status = engine.StatusOK
	steps := strings.FieldsFunc(script, func(r rune) bool { return r == '\n' || r == ';' })
	for _, step := range steps {
		verb, rest, _ := strings.Cut(strings.TrimSpace(step), " ")
		if verb == "" {
			continue
		}
		err := p.step(verb, rest)
		switch {
		case errors.Is(err, errInterrupted):
			p.fail("KeyboardInterrupt", "")
			p.out.result.Status = engine.StatusCancelled
		case err != nil:
			p.fail("SyntaxError", step+": "+err.Error())
		}
		if p.out.result.Status != engine.StatusOK || p.out.exit != nil || p.out.degraded {
			break
		}
	}
	return p.out
}

func (p *player) step(verb, rest string) error {
	switch verb {
	case "print":
		p.stream("stdout", rest)
	case "warn":
		p.stream("stderr", rest)
	case "stream":
		n, err := strconv.Atoi(rest)
		for i := range n {
			p.stream("stdout", strconv.Itoa(i))
		}
		return err
	case "sleep":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		t := time.NewTimer(d)
		defer t.Stop()
		return p.wait(t.C)
	case "hang":
		return p.wait(nil)
	case "value":
		p.out.result.Data = map[string]string{"text/plain": rest}
	case "pickle":
		p.out.result.Data = map[string]string{engine.PickleMIME: rest}
	case "display":
		mime, text, _ := strings.Cut(rest, " ")
		p.emit(engine.Event{Kind: engine.EventDisplay, Data: map[string]string{mime: text}})
	case "progress":
		v, err := strconv.ParseFloat(rest, 64)
		p.emit(engine.Event{Kind: engine.EventProgress, Progress: v})
		return err
	case "error":
		name, value, _ := strings.Cut(rest, " ")
		p.fail(name, value)
	case "ignore_interrupt":
		p.deaf = true
	case "degrade":
		p.out.degraded = true
	default:
		return p.die(verb, rest)
	}
	return nil
}

// die plays the verbs that end a process.
func (p *player) die(verb, rest string) error {
	switch verb {
	case "crash":
		p.out.exit = &engine.Exit{Cause: engine.CauseCrashed, Process: "python", Signal: "segmentation fault", Message: "The Python process died: segmentation fault."}
	case "exit":
		code, err := strconv.Atoi(rest)
		p.out.exit = &engine.Exit{Cause: engine.CauseExited, Process: "python", Code: code, Message: "The code ended its process with exit code " + rest + "."}
		return err
	case "oom":
		p.out.exit = &engine.Exit{
			Cause: engine.CauseOutOfMemory, Process: "jvm", Code: 3, Message: "The driver ran out of memory.",
			LastLines: []string{"java.lang.OutOfMemoryError: Java heap space"},
		}
	default:
		return errors.New("unknown step")
	}
	return nil
}

// wait waits for c, the end of the instance or an interrupt.
func (p *player) wait(c <-chan time.Time) error {
	interrupted := p.run.interrupted
	if p.deaf {
		interrupted = nil
	}
	select {
	case <-c:
		return nil
	case <-interrupted:
		return errInterrupted
	case <-p.in.ended:
		return errInterrupted
	}
}

func (p *player) stream(name, line string) {
	p.emit(engine.Event{Kind: engine.EventStream, Stream: name, Text: line + "\n"})
}

func (p *player) emit(e engine.Event) {
	if p.skip > 0 && e.Kind != engine.EventProgress {
		p.skip--
		return
	}
	if p.in.spec.Launch.Batch != nil {
		p.in.print(e.Text)
		return
	}
	e.Statement = p.run.statement.Number
	p.in.emit(e)
}

func (p *player) fail(name, value string) {
	p.out.result.Status = engine.StatusError
	p.out.result.Error = &engine.StatementError{
		Name: name, Value: value,
		Traceback: []string{"Traceback (most recent call last):\n", "  File \"<stdin>\", line 1, in <module>\n", name + ": " + value + "\n"},
	}
}
