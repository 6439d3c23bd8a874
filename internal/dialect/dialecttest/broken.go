package dialecttest

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/session"
)

// Broken is a Manager that answers every call with one error, so that a test can drive each kind of
// error through each operation of a dialect.
type Broken struct {
	Err error
	// Whole lets Get find an idle session with this record, so that the call behind it is reached.
	Whole  bool
	Record json.RawMessage
}

var _ dialect.Manager = Broken{}

// Get implements dialect.Manager.
func (b Broken) Get(_ context.Context, ref session.Ref) (session.Session, error) {
	if !b.Whole {
		return session.Session{}, b.Err
	}
	ref.ID = "s-1"
	return session.Session{Ref: ref, State: session.StateIdle, Extra: b.Record}, nil
}

// Create implements dialect.Manager.
func (b Broken) Create(context.Context, session.NewSession) (session.Session, error) {
	return session.Session{}, b.Err
}

// Touch implements dialect.Manager.
func (b Broken) Touch(ctx context.Context, ref session.Ref, _ bool) (session.Session, error) {
	return b.Get(ctx, ref)
}

// Await implements dialect.Manager.
func (b Broken) Await(context.Context, session.Ref, func(session.Session) bool) (session.Session, error) {
	return session.Session{}, b.Err
}

// List implements dialect.Manager.
func (b Broken) List(context.Context, session.Filter, session.Page) ([]session.Session, int64, error) {
	return nil, 0, b.Err
}

// All implements dialect.Manager.
func (b Broken) All(context.Context, session.Filter) iter.Seq2[session.Session, error] {
	return func(yield func(session.Session, error) bool) { yield(session.Session{}, b.Err) }
}

// Count implements dialect.Manager.
func (b Broken) Count(context.Context, session.Filter) (int, error) { return 0, b.Err }

// End implements dialect.Manager.
func (b Broken) End(context.Context, session.Ref) (session.Session, error) {
	return session.Session{}, b.Err
}

// EndWithin implements dialect.Manager.
func (b Broken) EndWithin(context.Context, session.Ref, time.Duration) (session.Session, error) {
	return session.Session{}, b.Err
}

// Delete implements dialect.Manager.
func (b Broken) Delete(context.Context, session.Ref) error { return b.Err }

// Tag implements dialect.Manager.
func (b Broken) Tag(context.Context, session.Ref, map[string]string, int) error { return b.Err }

// Untag implements dialect.Manager.
func (b Broken) Untag(context.Context, session.Ref, []string) error { return b.Err }

// Log implements dialect.Manager.
func (b Broken) Log(context.Context, session.Ref) (io.ReadCloser, error) { return nil, b.Err }

// Run implements dialect.Manager.
func (b Broken) Run(context.Context, session.Ref, session.NewStatement) (session.Statement, error) {
	return session.Statement{}, b.Err
}

// Statement implements dialect.Manager.
func (b Broken) Statement(context.Context, session.Ref, session.StatementRef) (session.Statement, error) {
	return session.Statement{}, b.Err
}

// EndedStatement implements dialect.Manager.
func (b Broken) EndedStatement(context.Context, session.Ref, session.StatementRef) (session.Statement, error) {
	return session.Statement{}, b.Err
}

// Statements implements dialect.Manager.
func (b Broken) Statements(context.Context, session.Ref, session.Series, session.Page) ([]session.Statement, int64, error) {
	return nil, 0, b.Err
}

// CountStatements implements dialect.Manager.
func (b Broken) CountStatements(context.Context, session.Ref, session.Series) (int, error) {
	return 0, b.Err
}

// Open implements dialect.Manager.
func (b Broken) Open(context.Context, session.Ref) ([]session.Statement, error) { return nil, b.Err }

// Cancel implements dialect.Manager.
func (b Broken) Cancel(context.Context, session.Ref, session.StatementRef) error { return b.Err }

// Complete implements dialect.Manager.
func (b Broken) Complete(context.Context, session.Ref, engine.Language, string, int) ([]string, error) {
	return nil, b.Err
}

// AddFile implements dialect.Manager.
func (b Broken) AddFile(context.Context, session.Ref, string, string) error { return b.Err }

// Upload implements dialect.Manager.
func (b Broken) Upload(context.Context, session.Ref, string, string, io.Reader) error { return b.Err }
