// Package glue is the dialect of AWS Glue interactive sessions: it turns the
// operations of the Glue API into calls of session.Manager, and what the domain
// answers into Glue's words.
//
// It holds no rule about sessions and no state: a Glue session is a domain
// session with this dialect's record (settings) beside it. It sees neither
// stores nor drivers. Behaviour follows AWS's model (botocore 1.44.5) and, where
// the model is silent, what aws-glue-sessions 1.0.9, dbt-glue 1.12.4 and
// sagemaker-studio 1.1.35 expect; docs/dialects/glue.md lists every operation,
// error and divergence.
//
// What newcomers get wrong: a Glue id is any printable text of up to 255
// characters, "../../x" too. It never names a file; internal ids do.
package glue

import (
	"context"
	"log/slog"
	"net/http"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/event"
	"hearth/internal/session"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "glue"

// Target is the prefix of X-Amz-Target that the API's clients send.
const Target = "AWSGlue"

// Manager is what the dialect uses of session.Manager.
type Manager interface {
	Create(ctx context.Context, n session.NewSession) (session.Session, error)
	Get(ctx context.Context, ref session.Ref) (session.Session, error)
	List(ctx context.Context, f session.Filter, p session.Page) ([]session.Session, int64, error)
	End(ctx context.Context, ref session.Ref) (session.Session, error)
	Delete(ctx context.Context, ref session.Ref) error
	Run(ctx context.Context, ref session.Ref, n session.NewStatement) (session.Statement, error)
	Statement(ctx context.Context, ref session.Ref, which session.StatementRef) (session.Statement, error)
	Statements(ctx context.Context, ref session.Ref, series session.Series, p session.Page) ([]session.Statement, int64, error)
	Cancel(ctx context.Context, ref session.Ref, which session.StatementRef) error
	Tag(ctx context.Context, ref session.Ref, tags map[string]string, limit int) error
	Untag(ctx context.Context, ref session.Ref, keys []string) error
}

// Runtimes chooses what serves a version of an API.
type Runtimes interface {
	// Resolve names the runtime for a version such as "5.0" of the API "glue".
	// Unless exact, note says to people what stands in for what. An error is a
	// *session.Error, or wraps an engine.InvalidError.
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

// Config is what the dialect needs. All but Log, CheckConf and DefaultVersion are
// required.
type Config struct {
	Manager  Manager
	Runtimes Runtimes
	Files    Files
	Links    Links
	// CheckConf admits or refuses a Spark configuration, as engine/spark does;
	// the text of its engine.InvalidError is for the client. Nil admits all.
	CheckConf func(map[string]string) error
	// DefaultVersion is the GlueVersion of requests without one or with "auto"
	// (default 5.1: the newest that means Spark 3.5).
	DefaultVersion string
	Log            *slog.Logger
}

// dialect answers the operations.
type dialect struct{ Config }

// New returns the handler of the Glue API.
func New(c Config) http.Handler {
	if c.DefaultVersion == "" {
		c.DefaultVersion = "5.1"
	}
	if c.CheckConf == nil {
		c.CheckConf = func(map[string]string) error { return nil }
	}
	d := &dialect{c}
	return awsapi.NewService(awsapi.Config{Name: Name, Fault: wireError, Log: c.Log}, Target, d.routes()...)
}

func (d *dialect) routes() []awsapi.Route {
	return []awsapi.Route{
		awsapi.Handle(glueapi.CreateSession, d.createSession),
		awsapi.Handle(glueapi.GetSession, d.getSession),
		awsapi.Handle(glueapi.ListSessions, d.listSessions),
		awsapi.Handle(glueapi.StopSession, d.stopSession),
		awsapi.Handle(glueapi.DeleteSession, d.deleteSession),
		awsapi.Handle(glueapi.GetSessionEndpoint, d.getSessionEndpoint),
		awsapi.Handle(glueapi.GetDashboardUrl, d.getDashboardURL),
		awsapi.Handle(glueapi.GetSystemLogsForSession, d.getSystemLogs),
		awsapi.Handle(glueapi.RunStatement, d.runStatement),
		awsapi.Handle(glueapi.GetStatement, d.getStatement),
		awsapi.Handle(glueapi.ListStatements, d.listStatements),
		awsapi.Handle(glueapi.CancelStatement, d.cancelStatement),
		awsapi.Handle(glueapi.TagResource, d.tagResource),
		awsapi.Handle(glueapi.UntagResource, d.untagResource),
		awsapi.Handle(glueapi.GetTags, d.getTags),
	}
}

// ref names the caller's session with this id.
func ref(ctx context.Context, id string) session.Ref {
	return session.Ref{Dialect: Name, Scope: auth.From(ctx).Scope(), ExternalID: id}
}

// get finds the caller's session and notes it in the request's log line.
func (d *dialect) get(ctx context.Context, id string) (session.Session, error) {
	s, err := d.Manager.Get(ctx, ref(ctx, id))
	if err == nil {
		event.From(ctx).SessionID = s.ID
	}
	return s, err
}
