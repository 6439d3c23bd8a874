// Package glue is the dialect of AWS Glue interactive sessions: it turns the operations of the Glue
// API into calls of session.Manager, and what the domain answers into Glue's words.
//
// It holds no rule about sessions and no state: a Glue session is a domain session with this
// dialect's record beside it. It sees neither stores nor drivers. Behaviour follows AWS's model
// (botocore 1.44.5) and, where the model is silent, what aws-glue-sessions 1.0.9, dbt-glue 1.12.4
// and sagemaker-studio 1.1.35 expect; docs/dialects/glue.md lists every operation, error and
// divergence.
//
// What newcomers get wrong: a Glue id is any printable text of up to 255 characters, "../../x" too.
// It never names a file; internal ids do.
package glue

import (
	"cmp"
	"context"
	"net/http"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/dialect"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "glue"

// Target is the prefix of X-Amz-Target that the API's clients send.
const Target = "AWSGlue"

// Settings returns the settings of the dialect, which has none.
func Settings() dialect.Settings {
	return dialect.Plain(func(g dialect.Given) (dialect.Mounted, error) {
		return dialect.Mounted{Services: []dialect.Service{{Name: Name, Target: Target, Handler: New(g)}}}, nil
	})
}

// api answers the operations.
type api struct {
	dialect.Given
	// defaultVersion is the GlueVersion of requests without one or with "auto".
	defaultVersion string
}

// newestVersion stands for Spark 3.5, which most sessions run, where no runtime is installed yet.
const newestVersion = "5.1"

// New returns the handler of the Glue API.
func New(g dialect.Given) http.Handler {
	d := &api{Given: g, defaultVersion: cmp.Or(g.Runtimes.Version(Name), newestVersion)}
	return awsapi.NewService(awsapi.Config{Name: Name, Fault: wireError, Log: g.Log}, Target, d.routes()...)
}

func (d *api) routes() []awsapi.Route {
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
func (d *api) get(ctx context.Context, id string) (session.Session, error) {
	s, err := d.Manager.Get(ctx, ref(ctx, id))
	if err == nil {
		reqevent.From(ctx).SessionID = s.ID
	}
	return s, err
}
