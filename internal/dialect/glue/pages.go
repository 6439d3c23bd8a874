package glue

import (
	"context"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/session"
)

// getDashboardURL answers while a session starts or is ready: sagemaker-studio asks in both states.
// The page itself waits for the UI.
func (d *api) getDashboardURL(ctx context.Context, in *glueapi.GetDashboardUrlRequest) (*glueapi.GetDashboardUrlResponse, error) {
	if *in.ResourceType != glueapi.GlueResourceTypeSession {
		return nil, unsupported("Dashboards exist for sessions only.")
	}
	s, err := d.get(ctx, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	switch status := statusOf(s); {
	case status != glueapi.SessionStatusProvisioning && status != glueapi.SessionStatusReady:
		return nil, invalid("Session is not ready, session_id=%s, status=%s", s.ExternalID, status)
	case status == glueapi.SessionStatusReady && s.Info.UIAddress == "":
		return nil, unsupported("The session runs without a Spark UI.")
	}
	url, err := d.Links.Dashboard(ctx, s)
	if err != nil {
		return nil, err
	}
	return &glueapi.GetDashboardUrlResponse{Url: new(awsapi.Secret(url))}, nil
}

// getSystemLogs answers in every state: the log of an ended session is the one that people look
// for.
func (d *api) getSystemLogs(ctx context.Context, in *glueapi.GetSystemLogsForSessionRequest) (*glueapi.GetSystemLogsForSessionResponse, error) {
	s, err := d.get(ctx, *in.Id)
	if err != nil {
		return nil, err
	}
	url, err := d.Links.LogLink(ctx, s)
	if err != nil {
		return nil, err
	}
	return &glueapi.GetSystemLogsForSessionResponse{SystemLogsUrl: &url}, nil
}

// getSessionEndpoint has nothing to offer: no session here is a SPARK_CONNECT session, and AWS
// refuses the call for the others.
func (d *api) getSessionEndpoint(ctx context.Context, in *glueapi.GetSessionEndpointRequest) (*glueapi.GetSessionEndpointResponse, error) {
	if _, err := d.get(ctx, *in.SessionId); err != nil {
		return nil, err
	}
	return nil, unsupported("The session is not of type SPARK_CONNECT.")
}

func unsupported(msg string) error { return &session.Error{Kind: session.Unsupported, Msg: msg} }
