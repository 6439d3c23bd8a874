// Package engine is the port between the session domain and whatever runs a session. It names what
// starts an instance (Spec), what an instance runs (Statement) and reports (Event, Exit), the verbs
// of the code that runs instances (Driver, Instance), and the drivers of one server by their names
// (Fleet).
//
// It holds no implementation and imports nothing of ours, so that both the domain and every way of
// running (engine/local, engine/fake, clusters later) can depend on it. It knows nothing of
// dialects, stores or Spark itself. A newcomer forgets that a driver keeps nothing in memory that
// it cannot find again: the next server has a new driver, and finds every instance by what the
// domain stored (Known).
package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Driver starts engine instances, finds them again after a restart, and clears them away. It is
// safe for concurrent use.
type Driver interface {
	// Capabilities returns what instances of this driver can do. It is the same at all times.
	Capabilities() Capabilities
	// Admit applies the driver's policy to a spec that has no id yet, and returns it with its
	// configuration separated into that of Launch and that of Setup. ErrInvalid, with a text for
	// the client, for configuration that a session may not set and for files that are not there.
	// Start is called with admitted specs alone; admitting one again changes nothing.
	Admit(ctx context.Context, s Spec) (Spec, error)
	// Footprint returns how much of this machine's memory an instance of an admitted spec takes, in
	// MiB, as far as that can be told before it runs; 0 if it takes none.
	Footprint(l Launch) int
	// Start makes the instance s.ID exist and returns as soon as it will outlive the server;
	// readiness arrives as an event. Starting an id that already runs returns its handle and starts
	// nothing. ErrInvalid for a spec that can never run, ErrGone for an id that has ended,
	// ErrNoSpace on a full disk.
	Start(ctx context.Context, s Spec) (Handle, error)
	// Attach connects to a running or ended instance and delivers every event with Seq > after, in
	// order. An instance whose supervisor is dead still replays the events it kept and ends with an
	// EventExit. ErrNotFound if there is no trace of it, ErrTrimmed if some of these events were
	// acknowledged and are not kept any more.
	Attach(ctx context.Context, k Known, after uint64) (Instance, error)
	// Find lists every instance of this driver of which there is a trace, dead or alive.
	Find(ctx context.Context) ([]Found, error)
	// Inspect returns whether the instance runs and, if not, how it ended. ErrNotFound if there is
	// no trace of it, or if it has never been started.
	Inspect(ctx context.Context, k Known) (Found, error)
	// Destroy ends every process of the instance without grace and removes its sockets, control
	// group and scratch directory; log and events stay. It is idempotent and returns when nothing
	// is left.
	Destroy(ctx context.Context, k Known) error
	// Purge removes log and events of a destroyed instance. It is idempotent.
	Purge(ctx context.Context, k Known) error
	// Kept returns how many bytes of disk Purge would give back of a destroyed instance; 0 if there
	// is no trace of it. It is quick.
	Kept(ctx context.Context, k Known) (int64, error)
	// Measure returns what these instances take of this machine now, all together. Those that do
	// not run have no memory. It is quick, and asks nothing of the instances.
	Measure(ctx context.Context, known []Known) (Usage, error)
	// Log opens the instance's log for reading: its notes, then the output of its processes. It is
	// readable until Purge. ErrNotFound if there is none.
	Log(ctx context.Context, k Known) (io.ReadCloser, error)
}

// Capabilities are what the domain must know about a driver before it starts anything.
type Capabilities struct {
	// Languages are the languages of statements that its instances run.
	Languages []Language
}

// Handle is a driver's own versioned record of an instance. The domain stores it, cannot read it,
// and hands it back in Known.
type Handle []byte

// Known is what the domain stored about an instance: how a driver recognizes one that it may never
// have seen.
type Known struct {
	// ID is Spec.ID.
	ID string
	// Handle was returned by Start or Inspect. It is nil if the server died before it was stored:
	// the row is written before the instance is started. The driver then looks for the id alone.
	Handle Handle
}

// Usage is what instances take of a machine.
type Usage struct {
	// MemoryBytes is resident memory; pages that several processes share count for each.
	MemoryBytes int64
	// SpoolBytes is what is kept of their events.
	SpoolBytes int64
}

// Found is one instance a driver knows of.
type Found struct {
	ID    string
	Alive bool
	// Handle is that of a living instance; nil if the driver cannot read it yet.
	Handle Handle
	// Exit is set when the instance is not alive.
	Exit *Exit
}

// Known returns how the instance is recognized.
func (f Found) Known() Known { return Known{ID: f.ID, Handle: f.Handle} }

// Fleet holds the drivers of one server by the names of their engines, which sessions store. It is
// not changed once it is in use.
type Fleet map[string]Driver

// Driver returns the driver of an engine. ErrNoEngine, with the names that exist, for a name that
// is not in the fleet.
func (f Fleet) Driver(name string) (Driver, error) {
	if d, ok := f[name]; ok {
		return d, nil
	}
	return nil, fmt.Errorf("engine %q: %w: the engines are %s", name, ErrNoEngine, strings.Join(f.Names(), ", "))
}

// Names lists the engines in alphabetical order.
func (f Fleet) Names() []string { return slices.Sorted(maps.Keys(f)) }
