package livy

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// failure is an error with its place on the wire. Livy's errors have three shapes: an object with
// msg, a bare JSON string, and one HTML page.
type failure struct {
	status int
	// body is written as JSON; nil is an empty body.
	body any
	// retry is the value of Retry-After, 0 for none.
	retry time.Duration
	// err is for the log.
	err error
}

func (f *failure) Error() string {
	if f.err != nil {
		return f.err.Error()
	}
	return fmt.Sprint(f.body)
}

func (f *failure) Unwrap() error { return f.err }

// bare is the error of what cannot be read: a bare string, as Jackson's errors come out of Livy.
func bare(status int, format string, args ...any) error {
	return &failure{status: status, body: fmt.Sprintf(format, args...)}
}

// refused is the error of a body that can be read and is not accepted.
func refused(format string, args ...any) error {
	return &failure{status: http.StatusBadRequest, body: message{"Rejected, Reason: " + fmt.Sprintf(format, args...)}}
}

// rejected is the error of a creation that the domain, the policy or the files refused: Livy says
// of those that they were rejected.
func rejected(err error) error {
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	switch e := session.AsError(err); e.Kind {
	case session.Invalid, session.Exists, session.Unsupported:
		return &failure{status: http.StatusBadRequest, body: message{"Rejected, Reason: " + e.Msg}, err: err}
	}
	return err
}

func notFound(msg string) error {
	return &failure{status: http.StatusNotFound, body: message{msg}}
}

// noSession has the text that Zeppelin (LivyInterpreter) and Hue look for.
func noSession(name string) error { return notFound("Session '" + name + "' not found.") }

// goneAs says in Livy's words that a session went away while it was asked for.
func goneAs(name string, err error) error {
	if errors.Is(err, session.ReasonNoSession) {
		return noSession(name)
	}
	return err
}

// noNumber is the error of a path or query where a number belongs.
func noNumber(text string) error {
	return &failure{status: http.StatusBadRequest, body: message{"For input string: " + strconv.Quote(text)}}
}

// notRunning is the error of a session that takes no statements. Zeppelin looks for "Session is in
// state dead" in an answer of 500 to start another one. The cause is for the log, which knows by
// its kind that it is no fault of ours.
func notRunning(state string, cause error) error {
	return &failure{
		status: http.StatusInternalServerError, err: cause,
		body: "java.lang.IllegalStateException: Session is in state " + state,
	}
}

// internalText is all that a client learns about a fault of ours.
//
// Divergence: an internal error says no more than that; Livy answers the text of the exception,
// often with a stack.
const internalText = "an internal error occurred; the server's log has more"

// wireError gives an error its place on the wire.
func wireError(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	e := session.AsError(err)
	f := &failure{body: message{e.Msg}, retry: e.RetryAfter, err: err}
	switch e.Kind {
	case session.NotFound:
		f.status = http.StatusNotFound
		if e.Reason == session.ReasonNoStatement {
			f.body = "Statement not found"
		}
	case session.Conflict:
		f.status = http.StatusInternalServerError
		f.body = "java.lang.IllegalStateException: " + e.Msg
	case session.Invalid, session.Exists, session.Unsupported:
		f.status = http.StatusBadRequest
	case session.Quota:
		f.status = http.StatusBadRequest
		f.body = message{"Rejected, too many sessions are being created!"}
	case session.Busy:
		// Divergence: a queue that is full answers 429; Livy's has no end.
		f.status = http.StatusTooManyRequests
		f.retry = max(f.retry, time.Second)
	case session.Throttled:
		// sparkmagic asks again after 5xx alone.
		f.status = http.StatusServiceUnavailable
		f.retry = max(f.retry, time.Second)
	case session.Unauthenticated:
		f.status = http.StatusUnauthorized
	case session.Forbidden:
		f.status = http.StatusForbidden
	case session.Unavailable:
		f.status = http.StatusServiceUnavailable
		f.retry = max(f.retry, 5*time.Second)
	case session.Timeout:
		f.status = http.StatusGatewayTimeout
	default:
		f.status, f.body = http.StatusInternalServerError, internalText
	}
	return f
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	f := wireError(err)
	e := reqevent.From(r.Context())
	e.Code, e.Err = strconv.Itoa(f.status), err
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retry.Seconds()))))
	}
	write(w, r, f.status, f.body)
}

// forgedPage is what Livy's filter answers; HDInsight's clients look for "Missing Required Header
// for CSRF protection" in it.
const forgedPage = `<!DOCTYPE html>
<html><head><title>Error 400</title></head>
<body><h2>HTTP ERROR 400</h2><p>Missing Required Header for CSRF protection.</p></body></html>
`

func refuseForged(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, forgedPage) // a client that is gone is no news to anybody
}
