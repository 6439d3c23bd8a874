// Package livy is the dialect of Apache Livy's REST API: it turns Livy's
// sessions, statements and batches into calls of session.Manager, and what the domain
// answers into the bodies that Livy's clients know.
//
// It holds no rule about sessions and no state: a Livy session is a domain
// session with this dialect's record (settings) beside it. It sees neither
// stores nor drivers. Behaviour follows Livy 0.9.0 as it runs, not as it is
// documented, and what sparkmagic 0.23.0, pylivy 0.8.0, Zeppelin, Hue, sparklyr
// and dbt-spark-livy 1.3.1 rely on; docs/dialects/livy.md lists every route and
// every divergence. Jobs of Java and Scala are not here.
//
// What newcomers get wrong: Livy counts statements from 0 and pages by position,
// the domain counts from 1 and pages by number. And a body that Livy would parse
// is not always one that encoding/json would: see fields.
package livy

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "livy"

// scope is the one tenant of a Livy server. Livy knows none.
const scope = "default"

// Manager is what the dialect uses of session.Manager.
type Manager interface {
	Create(ctx context.Context, n session.NewSession) (session.Session, error)
	Get(ctx context.Context, ref session.Ref) (session.Session, error)
	Touch(ctx context.Context, ref session.Ref, active bool) (session.Session, error)
	Await(ctx context.Context, ref session.Ref, done func(session.Session) bool) (session.Session, error)
	List(ctx context.Context, f session.Filter, p session.Page) ([]session.Session, int64, error)
	Count(ctx context.Context, f session.Filter) (int, error)
	EndWithin(ctx context.Context, ref session.Ref, wait time.Duration) (session.Session, error)
	Delete(ctx context.Context, ref session.Ref) error
	Run(ctx context.Context, ref session.Ref, n session.NewStatement) (session.Statement, error)
	Statement(ctx context.Context, ref session.Ref, which session.StatementRef) (session.Statement, error)
	Statements(ctx context.Context, ref session.Ref, series session.Series, p session.Page) ([]session.Statement, int64, error)
	CountStatements(ctx context.Context, ref session.Ref, series session.Series) (int, error)
	Cancel(ctx context.Context, ref session.Ref, which session.StatementRef) error
	Complete(ctx context.Context, ref session.Ref, lang engine.Language, code string, cursor int) ([]string, error)
	AddFile(ctx context.Context, ref session.Ref, kind, path string) error
	Upload(ctx context.Context, ref session.Ref, kind, name string, body io.Reader) error
	Log(ctx context.Context, ref session.Ref) (io.ReadCloser, error)
}

// Runtimes chooses what serves a version of an API.
type Runtimes interface {
	// Resolve names the runtime for a version of the API "livy"; Livy's clients
	// name none, so the version is "". note is for the session's log. An error
	// is a *session.Error, or wraps an engine.InvalidError.
	Resolve(api, version string) (name, note string, exact bool, err error)
}

// Files turns the name of a file in a request into a path on this machine.
type Files interface {
	// Resolve answers session.Invalid with a text for the client if the file is
	// not there or may not be used.
	Resolve(ctx context.Context, ref string) (path string, err error)
}

// Links makes addresses of pages that the server shows for a session.
type Links interface {
	// Dashboard is the address of the session's Spark UI; it works once.
	Dashboard(ctx context.Context, s session.Session) (string, error)
	// LogLink is the address of the session's log as text, valid for some minutes.
	LogLink(ctx context.Context, s session.Session) (string, error)
}

// Config is what the dialect needs. Manager, Runtimes, Files and Links are
// required; zero values of the rest mean what Livy does by default.
type Config struct {
	Manager  Manager
	Runtimes Runtimes
	Files    Files
	Links    Links
	// CheckConf admits or refuses a Spark configuration, as engine/spark does;
	// the text of its engine.InvalidError is for the client. Nil admits all.
	CheckConf func(map[string]string) error
	Log       *slog.Logger

	// Build names this program in GET /version.
	Build string
	// Fields is the version of Livy whose session objects are answered: "0.7",
	// "0.8" or "0.9" (default). Java clients of an older version refuse objects
	// with fields that they do not know.
	Fields string
	// BasePath is a prefix under which the API answers as well, as behind a Knox
	// gateway: "/gateway/default/livy". Without a slash at its end.
	BasePath string
	// RequireRequestedBy refuses changes without an X-Requested-By header, as
	// livy.server.csrf-protection.enabled does.
	RequireRequestedBy bool
	// InterruptCancels makes POST /sessions/{id}/interrupt cancel what runs and
	// waits, where Livy ends the session.
	InterruptCancels bool
	// Impersonation honours proxyUser and doAs, as livy.impersonation.enabled
	// does: who asks for another user must be among Superusers.
	Impersonation bool
	Superusers    []string
	// IdleTimeout is that of sessions that ask for none (default 1 h, as
	// livy.server.session.timeout); negative is never.
	IdleTimeout time.Duration
	// Lifetime is that of sessions without a ttl; 0 is unlimited.
	Lifetime time.Duration
	// ListEnded is how long lists show a session after its end (default 10 min, as
	// livy.server.session.state-retain.sec). By id it stays readable longer.
	ListEnded time.Duration
	// StopWait bounds how long a request waits for the end of the session that it
	// stops (default 8 s: Livy's Python client gives up after 10).
	StopWait time.Duration
}

// FieldVersions are the values of Config.Fields.
func FieldVersions() []string { return []string{"0.7", "0.8", "0.9"} }

func (c Config) withDefaults() Config {
	if c.CheckConf == nil {
		c.CheckConf = func(map[string]string) error { return nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Build = cmp.Or(c.Build, "unknown")
	c.Fields = cmp.Or(c.Fields, "0.9")
	c.BasePath = strings.TrimSuffix(c.BasePath, "/")
	c.IdleTimeout = max(cmp.Or(c.IdleTimeout, time.Hour), 0)
	c.ListEnded = cmp.Or(c.ListEnded, 10*time.Minute)
	c.StopWait = cmp.Or(c.StopWait, 8*time.Second)
	return c
}

// dialect answers the routes.
type dialect struct{ Config }

// New returns the handler of the Livy API: everything below /sessions, and
// /version.
func New(c Config) http.Handler {
	d := &dialect{c.withDefaults()}
	return d.handler()
}
