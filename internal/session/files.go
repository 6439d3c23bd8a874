package session

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"hearth/internal/engine"
)

// Files finds the files that requests name. Manager asks it for every file of every session, so
// that no dialect can let one in by itself.
type Files interface {
	// Resolve returns the local path of a file under the name that a client of the dialect gave it.
	// Invalid, with a text for the client, if it is not there or may not be used.
	Resolve(ctx context.Context, dialect, name string) (path string, err error)
}

// noFiles is the Files of a Manager that has none.
type noFiles struct{}

func (noFiles) Resolve(_ context.Context, _, name string) (string, error) {
	return "", errorf(Invalid, "", "%s cannot be used: this server gives sessions no files.", strconv.Quote(name))
}

// resolveFiles puts local paths in the place of the names of files in a spec.
func (m *Manager) resolveFiles(ctx context.Context, dialect string, spec *engine.Spec) error {
	for _, names := range []*[]string{
		&spec.Launch.Jars, &spec.Setup.PyFiles, &spec.Setup.Files, &spec.Setup.ModuleFiles, &spec.Launch.Archives,
	} {
		paths := make([]string, 0, len(*names))
		for _, name := range *names {
			alias := ""
			if names == &spec.Launch.Archives {
				if at := strings.IndexByte(name, '#'); at >= 0 {
					name, alias = name[:at], name[at:]
				}
			}
			path, err := m.resolve(ctx, dialect, name)
			if err != nil {
				return err
			}
			paths = append(paths, path+alias)
		}
		*names = paths
	}
	batch := spec.Launch.Batch
	if batch == nil {
		return nil
	}
	main, err := m.resolve(ctx, dialect, batch.Main)
	own := *batch
	own.Main, spec.Launch.Batch = main, &own
	return err
}

// resolve returns the local path of one file.
func (m *Manager) resolve(ctx context.Context, dialect, name string) (string, error) {
	path, err := m.cfg.Files.Resolve(ctx, dialect, name)
	if err == nil && strings.ContainsAny(path, ",#\n") {
		// Spark's lists are separated by commas, and a mark begins an alias.
		return "", errorf(Invalid, "", "%s has a character that a list of files cannot hold", strconv.Quote(name))
	}
	return path, err
}

// AddFile brings a file into a running session under the name that a client gave it: kind is "jar"
// (class path of driver and executors), "pyfile" (Python's path) or "file" (SparkFiles). Adding the
// same one again is no error. NotFound; Conflict with ReasonState if the session is not ready;
// Invalid for another kind, a file that may not be used or that Spark refuses; Unsupported,
// Unavailable.
func (m *Manager) AddFile(ctx context.Context, ref Ref, kind, name string) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	path, err := m.resolve(ctx, s.Dialect, name)
	if err != nil {
		return err
	}
	return m.add(ctx, s, func(inst engine.Instance) error { return inst.AddFile(ctx, engine.FileKind(kind), path) })
}

// Upload keeps body under a base name in the directory of the session's instance, for as long as
// that lives, and adds it as AddFile does. Invalid also if the session has as much in uploads as it
// may have; an error of body is returned as it is.
func (m *Manager) Upload(ctx context.Context, ref Ref, kind, name string, body io.Reader) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	return m.add(ctx, s, func(inst engine.Instance) error { return inst.Upload(ctx, engine.FileKind(kind), name, body) })
}

func (m *Manager) add(ctx context.Context, s Session, do func(engine.Instance) error) error {
	if err := s.accepts(); err != nil {
		return err
	}
	away := &Error{Kind: Unavailable, Msg: "The session cannot be reached now.", RetryAfter: time.Second}
	inst := m.instance(s.ID)
	if inst == nil {
		return away
	}
	err := do(inst)
	switch {
	case errors.Is(err, engine.ErrInvalid):
		return &Error{Kind: Invalid, Msg: "The file cannot be added.", Err: err}
	case errors.Is(err, engine.ErrFull):
		return &Error{Kind: Invalid, Msg: "The session takes no more uploads: it has as much as it may have.", Err: err}
	case errors.Is(err, engine.ErrNoSpace):
		return &Error{Kind: Unavailable, Msg: "The file cannot be added: no space is left on the server's disk.", RetryAfter: 5 * time.Second, Err: err}
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
