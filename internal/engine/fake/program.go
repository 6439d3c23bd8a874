package fake

import (
	"fmt"

	"hearth/internal/engine"
)

// beginProgram runs the program of a batch, if the instance is one that has any.
func (in *instance) beginProgram() {
	if b := in.spec.Launch.Batch; b != nil && in.behaviour.Program != nil {
		in.running = &run{interrupted: make(chan struct{})}
		go in.runProgram(in.behaviour.Program(*b), in.running, in.printed)
	}
}

// runProgram plays the script of a batch's program and ends the instance as it ended. Whatever it
// prints goes to the log alone.
func (in *instance) runProgram(script string, r *run, skip int) {
	p := &player{in: in, run: r, skip: skip}
	out := p.play(script)
	exit := engine.Exit{Cause: engine.CauseCompleted, Message: "The program came to its end."}
	switch {
	case out.exit != nil && (out.exit.Cause != engine.CauseExited || out.exit.Code != 0):
		exit = *out.exit
	case out.result.Status != engine.StatusOK:
		e := out.result.Error
		exit = engine.Exit{
			Cause: engine.CauseExited, Process: "jvm", Code: 1, Message: "The program ended with exit code 1.",
			LastLines: []string{fmt.Sprintf("%s: %s", e.Name, e.Value)},
		}
	}
	in.end(exit)
}

// print adds to the log.
func (in *instance) print(text string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.log = append(in.log, text...)
	in.keep(record{Print: text})
}
