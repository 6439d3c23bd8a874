package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hearth/internal/engine"
)

// Kind is the kind of an error, from a closed list; dialects map kinds to the errors of their API.
// A Kind is itself an error, so that errors.Is(err, session.NotFound) works.
type Kind string

// Kinds of errors.
const (
	Invalid         Kind = "invalid"
	Unauthenticated Kind = "unauthenticated"
	Forbidden       Kind = "forbidden"
	NotFound        Kind = "not found"
	Exists          Kind = "exists"
	Conflict        Kind = "conflict"
	Busy            Kind = "busy"
	Quota           Kind = "quota"
	Throttled       Kind = "throttled"
	Unavailable     Kind = "unavailable"
	Timeout         Kind = "timeout"
	Unsupported     Kind = "unsupported"
	Internal        Kind = "internal"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Invalid, Unauthenticated, Forbidden, NotFound, Exists, Conflict, Busy,
		Quota, Throttled, Unavailable, Timeout, Unsupported, Internal,
	}
}

func (k Kind) Error() string { return string(k) }

// Reason refines a kind where dialects treat cases differently. A Reason is itself an error, so
// that errors.Is(err, session.ReasonState) works.
type Reason string

func (r Reason) Error() string { return string(r) }

// Reasons.
const (
	// ReasonState: the session's or statement's state forbids it.
	ReasonState Reason = "state"
	// ReasonConcurrent: somebody else changed it at the same time.
	ReasonConcurrent Reason = "concurrent"
	// ReasonNoStatement: the session exists, the statement does not.
	ReasonNoStatement Reason = "no_statement"
	// ReasonNoSession: there is no such session.
	ReasonNoSession Reason = "no_session"
	// ReasonLabel: another live session has the value of a unique label.
	ReasonLabel Reason = "label"
	// ReasonNoGroup: there is no such group.
	ReasonNoGroup Reason = "no_group"
	// ReasonGroup: the group has no room.
	ReasonGroup Reason = "group"
	// ReasonMachine: the machine has no room for another session.
	ReasonMachine Reason = "machine"
	// ReasonRoom: the store has made room for it, it is to be tried again.
	ReasonRoom Reason = "room"
	// ReasonQueue: too many statements wait.
	ReasonQueue Reason = "queue"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonState, ReasonConcurrent, ReasonNoStatement, ReasonNoSession, ReasonLabel, ReasonNoGroup, ReasonGroup, ReasonMachine,
		ReasonRoom, ReasonQueue,
	}
}

// Unreadable names a session whose stored row cannot be read.
type Unreadable struct {
	ID  string
	Seq int64
}

// UnreadableError is the error about sessions whose rows cannot be read, as after a damage to the
// database. It concerns no other row.
type UnreadableError struct {
	Sessions []Unreadable
	// Err is why the last of them cannot be read.
	Err error
}

func (e *UnreadableError) Error() string {
	ids := make([]string, len(e.Sessions))
	for i, s := range e.Sessions {
		ids[i] = s.ID
	}
	return fmt.Sprintf("the row of session %s cannot be read: %v", strings.Join(ids, ", "), e.Err)
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// UnreadableStatement names a statement whose stored row, or output, cannot be read.
type UnreadableStatement struct {
	Number int64
	// Place and State are those of a row that cannot be read; the ones of a statement that was read
	// already are left out.
	Place int64
	State StatementState
}

// UnreadableStatementsError is like UnreadableError about statements of one session.
type UnreadableStatementsError struct {
	SessionID  string
	Statements []UnreadableStatement
	// Err is why the last of them cannot be read.
	Err error
}

func (e *UnreadableStatementsError) Error() string {
	numbers := make([]string, len(e.Statements))
	for i, s := range e.Statements {
		numbers[i] = strconv.FormatInt(s.Number, 10)
	}
	return fmt.Sprintf("statement %s of session %s cannot be read: %v", strings.Join(numbers, ", "), e.SessionID, e.Err)
}

func (e *UnreadableStatementsError) Unwrap() error { return e.Err }

// Error is an error of the domain.
type Error struct {
	Kind   Kind
	Reason Reason
	// Msg is safe to show to the client.
	Msg string
	// RetryAfter is a hint, 0 if there is none.
	RetryAfter time.Duration
	// Err is for the log alone.
	Err error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Msg, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Msg)
}

// Unwrap makes errors.Is match the kind, the reason and the inner error.
func (e *Error) Unwrap() []error {
	all := []error{e.Kind}
	if e.Reason != "" {
		all = append(all, e.Reason)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// AsError returns the domain's error in err. An engine.InvalidError becomes Invalid with its text,
// the end of a context's time becomes Timeout, and any other error becomes Internal, whose text is
// kept for the log.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: Timeout, Msg: "The operation took too long.", Err: err}
	}
	if e, ok := errors.AsType[*engine.InvalidError](err); ok {
		return &Error{Kind: Invalid, Msg: e.Text, Err: err}
	}
	return &Error{Kind: Internal, Msg: "an internal error occurred", Err: err}
}

func errorf(k Kind, r Reason, format string, args ...any) *Error {
	return &Error{Kind: k, Reason: r, Msg: fmt.Sprintf(format, args...)}
}
