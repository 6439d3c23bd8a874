// Package reqevent holds the request event: the one line of log that a request leaves. The front
// door puts an empty Event into the request's context and logs it at the end; handlers fill in what
// they learn on the way.
//
// An Event belongs to one request and is not locked: only the request's own goroutine may write to
// it. The package imports nothing of ours, so that dialects can use it without knowing the server.
package reqevent

import (
	"context"
	"time"
)

// Event describes one request. The names of its fields are the keys of the log line, and two of
// them labels of the metrics.
type Event struct {
	RequestID string
	// Dialect is the API: glue, sts, … or what else answered: console, health.
	Dialect   string
	Operation string
	// SessionID is the internal id of the session that the request is about.
	SessionID string
	// Principal is who asked, as far as the request says.
	Principal string
	Method    string
	Status    int
	Duration  time.Duration
	// Code is the error's name on the wire, "" on success.
	Code string
	// Err is the whole error: for the log, never for the client.
	Err error
	// Fault says that the server is to blame, for an API whose status does not.
	Fault bool
}

type key struct{}

// With returns a context that carries the event.
func With(ctx context.Context, e *Event) context.Context { return context.WithValue(ctx, key{}, e) }

// From returns the event that the context carries. It is never nil: without one, as in tests of a
// dialect alone, it is an Event that nobody reads.
func From(ctx context.Context) *Event {
	if e, ok := ctx.Value(key{}).(*Event); ok {
		return e
	}
	return new(Event)
}
