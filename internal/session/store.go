package session

import (
	"context"
	"time"
)

// Store keeps sessions and statements. It holds no rule: it stores the values it gets, and refuses
// a write that would break uniqueness or overwrite somebody else's change. Implementations pass
// sessiontest.Exercise.
type Store interface {
	Reader
	// WithTx runs fn in one transaction: all of its writes happen, or none. An error of fn rolls
	// back and is returned as it is. fn may be run again only by its caller; the Store never
	// retries.
	//
	// A Store may keep room for transactions that only end, cancel or remove something. It returns
	// Unavailable with ReasonRoom when it has given it to one, which is to be run again.
	WithTx(ctx context.Context, fn func(Tx) error) error
	// Room returns why nothing can be added now, Unavailable; nil if it can as far as is known.
	Room(ctx context.Context) error
	// Shrink gives a piece of the space of what was removed back to the disk, and reports whether
	// there is more of it. No other write waits for longer than a piece takes. A Store that cannot
	// says why in an error, once.
	Shrink(ctx context.Context) (more bool, err error)
	// Close releases the store.
	Close() error
}

// Reader reads. Outside a transaction each call sees the latest commit.
type Reader interface {
	// Session returns the session with this internal id, deleted or not. NotFound if there is none,
	// an UnreadableError if its row cannot be read.
	Session(ctx context.Context, id string) (Session, error)
	// FindSession returns the session that is not deleted by its name; it does not look at ref.ID.
	// NotFound if there is none.
	FindSession(ctx context.Context, ref Ref) (Session, error)
	// ListSessions returns sessions in the order of the page: newest first (falling Seq, all below
	// page.After if that is not 0), oldest first (rising Seq, all above it), or by execution time
	// (page.After has no meaning), without the first page.Skip of them, at most page.Limit. Deleted
	// ones are left out unless the filter has Deleted. Beside the others, an UnreadableError names
	// those of the page whose rows cannot be read.
	ListSessions(ctx context.Context, f Filter, page Page) ([]Session, error)
	// CountSessions counts the sessions that ListSessions returns.
	CountSessions(ctx context.Context, f Filter) (int, error)
	// InstanceOwners returns every session, oldest first and deleted ones too, as far as a starting
	// server needs it.
	InstanceOwners(ctx context.Context) ([]InstanceOwner, error)
	// DueSessions returns the ids of live sessions (Starting, Idle, Busy, Degraded) whose idle,
	// heartbeat or lifetime deadline is at or before now, oldest first, at most limit.
	DueSessions(ctx context.Context, now time.Time, limit int) ([]string, error)
	// EndedSessions returns the ids of Ended sessions that are not deleted and ended before t,
	// oldest first, at most limit.
	EndedSessions(ctx context.Context, t time.Time, limit int) ([]string, error)
	// UncountedSessions returns the ids of Ended sessions that are not deleted and for which
	// SetKept has recorded nothing, oldest end first, at most limit.
	UncountedSessions(ctx context.Context, limit int) ([]string, error)
	// SessionBytes counts what is stored of a session: its row, code, results, errors and output,
	// in bytes, with less than 1 KiB more for each row. 0 if there is none. Outside a transaction
	// it reads piece by piece, and sees what comes meanwhile or not.
	SessionBytes(ctx context.Context, id string) (int64, error)
	// ExcessSessions returns the ids of Ended sessions that are not deleted and must go, oldest end
	// first, at most limit, so that the others have at most keep bytes together by what SetKept
	// recorded: those that have more by themselves, and of the others those that ended first.
	ExcessSessions(ctx context.Context, keep int64, limit int) ([]string, error)

	// Statement returns one statement without its output. NotFound if absent, an
	// UnreadableStatementsError if its row cannot be read.
	Statement(ctx context.Context, sessionID string, number int64) (Statement, error)
	// FindStatement does so by the place in a series, of a session that is not deleted. A large one
	// is brief.
	FindStatement(ctx context.Context, sessionID string, which StatementRef) (BriefStatement, error)
	// ListStatements returns statements of a series in rising order of Place, all above page.After,
	// at most page.Limit. Large ones are brief. Beside the others, an UnreadableStatementsError
	// names those of the page whose rows cannot be read.
	ListStatements(ctx context.Context, sessionID string, series Series, page Page) ([]BriefStatement, error)
	// OpenStatements returns the statements in state waiting, running or cancelling, in rising
	// order, at most limit, without code, result and output: a thousand may wait. Those whose rows
	// cannot be read are as in ListStatements.
	OpenStatements(ctx context.Context, sessionID string, limit int) ([]Statement, error)
	// NextStatement returns the first of the open statements as Statement does. NotFound if none is
	// open.
	NextStatement(ctx context.Context, sessionID string) (Statement, error)
	// CountStatements counts the statements of a series.
	CountStatements(ctx context.Context, sessionID string, series Series) (int, error)
	// CountWaiting counts waiting statements and the bytes of their code.
	CountWaiting(ctx context.Context, sessionID string) (n int, bytes int64, err error)
	// Output returns the output of a statement, in order; an UnreadableStatementsError if a part of
	// it cannot be read.
	Output(ctx context.Context, sessionID string, number int64) ([]Output, error)

	// AliveAt is when the server last said that it lives; zero if never.
	AliveAt(ctx context.Context) (time.Time, error)
}

// InstanceOwner is a session with the name of its instance.
type InstanceOwner struct {
	SessionID string
	// Engine and InstanceID name the instance among those of all engines.
	Engine     string
	InstanceID string
	// Unfinished reports whether the session lives, deleted or not, or is deleted and still to be
	// cleared away. Any other one has ended and only keeps its log.
	Unfinished bool
}

// Tx is a transaction: it reads its own writes.
type Tx interface {
	Reader
	// InsertSession adds a session, with Version 1, and fills in s.Seq. Exists if the internal id,
	// or the external id among sessions not deleted, is taken.
	InsertSession(ctx context.Context, s *Session) error
	// UpdateSession writes every field of s but ID, Seq and Progress if the stored Version equals
	// s.Version, and raises s.Version by one. Conflict with ReasonConcurrent otherwise; NotFound if
	// the row is gone.
	UpdateSession(ctx context.Context, s *Session) error
	// SetKept records how many bytes an ended session keeps. It leaves the Version alone, and does
	// nothing if the session is gone.
	SetKept(ctx context.Context, id string, bytes int64) error
	// TrimSession removes some output of a session, or statements if it has no output, and returns
	// how many; 0 if it has neither. It takes the first one and those behind it until they have
	// the given bytes.
	TrimSession(ctx context.Context, id string, bytes int) (int, error)
	// DeleteSession removes a session with its statements and output for good. Idempotent.
	DeleteSession(ctx context.Context, id string) error

	// InsertStatement adds a statement with Version 1 and the next Place of its series, and fills
	// in both. Exists if the number is taken.
	InsertStatement(ctx context.Context, s *Statement) error
	// UpdateStatement writes like UpdateSession, but only the fields that change: State, Status,
	// Error, Result, ExecutionCount, Progress, StartedAt and CompletedAt.
	UpdateStatement(ctx context.Context, s *Statement) error
	// EndWaiting ends every waiting statement of a session with the State, Error and CompletedAt of
	// end, and whole progress.
	EndWaiting(ctx context.Context, sessionID string, end Statement) error
	// EndUnread ends a statement whose row cannot be read: if it is open it gets the fields of end
	// that UpdateStatement writes. NotFound otherwise.
	EndUnread(ctx context.Context, sessionID string, number int64, end Statement) error
	// AppendOutput adds output to a statement. An output whose Seq is already stored for the
	// session is left as it is: replay is idempotent.
	AppendOutput(ctx context.Context, sessionID string, number int64, out []Output) error

	// NextNumber returns the next number of a named series, from 0. A number once committed is
	// never returned again, whatever is deleted.
	NextNumber(ctx context.Context, series string) (int64, error)
	// SetAliveAt records that the server lives.
	SetAliveAt(ctx context.Context, t time.Time) error
	// ShiftIdleDeadlines moves the idle and the heartbeat deadline of every live session that has
	// them by d.
	ShiftIdleDeadlines(ctx context.Context, d time.Duration) error
}
