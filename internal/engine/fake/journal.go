package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"hearth/internal/engine"
)

// record is one line of a journal: a change of an instance. One field is set.
type record struct {
	Spec   *engine.Spec      `json:"spec,omitempty"`
	Event  *engine.Event     `json:"event,omitempty"`
	Accept *engine.Statement `json:"accept,omitempty"`
	Begin  int64             `json:"begin,omitempty"`
	Print  string            `json:"print,omitempty"`
	Added  string            `json:"added,omitempty"`
	Stop   bool              `json:"stop,omitempty"`
	Stored uint64            `json:"stored,omitempty"`
}

// journal is the file of one instance. A nil journal keeps nothing.
type journal struct{ file *os.File }

const journalSuffix = ".jsonl"

func (d *Driver) journalPath(id string) string { return filepath.Join(d.dir, id+journalSuffix) }

// create begins the journal of an instance; nil for a driver in memory.
func (d *Driver) create(s engine.Spec) (*journal, error) {
	if d.dir == "" {
		return nil, nil
	}
	if filepath.Base(s.ID) != s.ID {
		return nil, engine.Invalidf("%q cannot be the id of an instance", s.ID)
	}
	f, err := os.OpenFile(d.journalPath(s.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{f}
	return j, j.append(record{Spec: &s})
}

// append writes a record in one piece, so that it is there or not after a kill.
func (j *journal) append(r record) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	return err
}

func (j *journal) close() {
	if j != nil {
		_ = j.file.Close()
	}
}

// Open makes a Driver whose instances are kept in a directory: those that are in it already, of a
// Driver that was killed with its server, go on where they were. A running script begins again and
// skips what it has reported. One Driver at a time has the directory.
func Open(dir string, c Config) (*Driver, error) {
	d := New(c)
	d.dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("fake engine: %w", err)
	}
	paths, err := filepath.Glob(d.journalPath("*"))
	if err != nil {
		return nil, fmt.Errorf("fake engine: %w", err)
	}
	for _, path := range paths {
		in, err := d.restore(path)
		if err != nil {
			return nil, fmt.Errorf("fake engine: %s: %w", path, err)
		}
		d.instances[in.spec.ID] = in
	}
	for _, in := range d.instances {
		in.resume()
	}
	return d, nil
}

// restore reads an instance. The last record may have been cut off by the kill.
func (d *Driver) restore(path string) (*instance, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	var in *instance
	for line := range bytes.Lines(whole) {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, err
		}
		if r.Spec != nil {
			in = d.instance(*r.Spec, d.config.Behave(*r.Spec))
		}
		if in == nil {
			return nil, errors.New("the journal does not begin with a spec")
		}
		in.replay(r)
	}
	if in == nil {
		return nil, errors.New("the journal is empty")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	in.journal = &journal{f}
	return in, f.Truncate(int64(len(whole)))
}

// replay applies a record to an instance that nobody else has yet.
func (in *instance) replay(r record) {
	switch {
	case r.Event != nil:
		in.replayEvent(*r.Event)
	case r.Accept != nil:
		in.seen[r.Accept.Number] = true
		in.queue = append(in.queue, *r.Accept)
	case r.Begin != 0:
		in.ran = append(in.ran, r.Begin)
		in.running = &run{statement: in.queue[0], count: len(in.ran), interrupted: make(chan struct{})}
		in.queue = in.queue[1:]
	case r.Print != "":
		in.log = append(in.log, r.Print...)
		in.printed++
	case r.Added != "":
		in.added = append(in.added, r.Added)
	case r.Stop:
		in.stopping = true
	case r.Stored != 0:
		in.trim(r.Stored)
	}
}

func (in *instance) replayEvent(e engine.Event) {
	in.spool = append(in.spool, e)
	switch e.Kind {
	case engine.EventReady:
		in.ready = true
	case engine.EventDegraded:
		in.degraded = true
	case engine.EventStream:
		in.log = append(in.log, e.Text...)
	case engine.EventExit:
		in.exit = e.Exit
		close(in.ended)
	case engine.EventResult:
		in.queue = slices.DeleteFunc(in.queue, func(s engine.Statement) bool { return s.Number == e.Statement })
		if in.running != nil && in.running.statement.Number == e.Statement {
			in.running = nil
		}
		return
	}
	if in.running != nil && e.Statement == in.running.statement.Number {
		in.running.reported++
	}
}

// resume lets a restored instance go on.
func (in *instance) resume() {
	in.mu.Lock()
	exited, stopping, ready := in.exit != nil, in.stopping, in.ready
	switch {
	case exited || stopping || !ready:
	case in.running != nil:
		go in.run(in.running)
	case in.spec.Launch.Batch != nil:
		in.beginProgram()
	default:
		in.nextLocked()
	}
	in.mu.Unlock()
	switch {
	case exited:
	case stopping:
		in.end(engine.Exit{Cause: engine.CauseStopped, Message: "The instance was stopped."})
	case !ready:
		in.start()
	}
}
