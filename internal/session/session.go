// Package session is the domain of Hearth: sessions and statements, the states they pass through,
// who may change them and when they end.
//
// Manager is the only writer and holds every rule. The package imports the standard library and the
// engine port, nothing else: no HTTP, no SQL, no dialect. A dialect's own record travels through it
// unread (Session.Extra); lists are filtered by labels and tags.
package session

import (
	"encoding/json"
	"time"

	"hearth/internal/engine"
)

// Ref names a session: by its internal id where that is set, and otherwise as its dialect's clients
// do. External ids are unique per Dialect, Collection and Scope among sessions that are not
// deleted, so that a name may pass on to a successor; an internal id never does.
type Ref struct {
	// ID is the internal id, "" if it is not known.
	ID string
	// Dialect is the API it was created through: "glue", "livy".
	Dialect string
	// Collection is the list of that API it belongs to: "" is the first or only one, "batches" that
	// of Livy's and DLI's batches.
	Collection string
	// Scope is the tenant within it: for AWS "account/region".
	Scope string
	// ExternalID is the id the client knows.
	ExternalID string
}

// Origin returns the dialect and, after a slash, the collection if it is not the first: "glue",
// "livy/batches". It is for people.
func (r Ref) Origin() string {
	if r.Collection == "" {
		return r.Dialect
	}
	return r.Dialect + "/" + r.Collection
}

// Principal is who made a request, as far as the server knows.
type Principal struct {
	Account string `json:"account"`
	// ID is the user's name in the API: an access key, a user name.
	ID string `json:"id"`
	// ARN is set for AWS principals.
	ARN string `json:"arn,omitempty"`
}

// Size is what a session asked for, nominally. Accounting goes by it; what the engine really gave
// is in engine.Info. Without Workers the size is left to the engine.
type Size struct {
	// WorkerType is the API's own name, "" if capacity was given instead.
	WorkerType string `json:"worker_type,omitempty"`
	Workers    int    `json:"workers,omitempty"`
	// CoresPerWorker and MemoryMBPerWorker are nominal.
	CoresPerWorker    int `json:"cores_per_worker,omitempty"`
	MemoryMBPerWorker int `json:"memory_mb_per_worker,omitempty"`
	// DriverCores and DriverMemoryMB are those of Spark's driver, which is one of the workers; 0 is
	// as much as any of them. DriverAsked says that its memory was asked for by itself.
	DriverCores    int  `json:"driver_cores,omitempty"`
	DriverMemoryMB int  `json:"driver_memory_mb,omitempty"`
	DriverAsked    bool `json:"driver_asked,omitempty"`
	// Units is the capacity in the API's accounting unit, all workers together (Glue: DPU).
	Units float64 `json:"units"`
}

// Session is one interactive session from its acceptance to its deletion.
type Session struct {
	// Ref has all its fields: the internal id and the external one. Seq grows with every session
	// accepted and orders lists. They never change; ID and Seq are never used again.
	Ref
	Seq   int64
	Owner Principal
	// Description, Tags and Extra are the client's and the dialect's; no rule reads them.
	Description string
	Tags        map[string]string
	Extra       json.RawMessage
	// Labels can be filtered by; they are set at creation.
	Labels map[string]string
	Size   Size
	// Engine is the name of the engine that runs the session.
	Engine string
	// Spec is what the instance is started with; Spec.ID is the instance's id. Handle is the
	// driver's record of it, nil until it is started.
	Spec   engine.Spec
	Handle engine.Handle
	// Retries is how many more times the program of a batch runs after it failed, Tries how many
	// times it has failed so far, and LastTry a client-safe sentence why it failed last.
	Retries int
	Tries   int
	LastTry string

	State State
	// Cause says why the session ended or is ending; "" while it lives.
	Cause Cause
	// Reason is a client-safe sentence with the cause, for example the last error of a start that
	// failed.
	Reason string
	Info   engine.Info
	// Applied is the Seq of the last engine event stored.
	Applied uint64
	// Version grows with every change and guards against lost updates.
	Version int64

	CreatedAt time.Time
	// ReadyAt, EndedAt and DeletedAt are zero until they happen.
	ReadyAt   time.Time
	EndedAt   time.Time
	DeletedAt time.Time
	// ActiveAt is when the session last did something for its user.
	ActiveAt time.Time
	// IdleTimeout and Lifetime are as requested; 0 means never.
	IdleTimeout time.Duration
	Lifetime    time.Duration
	// IdleDeadline is zero while statements run or wait; LifetimeDeadline never moves. The sweeper
	// makes both true.
	IdleDeadline     time.Time
	LifetimeDeadline time.Time
	// HeartbeatTimeout is how long the session lives without a request of a client for it, in every
	// state; 0 means for ever. Manager.Touch moves the deadline in memory and HeartbeatDeadline
	// follows, at most a quarter behind.
	HeartbeatTimeout  time.Duration
	HeartbeatDeadline time.Time
	// Statements is how many statements of all series were ever accepted; the next one gets number
	// Statements+1.
	Statements int64

	// Progress is filled in by Manager on reading: the share of the start-up until ready, then that
	// of the running statement, else 1.
	Progress float64
	// Waiting is filled in by Manager on reading: the place of a session that is starting among
	// those that wait for their turn, from 1; 0 if it does not wait. It is no part of what is kept.
	Waiting int `json:"-"`
}

// ExecutionTime is how long the session could be used: from READY to its end, or to now while it
// lives; 0 if it never was ready.
func (s *Session) ExecutionTime(now time.Time) time.Duration {
	if s.ReadyAt.IsZero() {
		return 0
	}
	if !s.EndedAt.IsZero() {
		now = s.EndedAt
	}
	return max(now.Sub(s.ReadyAt), 0)
}

// UnitSeconds is ExecutionTime in seconds times the nominal capacity.
func (s *Session) UnitSeconds(now time.Time) float64 {
	return s.ExecutionTime(now).Seconds() * s.Size.Units
}

// NewSession is a session that a dialect submits. The dialect has checked it against its API;
// Manager checks it against the domain's rules.
type NewSession struct {
	// Ref is the name; its ID is drawn by Manager.
	Ref
	// Numbered is the name of a series of numbers whose next one, from 0, becomes the external id;
	// "" leaves that as it is. A number is never given twice, whatever crashes or is deleted.
	Numbered string
	// AppPrefix, with the external id after it, is the name of the application if Spec has none.
	AppPrefix   string
	Owner       Principal
	Description string
	Tags        map[string]string
	Labels      map[string]string
	// Group is the group it is created in, "" for none; it becomes LabelGroup.
	Group string
	// Unique names labels whose value no other live session of the same dialect and scope may have.
	Unique []string
	Extra  json.RawMessage
	Size   Size
	// Engine is the name of the engine, "" for that of the group, the dialect or the server, in
	// this order.
	Engine string
	// Spec is the engine's part; the Manager fills in the id and, from Size, the size.
	Spec engine.Spec
	// Retries is how many more times the program of a batch runs after it failed.
	Retries     int
	IdleTimeout time.Duration
	Lifetime    time.Duration
	// HeartbeatTimeout ends the session when Manager.Touch was not called for it for so long; 0
	// means never.
	HeartbeatTimeout time.Duration
	// Failed is a client-safe sentence why the session cannot start, "" if it can:
	// for an API that accepts a request that cannot be run and shows the failure later. Such a
	// session has ended with CauseFailedStart from the beginning.
	Failed string
}

// Filter selects sessions; zero fields select all.
type Filter struct {
	Dialect string
	// Collections and States: any of them. The first collection of an API is "".
	Collections []string
	Scope       string
	ExternalID  string
	// IDPrefix is the beginning of the internal id.
	IDPrefix string
	// Owner is the ID of the Principal who owns it.
	Owner  string
	States []State
	// Causes are the causes of the end, any of them; "" is that of a session that nothing ends.
	Causes []Cause
	// EndedAfter leaves out the sessions that ended at this time or earlier.
	EndedAfter time.Time
	// CreatedFrom and CreatedBefore bound the time of creation; the first is within the bounds.
	CreatedFrom   time.Time
	CreatedBefore time.Time
	// NeverReady leaves out the sessions that have been ready, OnceReady those that have not.
	NeverReady bool
	OnceReady  bool
	// Deleted: also those that are deleted and whose processes may still end.
	Deleted bool
	// Labels and Tags: all of them.
	Labels map[string]string
	Tags   map[string]string
}

// Page is a part of a list: at most Limit items after the position After (0: from the start). The
// position is the Seq of a session or the Place of a statement.
type Page struct {
	After int64
	Limit int
	// Order is that of a list of sessions, and Skip leaves out that many of its first ones;
	// statements have neither.
	Order Order
	Skip  int
	// Now is the moment up to which the execution time of a living session counts; it is needed
	// where that is the order.
	Now time.Time
}

// Order is the order of a list of sessions. After is a position only in the first two.
type Order int

// Orders of lists.
const (
	NewestFirst Order = iota
	OldestFirst
	// ShortestFirst and LongestFirst are by ExecutionTime, the older one of two equals first.
	ShortestFirst
	LongestFirst
)
