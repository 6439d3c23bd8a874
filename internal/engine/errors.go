package engine

import (
	"errors"
	"fmt"
)

// Errors of drivers. They are kinds, matched with errors.Is; the wrapped text is for the log.
var (
	// ErrNotFound: no trace of the instance exists.
	ErrNotFound = errors.New("engine: no such instance")
	// ErrGone: the instance existed and its processes have ended; Driver.Inspect returns its exit.
	ErrGone = errors.New("engine: instance is gone")
	// ErrUnsupported: this driver cannot do it.
	ErrUnsupported = errors.New("engine: not supported")
	// ErrInvalid: the request can never be served. Such errors are InvalidErrors, which carry a
	// text for the client.
	ErrInvalid = errors.New("engine: invalid spec")
	// ErrNoEngine: the fleet has no engine of this name.
	ErrNoEngine = errors.New("engine: no such engine")
	// ErrFull: the instance keeps no more uploads.
	ErrFull = errors.New("engine: no room for more uploads")
	// ErrNoSpace: the disk of the machine is full, so that nothing can be added to it now.
	ErrNoSpace = errors.New("engine: no space left")
	// ErrDetached: the connection to the instance was lost, and the instance itself may live on:
	// attach again.
	ErrDetached = errors.New("engine: detached")
	// ErrTrimmed: events that are asked for were acknowledged as stored, and are not kept any more.
	ErrTrimmed = errors.New("engine: events are not kept any more")
)

// InvalidError is an ErrInvalid with the reason: a spec, a statement or a file that can never be
// run as asked.
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
