package livy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"hearth/internal/session"
)

// Lines that say where what follows comes from. Livy's log is what spark-submit
// wrote; the engine's log is one stream, and Spark writes to standard error.
const (
	markOut = "stdout: "
	markErr = "\nstderr: "
	// markEnd takes the place of Livy's "\nYARN Diagnostics: ".
	markEnd = "\nHearth Diagnostics: "
)

// maxLine is how much of one line is shown, in bytes: code in a session can
// write a line of any length.
const maxLine = 64 << 10

// getLog answers a part of the log. Without from it is the end of it.
//
// Divergence: the whole log is there and total counts all of it; Livy keeps 200
// lines of each stream.
func (d *dialect) getLog(r *request) (reply, error) {
	from, err := r.number("from", -1)
	if err != nil {
		return reply{}, err
	}
	size, err := r.number("size", 100)
	if err != nil {
		return reply{}, err
	}
	s, err := d.find(r, looks)
	if err != nil {
		return reply{}, err
	}
	lines := d.logLines(r.Context(), s)
	part := logPart{size: size}
	if r.URL.Query().Has("from") {
		part.from = max(from, 0)
		err = part.forward(lines)
	} else {
		err = part.last(lines)
	}
	if err != nil {
		return reply{}, err
	}
	return ok(object{{"id", wireID(s)}, {"from", part.from}, {"total", part.total}, {"log", list(part.lines)}})
}

// logPart is a part of a log while it is cut out; size is negative for all.
type logPart struct {
	from, size, total int
	lines             []string
}

// forward takes size lines from a position.
func (p *logPart) forward(lines iter.Seq2[string, error]) error {
	for line, err := range lines {
		if err != nil {
			return err
		}
		if p.total >= p.from && (p.size < 0 || len(p.lines) < p.size) {
			p.lines = append(p.lines, line)
		}
		p.total++
	}
	return nil
}

// last takes the last size lines.
func (p *logPart) last(lines iter.Seq2[string, error]) error {
	for line, err := range lines {
		if err != nil {
			return err
		}
		p.lines = append(p.lines, line)
		p.total++
		if p.size >= 0 && len(p.lines) >= 2*p.size+64 {
			p.lines = append([]string(nil), p.lines[len(p.lines)-p.size:]...)
		}
	}
	if p.size >= 0 && len(p.lines) > p.size {
		p.lines = p.lines[len(p.lines)-p.size:]
	}
	p.from = p.total - len(p.lines)
	return nil
}

// logLines is the log of a session as Livy shows it.
func (d *dialect) logLines(ctx context.Context, s session.Session) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, mark := range []string{markOut, markErr} {
			if !yield(mark, nil) {
				return
			}
		}
		log, err := d.openLog(ctx, s)
		if err != nil {
			yield("", err)
			return
		}
		defer log.Close()
		for line, err := range linesOf(log) {
			if !yield(line, err) {
				return
			}
		}
		for _, line := range diagnosis(s) {
			if !yield(line, nil) {
				return
			}
		}
	}
}

// openLog opens the engine's log; a session that has none yet has an empty one.
func (d *dialect) openLog(ctx context.Context, s session.Session) (io.ReadCloser, error) {
	log, err := d.Manager.Log(ctx, s.Ref)
	if errors.Is(err, session.NotFound) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	return log, err
}

// linesOf cuts text into lines without their ends, each to maxLine.
func linesOf(text io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := bufio.NewReaderSize(text, maxLine)
		for {
			line, more, err := in.ReadLine()
			if errors.Is(err, io.EOF) {
				return
			}
			shown := strings.ToValidUTF8(string(line), "\uFFFD")
			if more {
				shown += "…"
			}
			for more && err == nil {
				_, more, err = in.ReadLine()
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield("", err)
				return
			}
			if !yield(shown, nil) {
				return
			}
		}
	}
}

// diagnosis is what the domain knows about the end of a session, or of its
// interpreter. sparkmagic shows the end of the log to who asks why.
func diagnosis(s session.Session) []string {
	var why string
	switch {
	case s.State == session.StateDegraded, s.State == session.StateEnded && !s.Cause.Asked():
		why = orText(s.Reason, "The session ended unexpectedly.")
	case s.Cause == session.CauseIdle:
		why = "The session was idle for longer than its idleTimeout."
	case s.Cause == session.CauseLifetime:
		why = "The session reached its ttl."
	case strings.HasPrefix(string(s.Cause), "heartbeat"):
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

// tailBytes is how much of the end of a log is read for its last lines.
const tailBytes = 64 << 10

// lastLines are the last n lines of the log. Clients poll it with every look at
// a session, so a log that can be read from its end is.
func (d *dialect) lastLines(ctx context.Context, s session.Session, n int) ([]string, error) {
	log, err := d.openLog(ctx, s)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	kept := []string{markOut, markErr}
	if from, ok := log.(io.Seeker); ok {
		cut, err := seekTail(from)
		if err != nil {
			return nil, err
		}
		if cut {
			kept = nil
		}
	}
	first := kept == nil
	for line, err := range linesOf(log) {
		if err != nil {
			return nil, err
		}
		if first { // the rest of a line that began before
			first = false
			continue
		}
		if kept = append(kept, line); len(kept) > 4*n {
			kept = append([]string(nil), kept[len(kept)-n:]...)
		}
	}
	kept = append(kept, diagnosis(s)...)
	return list(kept[max(0, len(kept)-n):]), nil
}

// seekTail goes to the last tailBytes and tells whether something lies before.
func seekTail(log io.Seeker) (bool, error) {
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	_, err = log.Seek(max(0, size-tailBytes), io.SeekStart)
	return size > tailBytes, err
}
