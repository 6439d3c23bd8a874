package sessiontest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Normal returns s as a Store returns it: times in UTC to the microsecond, durations to the
// microsecond, empty maps and slices as nil, Progress and Waiting unset, and in text the bytes no
// database can hold (NUL, invalid UTF-8) replaced by U+FFFD.
func Normal(s session.Session) session.Session {
	s.Ref = normalRef(s.Ref)
	s.Description, s.Reason, s.Engine, s.LastTry = text(s.Description), text(s.Reason), text(s.Engine), text(s.LastTry)
	s.Tags, s.Labels = textMap(s.Tags), textMap(s.Labels)
	s.Extra, s.Handle = bytesOf(s.Extra), bytesOf(s.Handle)
	s.Owner, s.Size = viaJSON(s.Owner), viaJSON(s.Size)
	s.Spec, s.Info = viaJSON(s.Spec), viaJSON(s.Info)
	s.Owner.ID, s.Spec.ID = text(s.Owner.ID), text(s.Spec.ID)
	for _, t := range []*time.Time{
		&s.CreatedAt, &s.ReadyAt, &s.EndedAt, &s.DeletedAt, &s.ActiveAt, &s.IdleDeadline, &s.LifetimeDeadline,
		&s.HeartbeatDeadline,
	} {
		*t = normalTime(*t)
	}
	s.IdleTimeout = s.IdleTimeout.Truncate(time.Microsecond)
	s.Lifetime = s.Lifetime.Truncate(time.Microsecond)
	s.HeartbeatTimeout = s.HeartbeatTimeout.Truncate(time.Microsecond)
	s.Progress, s.Waiting = 0, 0
	return s
}

// NormalStatement returns s as a Store returns it, without output. Code is kept byte for byte.
func NormalStatement(s session.Statement) session.Statement {
	s.ExternalID, s.Description, s.Extra = text(s.ExternalID), text(s.Description), bytesOf(s.Extra)
	s.Error = viaJSON(s.Error)
	s.Result = cloneMap(viaJSON(s.Result))
	s.CreatedAt, s.StartedAt, s.CompletedAt = normalTime(s.CreatedAt), normalTime(s.StartedAt), normalTime(s.CompletedAt)
	s.Output = nil
	return s
}

func normalRef(r session.Ref) session.Ref {
	return session.Ref{ID: r.ID, Dialect: text(r.Dialect), Collection: text(r.Collection), Scope: text(r.Scope), ExternalID: text(r.ExternalID)}
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() || t.UnixMicro() == 0 {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func textMap(m map[string]string) map[string]string {
	var out map[string]string
	for k, v := range m {
		if out == nil {
			out = make(map[string]string, len(m))
		}
		out[text(k)] = text(v)
	}
	return out
}

func bytesOf[B ~[]byte](b B) B {
	if len(b) == 0 {
		return nil
	}
	return slices.Clone(b)
}

func cloneMap(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// viaJSON copies v through its JSON form, the form in which databases keep it.
func viaJSON[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("sessiontest: %T does not survive JSON: %v", v, err))
	}
	return out
}

func cloneSession(s session.Session) session.Session {
	s.Tags, s.Labels = cloneMap(s.Tags), cloneMap(s.Labels)
	s.Extra, s.Handle = bytesOf(s.Extra), bytesOf(s.Handle)
	s.Spec = viaJSON[engine.Spec](s.Spec)
	return s
}

func cloneStatement(s session.Statement) session.Statement {
	s.Extra = bytesOf(s.Extra)
	s.Error = viaJSON(s.Error)
	s.Result = cloneMap(s.Result)
	return s
}

func cloneOutput(o session.Output) session.Output {
	o.Data = cloneMap(viaJSON(o.Data))
	return o
}
