package dli

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"hearth/internal/livyapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// Codes of errors, from the table of the API reference.
const (
	codeParameter   = "DLI.0001" // a parameter is wrong
	codeMissing     = "DLI.0002" // an object that is named does not exist
	codeExists      = "DLI.0006"
	codeUnsupported = "DLI.0007"
	codeLimit       = "DLI.0009" // a restriction of the system
	codeUnavailable = "DLI.0012" // a resource cannot be used now
	codeUser        = "DLI.0013" // authentication of the user
	codeRole        = "DLI.0016"
	codeTimeout     = "DLI.0019"
	codeNotFound    = "DLI.0023" // the resource of the path does not exist
	codeInternal    = "DLI.0999"
	codeQuota       = "DLI.1028"
	// codeNoAPI is the gateway's in front of DLI, for a path or method that is none.
	codeNoAPI = "APIGW.0101"
)

// failure is an error with its place on the wire.
type failure struct {
	status int
	Code   string `json:"error_code"`
	Msg    string `json:"error_msg"`
	// retry is the value of Retry-After, 0 for none.
	retry time.Duration
	// err is for the log.
	err error
}

func (f *failure) Error() string {
	if f.err != nil {
		return f.err.Error()
	}
	return f.Code + ": " + f.Msg
}

func (f *failure) Unwrap() error { return f.err }

// invalid is the error of a request that cannot be what it is.
func invalid(format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, Code: codeParameter, Msg: fmt.Sprintf(format, args...)}
}

func noAPI() error {
	return &failure{status: http.StatusNotFound, Code: codeNoAPI, Msg: "The API does not exist or has not been published in the environment"}
}

// missing is the error of something that a request names and that is not there.
func missing(format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, Code: codeMissing, Msg: fmt.Sprintf(format, args...)}
}

// unauthenticated is the error of credentials that do not say who asks.
func unauthenticated(msg string, cause error) error {
	return &session.Error{Kind: session.Unauthenticated, Msg: msg, Err: cause}
}

// internalText is all that a client learns about a fault of ours.
const internalText = "an internal error occurred; the server's log has more"

// wireError gives an error its place on the wire: the only function that knows which kind of the
// domain's is which code.
func wireError(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	e := session.AsError(readable(err))
	f := &failure{status: http.StatusBadRequest, Msg: e.Msg, retry: e.RetryAfter, err: err}
	switch e.Kind {
	case session.Invalid:
		f.Code = codeParameter
	case session.NotFound:
		f.status, f.Code = http.StatusNotFound, codeNotFound
		if e.Reason == session.ReasonNoGroup {
			f.status, f.Code = http.StatusBadRequest, codeMissing
		}
	case session.Exists:
		f.Code = codeExists
	case session.Unsupported:
		f.Code = codeUnsupported
	case session.Quota:
		f.Code = codeQuota
	case session.Busy:
		f.Code, f.retry = codeLimit, max(f.retry, time.Second)
	case session.Throttled:
		f.Code, f.retry = codeLimit, max(f.retry, time.Second)
	case session.Conflict:
		f.Code = codeUnavailable
	case session.Unavailable:
		f.Code, f.retry = codeUnavailable, max(f.retry, 5*time.Second)
	case session.Timeout:
		f.Code = codeTimeout
	case session.Unauthenticated:
		f.status, f.Code = http.StatusUnauthorized, codeUser
	case session.Forbidden:
		f.Code = codeRole
	default: // 400: the table has no code of another status for it
		f.Code, f.Msg = codeInternal, internalText
	}
	return f
}

// readable makes a body that cannot be read an error of the domain.
func readable(err error) error {
	if u, ok := errors.AsType[*livyapi.Unreadable](err); ok {
		return &session.Error{Kind: session.Invalid, Msg: u.Msg, Err: err}
	}
	return err
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	f := wireError(err)
	e := reqevent.From(r.Context())
	e.Code, e.Err = f.Code, err
	e.Fault = f.Code == codeInternal && r.Context().Err() == nil // a client that is gone is no fault
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retry.Seconds()))))
	}
	write(w, r, f.status, f)
}
