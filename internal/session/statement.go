package session

import (
	"encoding/json"
	"time"

	"hearth/internal/engine"
)

// Statement is one piece of code given to a session.
type Statement struct {
	SessionID string
	// Number counts from 1 within its session, in order of acceptance. The instance knows the
	// statement by it.
	Number int64
	// Series is the part of the session's statements that its API counts and lists it with; Place
	// counts from 1 within that and is drawn by the store. Clients know the statement by it.
	Series Series
	Place  int64
	// ExternalID is a name that its API gave the statement, Description the client's, Extra the
	// dialect's own record; no rule reads them.
	ExternalID  string
	Description string
	Extra       json.RawMessage
	Language    engine.Language
	Code        string
	State       StatementState
	// Status is set when State is StatementDone: ok or error.
	Status engine.Status
	Error  *engine.StatementError
	// Result is the value of the statement by MIME type, nil if it had none.
	Result map[string]string
	// ExecutionCount is the interpreter's own count, 0 until it ran.
	ExecutionCount int
	Progress       float64
	Version        int64

	CreatedAt   time.Time
	StartedAt   time.Time
	CompletedAt time.Time

	// Output is the text and the values that it printed and displayed so far, in order; filled in
	// by the Manager on reading.
	Output []Output
}

// Series is the name of a numbering: an API counts and lists the statements of each series on their
// own. All statements of a session wait in one queue, whatever their series.
type Series string

// Series of statements.
const (
	// SeriesCode is code that was typed, which most APIs call a statement.
	SeriesCode Series = ""
	// SeriesJobs is jobs: functions that a program sent. They are accepted as soon as their session
	// is, also before that is ready.
	SeriesJobs Series = "jobs"
)

// StatementRef names a statement of a session as its clients do.
type StatementRef struct {
	Series Series
	Place  int64
}

// NewStatement is a statement that a dialect submits.
type NewStatement struct {
	Series Series
	// Language "" is that of the session.
	Language engine.Language
	Code     string
	// ExternalID, Description and Extra are kept and returned.
	ExternalID  string
	Description string
	Extra       json.RawMessage
	// Failed makes the statement one that is over at once with this error, nil for one that runs:
	// for an API that accepts languages that nothing here runs. Any text is a language then.
	Failed *engine.StatementError
}

// BriefBytes is how many bytes of code, result and error a statement may have that is not brief.
const BriefBytes = 64 << 10

// BriefStatement is a statement without its output, and with its size. Where code, result and error
// have more than BriefBytes together, all three are left out, and it is Brief.
type BriefStatement struct {
	Statement
	Brief bool
	// Bytes is how many bytes code, result and error have, structures as JSON; OutputBytes is how
	// many its output has.
	Bytes, OutputBytes int64
}

// Output is a run of text of one stream, or one rich value.
type Output struct {
	// Seq is the engine event that began it; it orders output.
	Seq uint64
	// Stream is stdout or stderr, "" for a rich value. The store also keeps pieces of values here,
	// which readers of statements never see.
	Stream string
	Text   string
	// Data is a rich value by MIME type.
	Data map[string]string
}
