package store

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/session"
)

// fault is the meaning of an error of a database, read from its code.
type fault int

const (
	faultOther fault = iota
	// faultUnique: a primary key or a unique index refused the row.
	faultUnique
	// faultForeign: the row it belongs to does not exist.
	faultForeign
	// faultConcurrent: the transaction collided with another and may be tried again.
	faultConcurrent
	// faultUnavailable: no connection, or a lock held for too long.
	faultUnavailable
	// faultFull: no space is left.
	faultFull
)

// faults turns errors of a database into the domain's.
type faults struct {
	classify func(error) fault
	// failed, in a transaction, takes the first error of the database.
	failed *error
}

// fail wraps err with the operation that failed. The end of a context stays what it is, whatever
// the driver made of it.
func (f *faults) fail(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	out := fmt.Errorf("%s: %w", doing, f.translate(ctx, err))
	if f.failed != nil && *f.failed == nil {
		*f.failed = out
	}
	return out
}

func (f *faults) translate(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch f.classify(err) {
	case faultUnique:
		return &session.Error{Kind: session.Exists, Msg: "the id is taken", Err: err}
	case faultForeign:
		return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSession, Msg: "there is no such session", Err: err}
	case faultConcurrent:
		return &session.Error{
			Kind: session.Conflict, Reason: session.ReasonConcurrent,
			Msg: "it was changed at the same time", Err: err,
		}
	case faultUnavailable:
		return &session.Error{
			Kind: session.Unavailable, Msg: "the database cannot be reached now", RetryAfter: time.Second, Err: err,
		}
	case faultFull:
		return &session.Error{
			Kind: session.Unavailable, Msg: noSpace, RetryAfter: 5 * time.Second, Err: err,
		}
	default:
		return err
	}
}

func noSession() error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSession, Msg: "there is no such session"}
}

func noStatement() error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonNoStatement, Msg: "there is no such statement"}
}

func taken(what string) error {
	return &session.Error{Kind: session.Exists, Msg: "a " + what + " with this id exists"}
}

func changed(what string) error {
	return &session.Error{
		Kind: session.Conflict, Reason: session.ReasonConcurrent,
		Msg: "the " + what + " was changed at the same time",
	}
}
