package livy

import (
	"context"
	"errors"
	"io"
	"strings"

	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// markEnd takes the place of Livy's "\nYARN Diagnostics: ".
const markEnd = "\nHearth Diagnostics: "

// getLog answers a part of the log. Without from, or with one below 0, it is the end of it.
//
// Divergence: the whole log is there and total counts all of it; Livy keeps 200 lines of each
// stream.
func (d *api) getLog(r *request) (reply, error) {
	from, err := r.number("from", -1)
	if err != nil {
		return reply{}, err
	}
	size, err := r.number("size", 100)
	if err != nil {
		return reply{}, err
	}
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	log := d.log(r.Context(), s)
	cut := func() (livyapi.Part, error) { return log.Slice(from, size) }
	if from < 0 {
		cut = func() (livyapi.Part, error) { return log.Last(size) }
	}
	part, err := cut()
	if err != nil {
		return reply{}, err
	}
	return ok(object{{"id", wireID(s)}, {"from", part.From}, {"total", part.Total}, {"log", list(part.Lines)}})
}

// log is the log of a session as Livy shows it.
func (d *api) log(ctx context.Context, s session.Session) livyapi.Log {
	return livyapi.Log{
		Before: []string{livyapi.MarkOut, livyapi.MarkErr},
		Open:   func() (io.ReadCloser, error) { return d.openLog(ctx, s) },
		After:  diagnosis(s),
	}
}

// openLog opens the engine's log; a session that has none yet has an empty one.
func (d *api) openLog(ctx context.Context, s session.Session) (io.ReadCloser, error) {
	log, err := d.Manager.Log(ctx, s.Ref)
	if errors.Is(err, session.NotFound) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	return log, err
}

// diagnosis is what the domain knows about the end of a session, or of its interpreter. sparkmagic
// shows the end of the log to who asks why.
func diagnosis(s session.Session) []string {
	var why string
	switch {
	case s.Cause == session.CauseCompleted:
		return nil
	case s.State == session.StateDegraded, s.State == session.StateEnded && !s.Cause.Asked():
		why = orText(s.Reason, "The session ended unexpectedly.")
	case s.Cause == session.CauseIdle:
		why = "The session was idle for longer than its idleTimeout."
	case s.Cause == session.CauseLifetime:
		why = "The session reached its ttl."
	case s.Cause == session.CauseHeartbeat:
		why = "No client asked for the session within its heartbeatTimeoutInSecond."
	default:
		return nil
	}
	return append([]string{markEnd}, strings.Split(why, "\n")...)
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// lastLines are the last n lines of the log.
func (d *api) lastLines(ctx context.Context, s session.Session, n int) ([]string, error) {
	lines, err := d.log(ctx, s).Tail(n)
	return list(lines), err
}
