package awsapi

import (
	"context"
	"crypto/rand"
	"fmt"
)

// Call describes one request to the code around the runtime. Whoever logs requests puts an empty
// Call into the context with WithCall and reads it after the handler has returned. It belongs to
// one request and is not locked.
type Call struct {
	Service   string // the name given in Config
	Operation string // empty when the request names no known operation
	RequestID string // kept if already set
	Status    int
	ErrorCode string // empty on success
	Err       error  // the whole error: for the log, never for the client
}

type callKey struct{}

// WithCall returns a context that carries the call.
func WithCall(ctx context.Context, call *Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// CallFrom returns the call that the context carries, or nil. Inside a handler it is never nil.
func CallFrom(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

func beginCall(ctx context.Context, service string) (context.Context, *Call) {
	call := CallFrom(ctx)
	if call == nil {
		call = new(Call)
		ctx = WithCall(ctx, call)
	}
	call.Service = service
	if call.RequestID == "" {
		call.RequestID = NewRequestID()
	}
	return ctx, call
}

// NewRequestID returns a random UUID (version 4), the form that AWS request ids have.
func NewRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
