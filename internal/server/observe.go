package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"hearth/internal/awsapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// observed answers a request and leaves its event: one line of log, and whatever Observe makes of
// it. A panic is contained here.
func (s *Server) observed(w http.ResponseWriter, r *http.Request, next http.Handler) {
	began := time.Now()
	e := &reqevent.Event{RequestID: awsapi.NewRequestID(), Method: r.Method}
	call := &awsapi.Call{RequestID: e.RequestID}
	ctx := reqevent.With(awsapi.WithCall(r.Context(), call), e)
	rec := &recorder{ResponseWriter: w}
	defer func() {
		v := recover()
		if v != nil && !aborted(v) {
			s.contain(ctx, rec, e, v)
		}
		e.Duration, e.Status = time.Since(began), cmp.Or(rec.status, http.StatusOK)
		s.finish(ctx, e, call)
		if aborted(v) {
			panic(v) // net/http cuts the connection, as the handler wished
		}
	}()
	next.ServeHTTP(rec, r.WithContext(ctx))
}

// aborted reports whether a handler asked net/http to cut the connection.
func aborted(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

func (s *Server) contain(ctx context.Context, rec *recorder, e *reqevent.Event, v any) {
	e.Err = fmt.Errorf("panic: %v", v)
	s.cfg.Log.LogAttrs(ctx, slog.LevelError, "panic in a handler",
		slog.String("request_id", e.RequestID), slog.String("error", e.Err.Error()), slog.String("stack", string(debug.Stack())))
	if rec.status == 0 {
		plain(rec, http.StatusInternalServerError, "An internal error occurred. The server's log has more under request id "+e.RequestID+".")
	}
}

// finish writes the event. Its keys are fixed: whoever reads logs relies on them.
func (s *Server) finish(ctx context.Context, e *reqevent.Event, call *awsapi.Call) {
	if call.Operation != "" {
		e.Operation = call.Operation
	}
	if e.Code == "" {
		e.Code = call.ErrorCode
	}
	if e.Err == nil {
		e.Err = call.Err
	}
	problem := ""
	if e.Err != nil {
		problem = brief(e.Err.Error())
	}
	s.cfg.Log.LogAttrs(ctx, levelOf(e), "request",
		slog.String("request_id", e.RequestID), slog.String("dialect", e.Dialect), slog.String("operation", e.Operation),
		slog.String("session_id", e.SessionID), slog.String("principal", brief(e.Principal)), slog.Int("status", e.Status),
		slog.Duration("duration", e.Duration), slog.String("code", e.Code), slog.String("error", problem))
	if s.cfg.Observe != nil {
		s.cfg.Observe(ctx, *e)
	}
}

// levelOf is the level of a request's line. Livy has 500 for mistakes of clients, so what the
// domain says of an error counts more than the status.
func levelOf(e *reqevent.Event) slog.Level {
	fault := e.Status >= http.StatusInternalServerError
	if known, ok := errors.AsType[*session.Error](e.Err); ok {
		ours := []session.Kind{session.Internal, session.Timeout, session.Unavailable}
		fault = slices.Contains(ours, known.Kind)
	}
	switch {
	case fault || e.Fault:
		return slog.LevelError
	case e.Status < http.StatusBadRequest && reads(e):
		return slog.LevelDebug // clients poll: such lines would bury all others
	}
	return slog.LevelInfo
}

// longest is how much of a text that clients choose is in a line of the log, in bytes: errors
// repeat what is wrong, and bodies have megabytes.
const longest = 2000

func brief(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

// reads reports whether the request asked for something and changed nothing.
func reads(e *reqevent.Event) bool {
	return e.Method == http.MethodGet || e.Method == http.MethodHead ||
		strings.HasPrefix(e.Operation, "Get") || strings.HasPrefix(e.Operation, "List")
}

// recorder remembers the status. Everything else a ResponseWriter can do stays reachable through
// Unwrap.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
