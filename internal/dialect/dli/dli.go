// Package dli is the dialect of Huawei Cloud DLI's session API, withdrawn in
// December 2020, and of its batches, which outlived it: it turns the sessions,
// statements and batches below /v2.0/{project_id} into calls of session.Manager,
// and what the domain answers into the bodies that scripts written for DLI know.
//
// It holds no rule about sessions and no state: a DLI session or batch is one of
// the domain with this dialect's record (settings) beside it, its project is the scope, its
// queue the domain's group. It sees neither stores nor drivers. The source is the
// API reference, its recommended form of August 2020 and the discarded form that
// is still on line; where both are silent the dialect does what Livy does, from
// which DLI's sessions were made. docs/dialects/dli.md says line by line what is
// documented and what inferred.
//
// What newcomers get wrong: heartbeatTimeoutInSecond is an idle timeout here, not
// Livy's heartbeat. Files are names of packages in a store, not addresses. DELETE
// removes a session, but cancels a batch, which stays. And a fault of ours is 400
// with DLI.0999: DLI has no 500.
package dli

import (
	"cmp"
	"context"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"hearth/internal/sdkhmac"
	"hearth/internal/session"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "dli"

// Manager is what the dialect uses of session.Manager.
type Manager interface {
	Create(ctx context.Context, n session.NewSession) (session.Session, error)
	Get(ctx context.Context, ref session.Ref) (session.Session, error)
	List(ctx context.Context, f session.Filter, p session.Page) ([]session.Session, int64, error)
	All(ctx context.Context, f session.Filter) iter.Seq2[session.Session, error]
	Count(ctx context.Context, f session.Filter) (int, error)
	EndWithin(ctx context.Context, ref session.Ref, wait time.Duration) (session.Session, error)
	Delete(ctx context.Context, ref session.Ref) error
	Run(ctx context.Context, ref session.Ref, n session.NewStatement) (session.Statement, error)
	Statement(ctx context.Context, ref session.Ref, which session.StatementRef) (session.Statement, error)
	Statements(ctx context.Context, ref session.Ref, series session.Series, p session.Page) ([]session.Statement, int64, error)
	Cancel(ctx context.Context, ref session.Ref, which session.StatementRef) error
	Log(ctx context.Context, ref session.Ref) (io.ReadCloser, error)
}

// Runtimes chooses what serves a version of an API.
type Runtimes interface {
	// Resolve names the runtime for a version of the API "spark"; "" of the API
	// "dli" is none in particular. note is for the session's log. An error is a *session.Error, or
	// wraps an engine.InvalidError.
	Resolve(api, version string) (name, note string, exact bool, err error)
}

// Packages is the store of packages that requests name. A package is a file in a
// group, or beside the groups: then its group is "".
type Packages interface {
	// Package is the path of a package on this machine; session.NotFound if there
	// is none, whatever else lies there.
	Package(ctx context.Context, group, name string) (path string, err error)
	// Group lists the names of a group's packages, sorted; session.NotFound if
	// there is no such group.
	Group(ctx context.Context, group string) (names []string, err error)
}

// Links makes addresses of pages that the server shows for a session.
type Links interface {
	// Dashboard is the address of the session's Spark UI; it works once.
	Dashboard(ctx context.Context, s session.Session) (string, error)
	// LogLink is the address of the session's log as text, valid for some minutes.
	LogLink(ctx context.Context, s session.Session) (string, error)
}

// Config is what the dialect needs. Manager, Runtimes, Packages and Links are
// required.
type Config struct {
	Manager  Manager
	Runtimes Runtimes
	Packages Packages
	Links    Links
	// CheckConf admits or refuses a Spark configuration, as engine/spark does;
	// the text of its engine.InvalidError is for the client. Nil admits all.
	CheckConf func(map[string]string) error
	Log       *slog.Logger

	// Keys are secret keys by access key, Tokens users by X-Auth-Token. With
	// neither, every well-formed credential is taken at its word, and none is
	// needed; with either, only what is in them comes in.
	Keys   map[string]string
	Tokens map[string]string
	// IdleTimeout is that of sessions without heartbeatTimeoutInSecond (default 1
	// h, as Livy has it); negative is never.
	IdleTimeout time.Duration
	// ListEnded is how long lists show a session after its end (default 10 min, as
	// Livy does). By id it stays readable longer.
	ListEnded time.Duration
	// StopWait bounds how long a deletion waits for the end of the session (default
	// 8 s).
	StopWait time.Duration
}

func (c Config) withDefaults() Config {
	if c.CheckConf == nil {
		c.CheckConf = func(map[string]string) error { return nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.IdleTimeout = max(cmp.Or(c.IdleTimeout, time.Hour), 0)
	c.ListEnded = cmp.Or(c.ListEnded, 10*time.Minute)
	c.StopWait = cmp.Or(c.StopWait, 8*time.Second)
	return c
}

// dialect answers the routes.
type dialect struct {
	Config
	verifier sdkhmac.Verifier
}

// New returns the handler of the API: everything below /v2.0/.
func New(c Config) http.Handler {
	d := &dialect{Config: c.withDefaults(), verifier: sdkhmac.Verifier{Keys: c.Keys}}
	return d.handler()
}
