package dli

import (
	"context"
	"errors"
	"io"
	"strings"

	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// markEnd begins what is known of the end. There is no YARN here; scripts know the line.
const markEnd = "\nYARN Diagnostics: "

type logAnswer struct {
	ID    string   `json:"id"`
	From  int      `json:"from"`
	Total int      `json:"total"`
	Log   []string `json:"log"`
}

// getLog answers a part of the log by lines. Without from it is the end of it, as in Livy; a size
// of -1 is all.
func (d *api) getLog(r *request) (any, error) {
	from, err := r.count("from", 0, 0)
	if err != nil {
		return nil, err
	}
	size, err := r.count("size", 100, -1)
	if err != nil {
		return nil, err
	}
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	log := d.log(r.Context(), s)
	cut := func() (livyapi.Part, error) { return log.Last(size) }
	if r.URL.Query().Has("from") {
		cut = func() (livyapi.Part, error) { return log.Slice(from, size) }
	}
	part, err := cut()
	if err != nil {
		return nil, err
	}
	return logAnswer{ID: s.ExternalID, From: part.From, Total: part.Total, Log: list(part.Lines)}, nil
}

// log is the log of a session as the API shows it.
func (d *api) log(ctx context.Context, s session.Session) livyapi.Log {
	log := newLog(s)
	begun := log.Open
	log.Open = func() (io.ReadCloser, error) {
		text, err := d.Manager.Log(ctx, s.Ref)
		if errors.Is(err, session.NotFound) {
			return begun()
		}
		return text, err
	}
	return log
}

// newLog is the log of a session that has none yet. It is what the creation shows, as in the API's
// examples, however fast the start was.
func newLog(s session.Session) livyapi.Log {
	return livyapi.Log{
		Before: []string{livyapi.MarkOut, livyapi.MarkErr},
		After:  append([]string{markEnd}, diagnosis(s)...),
		Open:   func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil },
	}
}

// diagnosis is what the domain knows about the end of a session, or of its interpreter.
func diagnosis(s session.Session) []string {
	switch {
	case s.Cause == session.CauseCompleted:
		return nil
	case s.State == session.StateDegraded, s.State == session.StateEnded && !s.Cause.Asked():
		if s.Reason == "" {
			return []string{"The " + collectionOf(s).one + " ended unexpectedly."}
		}
		return strings.Split(s.Reason, "\n")
	case s.Cause == session.CauseIdle:
		return []string{"The session was idle for too long: see heartbeatTimeoutInSecond."}
	case s.Cause == session.CauseLifetime:
		return []string{"The session reached its lifetime."}
	}
	return nil
}
