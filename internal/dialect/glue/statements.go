package glue

import (
	"context"
	"errors"

	"hearth/internal/auth"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/dialect"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

func (d *api) runStatement(ctx context.Context, in *glueapi.RunStatementRequest) (*glueapi.RunStatementResponse, error) {
	st, err := d.Manager.Run(ctx, ref(ctx, *in.SessionId), session.NewStatement{Code: *in.Code})
	reqevent.From(ctx).SessionID = st.SessionID
	if errors.Is(err, session.ReasonState) {
		return nil, d.notReady(ctx, st.SessionID, err)
	}
	if err != nil {
		return nil, err
	}
	return &glueapi.RunStatementResponse{Id: new(int32(st.Place))}, nil
}

// notReady is the error that the kernel looks for before it asks whether the session has timed out;
// its text is AWS's (dbt-glue issue 106).
func (d *api) notReady(ctx context.Context, id string, cause error) error {
	s, err := d.Manager.Get(ctx, session.Ref{ID: id})
	if err != nil {
		return err
	}
	return &session.Error{
		Kind: session.Invalid, Reason: session.ReasonState, Err: cause,
		Msg: "Session is not ready, session_id=" + s.ExternalID + ", status=" + string(statusOf(s)),
	}
}

// getStatement also answers for sessions that have ended.
//
// Divergence: AWS answers IllegalSessionStateException once the driver is gone; here ended sessions
// keep their statements readable until they are deleted or their retention has passed.
func (d *api) getStatement(ctx context.Context, in *glueapi.GetStatementRequest) (*glueapi.GetStatementResponse, error) {
	s, own, err := d.withRecord(ctx, *in.SessionId)
	if err != nil {
		return nil, err
	}
	st, err := d.Manager.Statement(ctx, s.Ref, session.StatementRef{Place: int64(*in.Id)})
	if err != nil {
		return nil, err
	}
	wire := wireStatement(st, own)
	return &glueapi.GetStatementResponse{Statement: &wire}, nil
}

func (d *api) withRecord(ctx context.Context, id string) (session.Session, record, error) {
	s, err := d.get(ctx, id)
	if err != nil {
		return s, record{}, err
	}
	own, err := dialect.RecordOf[record](s)
	return s, own, err
}

// statementListing is what a page token of ListStatements is bound to. It holds the internal id: a
// token of a deleted session is none of its successor.
type statementListing struct {
	Scope     string `json:"scope"`
	SessionID string `json:"session_id"`
}

func (d *api) listStatements(ctx context.Context, in *glueapi.ListStatementsRequest) (*glueapi.ListStatementsResponse, error) {
	s, own, err := d.withRecord(ctx, *in.SessionId)
	if err != nil {
		return nil, err
	}
	bound := statementListing{Scope: auth.From(ctx).Scope(), SessionID: s.ID}
	after, err := position(in.NextToken, glueapi.ListStatements.Name, bound)
	if err != nil {
		return nil, err
	}
	found, next, err := d.Manager.Statements(ctx, s.Ref, session.SeriesCode, session.Page{After: after, Limit: limit(in.MaxResults)})
	if err != nil {
		return nil, err
	}
	out := &glueapi.ListStatementsResponse{Statements: []glueapi.Statement{}}
	for _, st := range found {
		out.Statements = append(out.Statements, wireStatement(st, own))
	}
	out.NextToken, err = token(next, glueapi.ListStatements.Name, bound)
	return out, err
}

// cancelStatement answers at once; the state tells when the code has stopped.
func (d *api) cancelStatement(ctx context.Context, in *glueapi.CancelStatementRequest) (*glueapi.CancelStatementResponse, error) {
	s, err := d.get(ctx, *in.SessionId)
	if err != nil {
		return nil, err
	}
	return nil, d.Manager.Cancel(ctx, s.Ref, session.StatementRef{Place: int64(*in.Id)})
}
