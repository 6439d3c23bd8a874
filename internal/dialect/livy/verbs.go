package livy

import (
	"context"
	"io"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// What follows are verbs that a Manager may have beyond Manager. Where it lacks
// one, the routes that need it say so, and the rest works.

// numberer gives the ids of sessions.
type numberer interface {
	// NextNumber returns the next number of a series, from 0. A number once
	// returned is never returned again, also after a restart.
	NextNumber(ctx context.Context, series string) (int64, error)
}

// toucher keeps sessions alive.
type toucher interface {
	// Touch renews the session's heartbeat; active also restarts its idle clock.
	Touch(ctx context.Context, ref session.Ref, active bool) error
}

// completer completes code.
type completer interface {
	// Complete lists what the code could go on with at the cursor, an offset in
	// characters. Unsupported for languages without completion.
	Complete(ctx context.Context, ref session.Ref, lang engine.Language, code string, cursor int) ([]string, error)
}

// adder brings files into running sessions. Kinds are jar, pyfile and file.
type adder interface {
	// AddFile adds a file of this machine; adding it again is no error.
	AddFile(ctx context.Context, ref session.Ref, kind, path string) error
	// Upload keeps the body under a base name beside the session and adds it.
	Upload(ctx context.Context, ref session.Ref, kind, name string, body io.Reader) error
}
