// Package dialect holds the contract of a dialect: an API of a vendor, answered on the wire. It
// names what every dialect is given (Given), what it mounts (Mounted), and what the program does
// with its settings (Settings). A dialect is one folder below this one and one row in the table of
// cmd/hearth; nothing else names it.
//
// The package holds no rule about sessions, which are session.Manager's, and knows neither stores
// nor drivers nor where the server mounts what it is given. A newcomer forgets that a dialect
// decides nothing: it turns requests into calls of Manager and answers with what the domain says,
// and Manager admits languages, configuration, files and sizes, whatever the dialect checked.
package dialect

import (
	"context"
	"flag"
	"io"
	"iter"
	"log/slog"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Settings are the section of the configuration file that bears a dialect's name. A pointer to the
// settings with their defaults is what a dialect hands to the program: the section is decoded into
// it by its yaml tags, then Flags, Check and Mount are called in this order.
type Settings interface {
	// Flags adds the dialect's flags to those of `hearth serve`, with its name as their prefix.
	Flags(fs *flag.FlagSet)
	// Check returns what is wrong with the settings, in words for the operator.
	Check() error
	// Mount makes the dialect. It is called once, before the Manager starts.
	Mount(g Given) (Mounted, error)
}

// Plain makes the Settings of a dialect that can be told nothing.
func Plain(mount func(Given) (Mounted, error)) Settings { return &plain{mount} }

type plain struct{ mount func(Given) (Mounted, error) }

func (*plain) Flags(*flag.FlagSet)              {}
func (*plain) Check() error                     { return nil }
func (p *plain) Mount(g Given) (Mounted, error) { return p.mount(g) }

// Given is what every dialect is given.
type Given struct {
	Manager  Manager
	Runtimes Runtimes
	Links    Links
	Log      *slog.Logger
	// Build is the version of the program, for APIs that tell it.
	Build string
	// DataDir is the server's data directory, in which a dialect may keep a folder of its name.
	DataDir string
}

// Manager is the part of session.Manager that dialects use; its methods are documented there.
type Manager interface {
	Create(ctx context.Context, n session.NewSession) (session.Session, error)
	Get(ctx context.Context, ref session.Ref) (session.Session, error)
	Touch(ctx context.Context, ref session.Ref, active bool) (session.Session, error)
	Await(ctx context.Context, ref session.Ref, done func(session.Session) bool) (session.Session, error)
	List(ctx context.Context, f session.Filter, p session.Page) ([]session.Session, int64, error)
	All(ctx context.Context, f session.Filter) iter.Seq2[session.Session, error]
	Count(ctx context.Context, f session.Filter) (int, error)
	End(ctx context.Context, ref session.Ref) (session.Session, error)
	EndWithin(ctx context.Context, ref session.Ref, wait time.Duration) (session.Session, error)
	Delete(ctx context.Context, ref session.Ref) error
	Tag(ctx context.Context, ref session.Ref, tags map[string]string, limit int) error
	Untag(ctx context.Context, ref session.Ref, keys []string) error
	Log(ctx context.Context, ref session.Ref) (io.ReadCloser, error)

	Run(ctx context.Context, ref session.Ref, n session.NewStatement) (session.Statement, error)
	Statement(ctx context.Context, ref session.Ref, which session.StatementRef) (session.Statement, error)
	EndedStatement(ctx context.Context, ref session.Ref, which session.StatementRef) (session.Statement, error)
	Statements(ctx context.Context, ref session.Ref, series session.Series, p session.Page) ([]session.Statement, int64, error)
	Open(ctx context.Context, ref session.Ref) ([]session.Statement, error)
	CountStatements(ctx context.Context, ref session.Ref, series session.Series) (int, error)
	Cancel(ctx context.Context, ref session.Ref, which session.StatementRef) error
	Complete(ctx context.Context, ref session.Ref, lang engine.Language, code string, cursor int) ([]string, error)
	AddFile(ctx context.Context, ref session.Ref, kind, name string) error
	Upload(ctx context.Context, ref session.Ref, kind, name string, body io.Reader) error
}

// Runtimes chooses what serves a version of an API.
type Runtimes interface {
	// Resolve returns the name of the runtime that serves a version of an API, such as "5.0" of
	// "glue"; without a version, that of requests that name none. note says to people what stands
	// in for what, "" if nothing does. The error is a *session.Error.
	Resolve(api, version string) (name, note string, err error)
	// Version returns the newest version of an API that the default runtime means, "" if there is
	// none: what requests get that leave it open.
	Version(api string) string
}

// Links makes addresses of pages that the server shows for a session.
type Links interface {
	// Dashboard returns the address of the session's Spark UI; it works once.
	Dashboard(ctx context.Context, s session.Session) (string, error)
	// LogLink returns the address of the session's log as text, valid for some minutes.
	LogLink(ctx context.Context, s session.Session) (string, error)
}

// StopWait is how long an answer waits for the end of the session that a request stopped. Livy's
// Python client gives up after 10 s.
const StopWait = 8 * time.Second
