package awsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"hearth/internal/inflight"
)

// DefaultMaxBody lets every request through that the constraints of the generated APIs allow, with
// each character written in its longest JSON form (12 bytes): the largest is Glue's CreateSession
// with about 7.2 MB.
const DefaultMaxBody = 8 << 20

// Config is what a service of any protocol needs to know.
type Config struct {
	Name string // for the log: glue, athena, sts …

	// Fault turns an error of a handler into an answer. It also sees Violations and *PanicError, so
	// that an API can answer them with its own errors. If it returns nil the error becomes a
	// ValidationException or an InternalServiceException.
	Fault func(operation string, err error) *Fault

	Log     *slog.Logger // where panics go; discarded if nil
	MaxBody int64        // DefaultMaxBody if zero
}

// PanicError is a panic of a handler. Its text and stack are for the log.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// endpoint is what the protocols share: ids, limits, panics, the order of things.
type endpoint struct {
	Config
	internal ErrorType // the protocol's name for what nobody foresaw
}

func newEndpoint(c Config, internal ErrorType) endpoint {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return endpoint{c, internal}
}

// protocol is how one protocol takes a request apart and writes an error.
type protocol interface {
	answer(w http.ResponseWriter, r *http.Request, call *Call) ([]byte, error)
	encodeFault(f *Fault, requestID string) []byte
	contentType() string
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request, p protocol) {
	ctx, call := beginCall(r.Context(), e.Name)
	body, err := e.guard(ctx, call, func() ([]byte, error) { return p.answer(w, r.WithContext(ctx), call) })
	call.Status = http.StatusOK
	if err != nil {
		f := e.faultOf(call.Operation, err)
		call.Status, call.ErrorCode, call.Err = f.status(), f.Code, err
		body = p.encodeFault(f, call.RequestID)
	}
	w.Header().Set("X-Amzn-Requestid", call.RequestID)
	w.Header().Set("Content-Type", p.contentType())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(call.Status)
	if _, err := w.Write(body); err != nil && call.Err == nil {
		call.Err = fmt.Errorf("write the answer: %w", err) // a client that is gone
	}
}

// guard turns a panic into an error. The answer is complete before the first byte is written, so
// the client gets a proper error instead of half an answer.
func (e *endpoint) guard(ctx context.Context, call *Call, f func() ([]byte, error)) (body []byte, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v) // net/http's own way to drop a connection
		}
		found := &PanicError{Value: v, Stack: debug.Stack()}
		e.Log.LogAttrs(ctx, slog.LevelError, "panic in a handler",
			slog.String("service", call.Service), slog.String("operation", call.Operation),
			slog.String("request_id", call.RequestID), slog.String("error", found.Error()), slog.String("stack", string(found.Stack)))
		body, err = nil, found
	}()
	return f()
}

func (e *endpoint) faultOf(operation string, err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	if e.Fault != nil {
		if f := e.Fault(operation, err); f != nil {
			return f
		}
	}
	if v, ok := errors.AsType[Violations](err); ok {
		return validation.New(v.Error())
	}
	return e.internal.Wrap(err, "An internal error occurred. The server's log has more under this request id.")
}

// body reads the body of a request. One that announces too much is refused at once.
func (e *endpoint) body(w http.ResponseWriter, r *http.Request, unreadable ErrorType, message string) ([]byte, error) {
	if r.ContentLength > e.MaxBody {
		w.Header().Set("Connection", "close") // or the server would read on to keep the connection
		return nil, e.bodyTooLarge()
	}
	body, err := inflight.ReadBody(r, e.MaxBody)
	switch {
	case errors.Is(err, inflight.ErrFull):
		return nil, throttling.Wrap(err, "Rate exceeded: "+err.Error())
	case err != nil:
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			w.Header().Set("Connection", "close")
			return nil, e.bodyTooLarge()
		}
		return nil, unreadable.Wrap(err, message)
	}
	return body, nil
}

func (e *endpoint) bodyTooLarge() error {
	return tooLarge.Newf("The request body must not be larger than %d bytes", e.MaxBody)
}
