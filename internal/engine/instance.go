package engine

import (
	"context"
	"io"
	"time"
)

// Instance is a connection to one instance. Losing or closing it never ends the instance. The
// answer of a verb never waits for events to be read.
type Instance interface {
	// ID returns the instance's id.
	ID() string
	// Events delivers events in order of Seq. It is closed when the connection ends; nothing
	// follows an EventExit.
	Events() <-chan Event
	// Execute hands over a statement. A statement number already seen is not run again. The error
	// is nil as soon as the instance will run it even if this server dies.
	Execute(ctx context.Context, s Statement) error
	// Interrupt makes the running code of this statement stop. It never touches another statement,
	// whatever runs when it arrives; a statement that has not begun never runs.
	Interrupt(ctx context.Context, number int64) error
	// Complete lists the names that may follow code at the cursor, an offset in characters: without
	// the part before their last dot. It does not wait for statements and is kept nowhere; while
	// one runs the list may be empty, and comes within about a second. ErrUnsupported for a
	// language that the instance does not run, or if its supervisor is too old to know.
	Complete(ctx context.Context, lang Language, code string, cursor int) ([]string, error)
	// Describe returns the meaning of the name at the cursor by MIME type: its signature and
	// documentation, or its type; nothing if that is not known. Otherwise it is like Complete.
	Describe(ctx context.Context, lang Language, code string, cursor int) (map[string]string, error)
	// AddFile brings a file that exists on this machine into the session, also while a statement
	// runs; adding it again is no error. ErrInvalid for another kind, or for a file that Spark
	// refuses; ErrUnsupported if nothing of the instance takes such files, or if its supervisor is
	// too old to know.
	AddFile(ctx context.Context, kind FileKind, path string) error
	// Upload keeps body under a base name until the instance ends, and adds it as AddFile does.
	// ErrFull if the uploads of the instance would be more together than the driver takes,
	// ErrNoSpace on a full disk; an error of body is wrapped.
	Upload(ctx context.Context, kind FileKind, name string, body io.Reader) error
	// Acknowledge tells that every event up to seq is stored for good. The instance may give up
	// what it keeps of them, at once, later or never: from then on Attach after a smaller number is
	// an error. It waits for nothing; what is not heard is made good by the next one.
	Acknowledge(seq uint64) error
	// Stop ends the instance: politely, with TERM after that, with KILL after grace. It returns
	// when the request is accepted; the end arrives as EventExit.
	Stop(ctx context.Context, grace time.Duration) error
	// Close detaches.
	Close() error
}

// Statement is one piece of code to run.
type Statement struct {
	// Number identifies the statement within the instance; from 1.
	Number   int64    `json:"number"`
	Language Language `json:"language"`
	Code     string   `json:"code"`
}

// Language is the language of a statement.
type Language string

// Languages of statements.
const (
	Python Language = "python"
	Scala  Language = "scala"
	SQL    Language = "sql"
	// PythonJob is a Python function of one argument, a job context (spark_session, sc and others),
	// pickled by value and in base64. Its value is the result, under PickleMIME.
	PythonJob Language = "python-job"
)

// PickleMIME is the type of a pickled Python object, in base64.
const PickleMIME = "application/vnd.hearth.python-pickle"

// FileKind names the part of a session that a file is added to.
type FileKind string

// Kinds of files.
const (
	FileJar    FileKind = "jar"    // class path of the driver and of executors
	FilePython FileKind = "pyfile" // Python's path, here and on executors
	FilePlain  FileKind = "file"   // SparkFiles
)

// FileKinds lists every kind.
func FileKinds() []FileKind { return []FileKind{FileJar, FilePython, FilePlain} }
