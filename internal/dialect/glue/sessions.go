package glue

import (
	"context"
	"errors"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// defaultPage is how many items a list shows without MaxResults. AWS names no figure; the kernel's
// %list_sessions shows only the first page.
const defaultPage = 100

func (d *api) getSession(ctx context.Context, in *glueapi.GetSessionRequest) (*glueapi.GetSessionResponse, error) {
	s, err := d.get(ctx, *in.Id)
	if err != nil {
		return nil, err
	}
	wire, err := d.wireSession(s)
	return &glueapi.GetSessionResponse{Session: wire}, err
}

// stopSession succeeds quietly for an id that does not exist: the operation declares no
// EntityNotFoundException, and dbt-glue's functional tests stop ids that they know to be absent.
// Stopping twice has no effect.
func (d *api) stopSession(ctx context.Context, in *glueapi.StopSessionRequest) (*glueapi.StopSessionResponse, error) {
	s, err := d.Manager.End(ctx, ref(ctx, *in.Id))
	if err != nil && !errors.Is(err, session.NotFound) {
		return nil, err
	}
	reqevent.From(ctx).SessionID = s.ID
	return &glueapi.StopSessionResponse{Id: in.Id}, nil
}

// deleteSession frees the id at once, whatever the session's state: dbt-glue deletes a dead session
// and creates the same id in its next call. Unknown ids succeed quietly, as in stopSession.
//
// Divergence: Deleted sessions are gone at once: GetSession no longer finds them, while on AWS it
// showed STOPPED for a time.
func (d *api) deleteSession(ctx context.Context, in *glueapi.DeleteSessionRequest) (*glueapi.DeleteSessionResponse, error) {
	err := d.Manager.Delete(ctx, ref(ctx, *in.Id))
	if err != nil && !errors.Is(err, session.NotFound) {
		return nil, err
	}
	return &glueapi.DeleteSessionResponse{Id: in.Id}, nil
}

// listing is what a page token of ListSessions is bound to.
type listing struct {
	Scope   string            `json:"scope"`
	Tags    map[string]string `json:"tags,omitempty"`
	Status  string            `json:"status,omitempty"`
	Command string            `json:"command,omitempty"`
}

// listSessions answers newest first. RequestOrigin says who asks and selects nothing.
func (d *api) listSessions(ctx context.Context, in *glueapi.ListSessionsRequest) (*glueapi.ListSessionsResponse, error) {
	want := listing{
		Scope: auth.From(ctx).Scope(), Tags: in.Tags,
		Status: awsapi.Value(in.Status), Command: awsapi.Value(in.Command),
	}
	after, err := position(in.NextToken, glueapi.ListSessions.Name, want)
	if err != nil {
		return nil, err
	}
	found, next, err := d.page(ctx, want, session.Page{After: after, Limit: limit(in.MaxResults)})
	if err != nil {
		return nil, err
	}
	out := &glueapi.ListSessionsResponse{Ids: []string{}, Sessions: []glueapi.Session{}}
	for _, s := range found {
		wire, err := d.wireSession(s)
		if err != nil {
			return nil, err
		}
		out.Ids, out.Sessions = append(out.Ids, s.ExternalID), append(out.Sessions, *wire)
	}
	out.NextToken, err = token(next, glueapi.ListSessions.Name, want)
	return out, err
}

// page reads a page of sessions.
func (d *api) page(ctx context.Context, want listing, p session.Page) ([]session.Session, int64, error) {
	f := session.Filter{Dialect: Name, Collections: []string{""}, Scope: want.Scope, Tags: want.Tags}
	if want.Status != "" && !selectStatus(&f, glueapi.SessionStatus(want.Status)) {
		return nil, 0, invalid("Status %s is not a status of sessions.", want.Status)
	}
	if want.Command != "" {
		f.Labels = map[string]string{labelCommand: want.Command}
	}
	return d.Manager.List(ctx, f, p)
}

// limit is the page size of a request, within what the model allows.
func limit(asked *int32) int {
	if asked == nil {
		return defaultPage
	}
	return int(*asked)
}

// position reads a page token; "" is the start, as some clients send it.
func position(nextToken *string, operation string, filters any) (int64, error) {
	if awsapi.Value(nextToken) == "" {
		return 0, nil
	}
	after, err := awsapi.DecodeToken[int64](*nextToken, operation, filters)
	if err != nil || after <= 0 {
		return 0, invalid("NextToken is not valid for this request.")
	}
	return after, nil
}

// token writes a page token, nil if there is no next page.
func token(next int64, operation string, filters any) (*string, error) {
	if next == 0 {
		return nil, nil
	}
	text, err := awsapi.EncodeToken(operation, filters, next)
	return &text, err
}
