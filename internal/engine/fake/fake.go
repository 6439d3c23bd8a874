// Package fake is an engine.Driver without processes: instances live in the memory of the Driver,
// or in a directory (Open), statements are little scripts, time is the time package alone. It is
// for tests of whatever sits on the engine port, and runs inside testing/synctest.
//
// Instances belong to the Driver, not to who attached: drop every connection, build a second
// session manager over the same Driver, and it finds and attaches to what the first one left.
// Disconnect does to one instance what a dying server does to all. Open keeps instances in a
// directory, so that they outlive the program too.
//
// The code of a statement is its script, one step per line or between ";":
//
//	print TEXT         a line on stdout          warn TEXT    a line on stderr
//	stream N           lines 0 to N-1 on stdout  sleep 2s     take time
//	value TEXT         the statement's value     progress 0.5 report progress
//	display MIME TEXT  show a rich value         hang         run until interrupted
//	error NAME TEXT    raise, and end            ignore_interrupt  from here on
//	crash              kernel dies of a signal   exit N       kernel ends, code N
//	oom                JVM is out of memory      degrade      Python dies, and the
//	                                             instance goes on without it
//	pickle TEXT        the value of a job
//
// An instance whose spec has Setup.Degrade goes on after crash and exit too. The script of a job
// (engine.PythonJob) is in base64, as its function would be. Anything else is a SyntaxError of the
// statement. Behaviour.Script translates when the code must look like real code.
//
// It does not imitate Spark, output limits or logs of real drivers.
package fake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"hearth/internal/engine"
)

// Behaviour is how one instance behaves, apart from its statements.
type Behaviour struct {
	// StartError is what Start answers; nothing is started.
	StartError error
	// StartDelay is how long Start itself takes.
	StartDelay time.Duration
	// ReadyAfter is the time from Start to EventReady; negative is never.
	ReadyAfter time.Duration
	// FailStart, if set, ends the instance with CauseFailedStart and this message when it would
	// have become ready.
	FailStart string
	// StopTakes is how long a stop takes; the grace of Stop bounds it.
	StopTakes time.Duration
	// IgnoreInterrupt makes every statement ignore interrupts.
	IgnoreInterrupt bool
	// Info is what EventReady carries; the zero value stands for a plausible one.
	Info engine.Info
	// Complete and Describe answer Instance.Complete and Describe; nil stands for the steps of a
	// script.
	Complete func(lang engine.Language, code string, cursor int) []string
	Describe func(lang engine.Language, code string, cursor int) map[string]string
	// Program is the script of a batch's program, which fails if it ends in an error; nil lets the
	// program run until Stop or Driver.End.
	Program func(engine.Batch) string
	// Script translates the code of a statement into a script; nil leaves it.
	Script func(engine.Statement) string
}

// Config configures a Driver. The zero value works.
type Config struct {
	// Capabilities are what the driver claims; without languages it claims all of them.
	Capabilities engine.Capabilities
	// Admit is the policy, nil to admit everything as it is.
	Admit func(engine.Spec) (engine.Spec, error)
	// Behave chooses the behaviour of an instance; nil is the zero Behaviour.
	Behave func(engine.Spec) Behaviour
}

// Driver is a fake engine.Driver. Make it with New.
type Driver struct {
	config Config
	dir    string // of journals, "" in memory

	mu        sync.Mutex
	instances map[string]*instance
	killed    bool
}

var _ engine.Driver = (*Driver)(nil)

// New makes a Driver.
func New(c Config) *Driver {
	if c.Capabilities.Languages == nil {
		c.Capabilities.Languages = []engine.Language{engine.Python, engine.Scala, engine.SQL, engine.PythonJob}
	}
	if c.Admit == nil {
		c.Admit = func(s engine.Spec) (engine.Spec, error) { return s, nil }
	}
	if c.Behave == nil {
		c.Behave = func(engine.Spec) Behaviour { return Behaviour{} }
	}
	return &Driver{config: c, instances: map[string]*instance{}}
}

// Capabilities implements engine.Driver.
func (d *Driver) Capabilities() engine.Capabilities { return d.config.Capabilities }

// Admit implements engine.Driver.
func (d *Driver) Admit(_ context.Context, s engine.Spec) (engine.Spec, error) {
	return d.config.Admit(s)
}

// Footprint implements engine.Driver: the memory that was asked for, 1 MiB if none was.
func (d *Driver) Footprint(l engine.Launch) int { return max(l.MemoryMB, 1) }

// Start implements engine.Driver.
func (d *Driver) Start(ctx context.Context, s engine.Spec) (engine.Handle, error) {
	if s.ID == "" {
		return nil, fmt.Errorf("start: %w", engine.Invalidf("an instance needs an id"))
	}
	b := d.config.Behave(s)
	if err := wait(ctx, b.StartDelay); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.ID, err)
	}
	if b.StartError != nil {
		return nil, fmt.Errorf("start %s: %w", s.ID, b.StartError)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if in, ok := d.instances[s.ID]; ok {
		if in.exited() {
			return nil, fmt.Errorf("start %s: %w", s.ID, engine.ErrGone)
		}
		return handle(s.ID), nil
	}
	if d.killed {
		return nil, fmt.Errorf("start %s: the driver was killed", s.ID)
	}
	in := d.instance(s, b)
	var err error
	if in.journal, err = d.create(s); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.ID, err)
	}
	d.instances[s.ID] = in
	in.start()
	return handle(s.ID), nil
}

// instance makes an instance of a spec.
func (d *Driver) instance(s engine.Spec, b Behaviour) *instance {
	in := newInstance(s, b)
	in.languages = d.config.Capabilities.Languages
	return in
}

// Attach implements engine.Driver.
func (d *Driver) Attach(_ context.Context, k engine.Known, after uint64) (engine.Instance, error) {
	in, err := d.known(k)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	c, err := in.attach(after)
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", k.ID, err)
	}
	return c, nil
}

// Find implements engine.Driver. The order is that of the ids.
func (d *Driver) Find(context.Context) ([]engine.Found, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []engine.Found
	for _, in := range d.instances {
		all = append(all, in.found())
	}
	slices.SortFunc(all, func(a, b engine.Found) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// Inspect implements engine.Driver.
func (d *Driver) Inspect(_ context.Context, k engine.Known) (engine.Found, error) {
	in, err := d.known(k)
	if err != nil {
		return engine.Found{}, fmt.Errorf("inspect: %w", err)
	}
	return in.found(), nil
}

// Destroy implements engine.Driver.
func (d *Driver) Destroy(_ context.Context, k engine.Known) error {
	if in, err := d.known(k); err == nil {
		in.end(engine.Exit{Cause: engine.CauseStopped, Process: "supervisor", Signal: "killed", Message: "The instance was destroyed."})
	}
	return nil
}

// Purge implements engine.Driver.
func (d *Driver) Purge(_ context.Context, k engine.Known) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	in, ok := d.instances[k.ID]
	if !ok {
		return nil
	}
	if !in.exited() {
		return fmt.Errorf("purge %s: the instance still runs", k.ID)
	}
	delete(d.instances, k.ID)
	in.journal.close()
	if d.dir != "" {
		return os.Remove(d.journalPath(k.ID))
	}
	return nil
}

// Measure implements engine.Driver: 1 MiB of memory for each that runs.
func (d *Driver) Measure(_ context.Context, known []engine.Known) (engine.Usage, error) {
	var u engine.Usage
	for _, k := range known {
		if in, err := d.known(k); err == nil && !in.exited() {
			u.MemoryBytes += 1 << 20
		}
	}
	return u, nil
}

// Kept implements engine.Driver: the log.
func (d *Driver) Kept(_ context.Context, k engine.Known) (int64, error) {
	in, err := d.known(k)
	if errors.Is(err, engine.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("kept: %w", err)
	}
	return int64(len(in.logText())), nil
}

// Log implements engine.Driver: the notes, then one line per output.
func (d *Driver) Log(_ context.Context, k engine.Known) (io.ReadCloser, error) {
	in, err := d.known(k)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return io.NopCloser(strings.NewReader(in.logText())), nil
}

// known finds an instance, and refuses a handle that is not its own.
func (d *Driver) known(k engine.Known) (*instance, error) {
	if k.Handle != nil && string(k.Handle) != string(handle(k.ID)) {
		return nil, fmt.Errorf("instance %q: %s is the handle of another", k.ID, k.Handle)
	}
	return d.find(k.ID)
}

func (d *Driver) find(id string) (*instance, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in, ok := d.instances[id]
	if !ok {
		return nil, fmt.Errorf("instance %q: %w", id, engine.ErrNotFound)
	}
	return in, nil
}

func handle(id string) engine.Handle { return engine.Handle(fmt.Sprintf(`{"version":1,"id":%q}`, id)) }

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
