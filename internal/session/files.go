package session

import (
	"context"
	"errors"
	"io"
	"time"

	"hearth/internal/engine"
)

// AddFile brings a file of this machine, which exists and was admitted, into a running session:
// kind is "jar" (class path of driver and executors), "pyfile" (Python's path) or "file"
// (SparkFiles). Adding the same one again is no error. NotFound; Conflict with ReasonState if the
// session is not ready; Invalid for another kind or a file that Spark refuses; Unsupported,
// Unavailable.
func (m *Manager) AddFile(ctx context.Context, ref Ref, kind, path string) error {
	return m.add(ctx, ref, func(inst engine.Instance) error { return inst.AddFile(ctx, engine.FileKind(kind), path) })
}

// Upload keeps body under a base name in the directory of the session's instance, for as long as
// that lives, and adds it as AddFile does. An error of body is returned as it is.
func (m *Manager) Upload(ctx context.Context, ref Ref, kind, name string, body io.Reader) error {
	return m.add(ctx, ref, func(inst engine.Instance) error { return inst.Upload(ctx, engine.FileKind(kind), name, body) })
}

func (m *Manager) add(ctx context.Context, ref Ref, do func(engine.Instance) error) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	if err := s.accepts(); err != nil {
		return err
	}
	away := &Error{Kind: Unavailable, Msg: "The session cannot be reached now.", RetryAfter: time.Second}
	inst := m.instance(s.ID)
	if inst == nil {
		return away
	}
	err = do(inst)
	switch {
	case errors.Is(err, engine.ErrInvalid):
		return &Error{Kind: Invalid, Msg: "The file cannot be added.", Err: err}
	case errors.Is(err, engine.ErrUnsupported):
		return &Error{Kind: Unsupported, Msg: "Files cannot be added to this session.", Err: err}
	case errors.Is(err, engine.ErrGone):
		return &Error{Kind: Conflict, Reason: ReasonState, Msg: "The session is ending.", Err: err}
	case errors.Is(err, engine.ErrDetached):
		away.Err = err
		return away
	}
	return err
}
