package engine

import "time"

// EventKind names what an Event reports, and so which of its fields are set.
type EventKind string

// Kinds of events. Progress and phase events are not replayed (their Seq is 0).
const (
	// EventPhase: start-up goes on; Text names the step, Progress is the share done (0..1).
	EventPhase EventKind = "phase"
	// EventReady: statements, or the program of a batch, run now; Info is set.
	EventReady EventKind = "ready"
	// EventInfo: more is known of a ready instance, such as the context that its program has made;
	// Info is set and replaces the one before.
	EventInfo EventKind = "info"
	// EventStarted: the kernel has begun to run the statement. Its Seq is 0, but for instances of
	// older supervisors, which kept it.
	EventStarted EventKind = "started"
	// EventStream: output of a statement; Stream is stdout or stderr.
	EventStream EventKind = "stream"
	// EventDisplay: a rich value shown by a statement; Data by MIME type.
	EventDisplay EventKind = "display"
	// EventPart: a piece of the rich value that the next EventDisplay, or else the EventResult, of
	// the statement ends; Data with one type, whose pieces are joined.
	EventPart EventKind = "part"
	// EventProgress: Progress of a running statement, 0..1, never falling.
	EventProgress EventKind = "progress"
	// EventResult: the statement has ended; Status is set.
	EventResult EventKind = "result"
	// EventDegraded: Spark lives and the kernel of the default language is dead; Text describes its
	// end. Only a Setup that has Degrade brings it about.
	EventDegraded EventKind = "degraded"
	// EventExit: the instance has ended and nothing of it runs; Exit is set. Last.
	EventExit EventKind = "exit"
)

// Event is one thing that an instance reports. Fields apply by Kind.
type Event struct {
	// Seq is unique and gapless per instance, from 1; 0 marks an event that is not kept.
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

// Size returns about how many bytes of text the event carries.
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

// Info describes a ready instance.
type Info struct {
	SparkVersion  string `json:"spark_version,omitempty"`
	ScalaVersion  string `json:"scala_version,omitempty"`
	PythonVersion string `json:"python_version,omitempty"`
	JavaVersion   string `json:"java_version,omitempty"`
	ApplicationID string `json:"application_id,omitempty"`
	// UIAddress is host:port of the Spark UI on loopback, "" when it has none; UISecret must be
	// sent as header X-Hearth-Secret on each request to it.
	UIAddress string `json:"ui_address,omitempty"`
	UISecret  Secret `json:"ui_secret,omitempty"`
	// Cores and MemoryMB are those that Spark's driver really has.
	Cores    int `json:"cores,omitempty"`
	MemoryMB int `json:"memory_mb,omitempty"`
}

// Secret is a string that logs never show.
type Secret string

// String hides the secret from fmt and slog.
func (Secret) String() string { return "[redacted]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[redacted]" }

// Cause is why an instance ended, as its driver saw it.
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
	CauseAbandoned   Cause = "abandoned"     // no server was connected for too long
)

// Exit is how an instance ended.
type Exit struct {
	Cause Cause     `json:"cause"`
	Time  time.Time `json:"time"`
	// Process is the process whose end ended the instance: jvm, python, supervisor; Code and Signal
	// are its wait status.
	Process string `json:"process,omitempty"`
	Code    int    `json:"code"`
	Signal  string `json:"signal,omitempty"`
	// Message is one client-safe sentence; LastLines are the last error lines of the log.
	Message   string   `json:"message"`
	LastLines []string `json:"last_lines,omitempty"`
}
