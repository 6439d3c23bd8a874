// Package engine is the port between the session domain and whatever runs a
// session: it names what an engine instance is asked (Spec, Statement), what it
// tells (Event, Exit) and the verbs of a driver (Driver, Instance).
//
// It holds no implementation and imports nothing of ours, so that both the
// domain and every way of running (engine/local, engine/fake, clusters later)
// can depend on it. It knows nothing of dialects, stores or Spark itself.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Errors of a driver. They are kinds, matched with errors.Is; the wrapped text
// is for the log.
var (
	// ErrNotFound says that no trace of the instance exists.
	ErrNotFound = errors.New("engine: no such instance")
	// ErrGone says that the instance existed and its processes have ended; its
	// exit is read with Driver.Inspect.
	ErrGone = errors.New("engine: instance is gone")
	// ErrUnsupported says that this driver cannot do what was asked.
	ErrUnsupported = errors.New("engine: not supported")
	// ErrInvalid says that what was asked can never be done. Such errors are
	// InvalidErrors, which carry a text for the client.
	ErrInvalid = errors.New("engine: invalid spec")
	// ErrDetached says that the connection to the instance was lost while the
	// instance itself may live on: attach again.
	ErrDetached = errors.New("engine: detached")
)

// InvalidError is an ErrInvalid with the reason: a spec, a statement or a file that can never
// be run as asked.
type InvalidError struct {
	// Text is written for the client.
	Text string
	// Err is for the log alone; nil if there is nothing more to say.
	Err error
}

// Invalidf returns an InvalidError whose text is formatted.
func Invalidf(format string, args ...any) error {
	return &InvalidError{Text: fmt.Sprintf(format, args...)}
}

func (e *InvalidError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%v: %s: %v", ErrInvalid, e.Text, e.Err)
	}
	return fmt.Sprintf("%v: %s", ErrInvalid, e.Text)
}

// Unwrap makes errors.Is match ErrInvalid and the inner error.
func (e *InvalidError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrInvalid}
	}
	return []error{ErrInvalid, e.Err}
}

// Driver starts engine instances, finds them again after a restart, and clears
// them away. It is safe for concurrent use.
type Driver interface {
	// Capabilities says what instances of this driver can do.
	Capabilities() Capabilities
	// Start makes the instance s.ID exist and returns as soon as its supervisor
	// has it; readiness arrives as events. Starting an ID that is already
	// running returns its handle and starts nothing. ErrInvalid for a spec that
	// can never run.
	Start(ctx context.Context, s Spec) (Handle, error)
	// Attach connects to a running or ended instance and delivers every event
	// with Seq > after, in order. For an instance whose supervisor is dead it
	// still replays what the spool holds and ends with an EventExit.
	// ErrNotFound if there is no trace of it.
	Attach(ctx context.Context, id string, after uint64) (Instance, error)
	// Find lists every instance of which there is a trace, dead or alive.
	Find(ctx context.Context) ([]Found, error)
	// Inspect tells whether the instance runs and, if not, how it ended.
	Inspect(ctx context.Context, id string) (Found, error)
	// Destroy ends every process of the instance without grace and removes its
	// sockets, cgroup and scratch directory; logs and spool stay. It is
	// idempotent and returns when nothing is left.
	Destroy(ctx context.Context, id string) error
	// Purge removes logs and spool of a destroyed instance. Idempotent.
	Purge(ctx context.Context, id string) error
	// Log opens the instance's log for reading: what Hearth says about the
	// instance, then the driver's own output. Readable until Purge.
	Log(ctx context.Context, id string) (io.ReadCloser, error)
}

// Instance is a connection to one running instance. Losing or closing it never
// ends the instance.
type Instance interface {
	// ID is the instance's id.
	ID() string
	// Events delivers events in order of Seq. It is closed when the connection
	// ends; after an EventExit nothing follows.
	Events() <-chan Event
	// Execute hands over a statement. A statement number already seen is not run
	// again: its present state is replayed if it was not acknowledged. The
	// error is nil as soon as the supervisor has it on disk.
	Execute(ctx context.Context, s Statement) error
	// Interrupt asks the running code of this statement to stop. It never
	// touches another statement, whatever runs when it arrives.
	Interrupt(ctx context.Context, number int64) error
	// Complete lists what code could go on with at the cursor, an offset in
	// characters: names alone, without what stands before their last dot. It is
	// answered beside the statements and kept nowhere; while one runs the list may
	// be empty, and comes within about a second. ErrUnsupported for a language
	// that the instance does not run, or if its supervisor is too old to know.
	Complete(ctx context.Context, lang Language, code string, cursor int) ([]string, error)
	// Describe tells what the name at the cursor means, by MIME type: its
	// signature and documentation, or its type. Nothing if that is not known;
	// asked and answered like Complete.
	Describe(ctx context.Context, lang Language, code string, cursor int) (map[string]string, error)
	// AddFile brings a file that exists on this machine into the session, also
	// while a statement runs; adding it again is no error. ErrInvalid for another
	// kind, or with what Spark says against the file; ErrUnsupported if nothing of
	// the instance takes such files, or if its supervisor is too old to know.
	AddFile(ctx context.Context, kind FileKind, path string) error
	// Upload keeps body under a base name until the instance ends and adds it. An
	// error of body is wrapped.
	Upload(ctx context.Context, kind FileKind, name string, body io.Reader) error
	// Ack says that every event up to seq is safely stored by the caller.
	Ack(ctx context.Context, seq uint64) error
	// Stop ends the instance: a polite request, TERM after it, KILL after grace.
	// It returns when the request is accepted; the end arrives as EventExit.
	Stop(ctx context.Context, grace time.Duration) error
	// Close detaches.
	Close() error
}

// Capabilities is what the domain must know about a driver.
type Capabilities struct {
	// Name is the driver's name, as shown to people: "local".
	Name string
	// Languages are the statement languages its instances run.
	Languages []Language
	// Interrupt tells whether running code can be interrupted.
	Interrupt bool
	// Ray tells whether Ray sessions can be started.
	Ray bool
}

// Language is the language of a statement.
type Language string

// Languages of statements.
const (
	Python Language = "python"
	Scala  Language = "scala"
	SQL    Language = "sql"
	// PythonJob is a Python function of one argument, a job context (spark_session,
	// sc and others), pickled by value and in base64. What it returns is the
	// result, under PickleMIME.
	PythonJob Language = "python-job"
)

// PickleMIME is the type of a pickled Python object, in base64.
const PickleMIME = "application/vnd.hearth.python-pickle"

// FileKind says what a file is added to.
type FileKind string

// Kinds of files.
const (
	FileJar    FileKind = "jar"    // class path of the driver and of executors
	FilePython FileKind = "pyfile" // Python's path, here and on executors
	FilePlain  FileKind = "file"   // SparkFiles
)

// FileKinds lists every kind.
func FileKinds() []FileKind { return []FileKind{FileJar, FilePython, FilePlain} }

// Spec is all that is needed to start an instance. It is stored beside the
// session, so that an accepted session can be started again after a crash.
type Spec struct {
	// ID is the instance's id: unique, chosen by the domain, safe as a file name.
	ID string `json:"id"`
	// Runtime names the runtime, for example "spark-3.5".
	Runtime string `json:"runtime"`
	// AppName becomes spark.app.name.
	AppName string `json:"app_name"`
	// Language is the default language of statements.
	Language Language `json:"language"`
	// Args is sys.argv[1:] of Python statements.
	Args []string `json:"args,omitempty"`
	// Env is added to the environment of the instance's processes.
	Env map[string]string `json:"env,omitempty"`
	// Conf is the Spark configuration asked for, already admitted by policy.
	Conf map[string]string `json:"conf,omitempty"`
	// Jars, PyFiles and Files are local paths that exist; Jars are on the class
	// path of the driver from its start.
	Jars    []string `json:"jars,omitempty"`
	PyFiles []string `json:"py_files,omitempty"`
	Files   []string `json:"files,omitempty"`
	// Formats are table formats whose jars the runtime carries: delta, iceberg.
	Formats []string `json:"formats,omitempty"`
	// PythonModules are pip requirements installed into the session's own
	// overlay before it is ready; PipOptions are passed to pip.
	PythonModules []string `json:"python_modules,omitempty"`
	PipOptions    []string `json:"pip_options,omitempty"`
	// Cores and MemoryMB are what the session asked of its driver and workers
	// together, nominally; the driver scales them to the machine and says so in
	// the first line of the log.
	Cores    int `json:"cores,omitempty"`
	MemoryMB int `json:"memory_mb,omitempty"`
	// DriverMB is the part of MemoryMB that was asked for the driver by itself, 0 if
	// nothing was.
	DriverMB int `json:"driver_mb,omitempty"`
	// Grants is a line for the log's head: what the session was really given
	// and what was substituted for what.
	Grants string `json:"grants,omitempty"`
	// Archives are local paths that exist, each perhaps with "#name": they are
	// unpacked in the working directory of every task, under that name.
	Archives []string `json:"archives,omitempty"`
	// Batch makes the instance run one program to its end. It takes no statements:
	// it is ready as soon as the program runs, and ends with it.
	Batch *Batch `json:"batch,omitempty"`
	// Labels go to the environment and the log for people: session_id, dialect,
	// external_id. Never used for decisions.
	Labels map[string]string `json:"labels,omitempty"`
	// OutputLimit is how many bytes of output one statement may keep; the rest
	// is dropped with a visible mark. 0 means the driver's default (32 MiB).
	OutputLimit int64 `json:"output_limit,omitempty"`
}

// Batch is a program for spark-submit.
type Batch struct {
	// Main is the local path of a Python file or of a jar.
	Main string `json:"main"`
	// Class is the main class of a jar; "" leaves it to the jar's manifest.
	Class string `json:"class,omitempty"`
	// Args are passed to the program as they are.
	Args []string `json:"args,omitempty"`
	// Retries is how many more times the domain runs the program after it failed,
	// each time in an instance of its own. Drivers do not read it.
	Retries int `json:"retries,omitempty"`
}

// Handle is a driver's own versioned record of an instance. The domain stores
// it and cannot read it.
type Handle []byte

// Found is one instance a driver knows of.
type Found struct {
	ID     string
	Alive  bool
	Handle Handle
	// Exit is set when the instance is not alive.
	Exit *Exit
}

// Statement is one piece of code to run.
type Statement struct {
	// Number identifies the statement within the instance; from 1.
	Number   int64    `json:"number"`
	Language Language `json:"language"`
	Code     string   `json:"code"`
}

// EventKind tells what an Event carries.
type EventKind string

// Kinds of events. Progress and phase events are not replayed (their Seq is 0).
const (
	// EventPhase: start-up goes on; Text says with what, Progress how far (0..1).
	EventPhase EventKind = "phase"
	// EventReady: statements run now; Info is set.
	EventReady EventKind = "ready"
	// EventStarted: the kernel has begun to run the statement.
	EventStarted EventKind = "started"
	// EventStream: output of a statement; Stream is stdout or stderr.
	EventStream EventKind = "stream"
	// EventDisplay: a rich value shown by a statement; Data by MIME type.
	EventDisplay EventKind = "display"
	// EventPart: a piece of the rich value that the next EventDisplay, or else the
	// EventResult, of the statement ends; Data with one type, whose pieces are joined.
	EventPart EventKind = "part"
	// EventProgress: Progress of a running statement, 0..1, never falling.
	EventProgress EventKind = "progress"
	// EventResult: the statement has ended; Status is set.
	EventResult EventKind = "result"
	// EventDegraded: the driver lives but its kernel process is dead; Text says how.
	EventDegraded EventKind = "degraded"
	// EventExit: the instance has ended and nothing of it runs; Exit is set. Last.
	EventExit EventKind = "exit"
)

// Event is something an instance tells. Fields apply by Kind.
type Event struct {
	// Seq is unique and gapless per instance, from 1; 0 marks an event that is
	// not kept.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"`
	Kind EventKind `json:"kind"`
	// Statement is the number of the statement, 0 if the event is not about one.
	Statement int64 `json:"statement,omitempty"`

	Stream   string            `json:"stream,omitempty"`
	Text     string            `json:"text,omitempty"`
	Data     map[string]string `json:"data,omitempty"` // MIME type -> text, or base64 for binary types
	Progress float64           `json:"progress,omitempty"`
	Status   Status            `json:"status,omitempty"`
	Error    *StatementError   `json:"error,omitempty"`
	// ExecutionCount is the number of the statement as the interpreter counts.
	ExecutionCount int   `json:"execution_count,omitempty"`
	Info           *Info `json:"info,omitempty"`
	Exit           *Exit `json:"exit,omitempty"`
}

// Size is about how many bytes of text the event carries.
func (e *Event) Size() int {
	n := len(e.Text)
	for _, v := range e.Data {
		n += len(v)
	}
	return n
}

// Status is how a statement ended.
type Status string

// Statuses of ended statements.
const (
	StatusOK        Status = "ok"
	StatusError     Status = "error"
	StatusCancelled Status = "cancelled"
	// StatusLost: the process that ran it died before it ended.
	StatusLost Status = "lost"
)

// StatementError is an exception of user code.
type StatementError struct {
	Name      string   `json:"name"`
	Value     string   `json:"value"`
	Traceback []string `json:"traceback"`
}

// Info is what a ready instance really is.
type Info struct {
	SparkVersion  string `json:"spark_version,omitempty"`
	ScalaVersion  string `json:"scala_version,omitempty"`
	PythonVersion string `json:"python_version,omitempty"`
	JavaVersion   string `json:"java_version,omitempty"`
	ApplicationID string `json:"application_id,omitempty"`
	// UIAddress is host:port of the Spark UI on loopback, "" when it has none;
	// UISecret must be sent as header X-Hearth-Secret on each request to it.
	UIAddress string `json:"ui_address,omitempty"`
	UISecret  Secret `json:"ui_secret,omitempty"`
	// Cores and MemoryMB are what was really given to the driver.
	Cores    int `json:"cores,omitempty"`
	MemoryMB int `json:"memory_mb,omitempty"`
}

// Secret is a string that logs never show.
type Secret string

// String hides the secret from fmt and slog.
func (Secret) String() string { return "[redacted]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[redacted]" }

// Cause is why an instance ended, as its supervisor saw it.
type Cause string

// Causes of an instance's end.
const (
	CauseStopped     Cause = "stopped"       // asked to
	CauseCompleted   Cause = "completed"     // the program of a batch came to a good end
	CauseExited      Cause = "exited"        // user code ended the process (exit(), System.exit), or a batch failed
	CauseCrashed     Cause = "crashed"       // a process died of a signal or an error
	CauseOutOfMemory Cause = "out_of_memory" // the JVM gave up, or the system killed it for memory
	CauseFailedStart Cause = "failed_start"  // never became ready
	CauseLost        Cause = "lost"          // the supervisor itself died
)

// Exit is how an instance ended.
type Exit struct {
	Cause Cause     `json:"cause"`
	Time  time.Time `json:"time"`
	// Process is the process whose end ended the instance: jvm, python,
	// supervisor; Code and Signal are its wait status.
	Process string `json:"process,omitempty"`
	Code    int    `json:"code"`
	Signal  string `json:"signal,omitempty"`
	// Message is one client-safe sentence; LastLines are the last error lines of
	// the log.
	Message   string   `json:"message"`
	LastLines []string `json:"last_lines,omitempty"`
}
