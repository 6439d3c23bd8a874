package glue

import (
	"context"
	"slices"
	"strings"
	"time"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// The commands of sessions. The API's text documents the first two; AWS's own kernel up to 1.0.5
// sends the third.
const (
	commandETL       = "glueetl"
	commandStreaming = "gluestreaming"
	commandRay       = "glueray"
)

// The longest lifetimes in minutes, which are also the defaults: 48 hours for ETL (CreateSession's
// text, 2023-08-24), 7 days for streaming (user guide, "streaming jobs must have timeout values
// less than 7 days").
const (
	lifetimeETL       = 2880
	lifetimeStreaming = 10080
)

const maxTags = 50

// labelCommand is the label by which lists select sessions of one command.
const labelCommand = "command"

// createSession checks what the model cannot, then asks the domain.
func (d *api) createSession(ctx context.Context, in *glueapi.CreateSessionRequest) (*glueapi.CreateSessionResponse, error) {
	own, err := d.record(in)
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(in, own.Command, own.GlueVersion)
	if err != nil {
		return nil, err
	}
	spec, err := d.spec(ctx, *in.Id, own)
	if err != nil {
		return nil, err
	}
	caller := auth.From(ctx)
	s, err := d.Manager.Create(ctx, session.NewSession{
		Ref:         ref(ctx, *in.Id),
		Owner:       session.Principal{Account: caller.Account, ID: caller.UserID, ARN: caller.ARN},
		Description: awsapi.Value(in.Description),
		Tags:        in.Tags,
		Labels:      map[string]string{labelCommand: own.Command},
		Extra:       dialect.Record(own),
		Size:        size,
		Spec:        spec,
		IdleTimeout: time.Duration(min(own.IdleTimeout, own.Timeout)) * time.Minute,
		Lifetime:    time.Duration(own.Timeout) * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	reqevent.From(ctx).SessionID = s.ID
	wire, err := d.wireSession(s)
	return &glueapi.CreateSessionResponse{Session: wire}, err
}

// record checks and completes what is Glue's own in a request.
func (d *api) record(in *glueapi.CreateSessionRequest) (record, error) {
	command, python := awsapi.Value(in.Command.Name), awsapi.Value(in.Command.PythonVersion)
	if err := checkKind(in, command, python); err != nil {
		return record{}, err
	}
	version, err := d.version(awsapi.Value(in.GlueVersion))
	if err != nil {
		return record{}, err
	}
	if err := checkTags(in.Tags); err != nil {
		return record{}, err
	}
	own := record{
		Role: *in.Role, Command: command, PythonVersion: python, Arguments: in.DefaultArguments,
		SecurityConf: awsapi.Value(in.SecurityConfiguration), GlueVersion: version,
		Origin: awsapi.Value(in.RequestOrigin), SessionType: string(glueapi.SessionTypeLivy),
	}
	if in.Connections != nil {
		own.Connections = in.Connections.Connections
	}
	if slices.Contains(own.Connections, "") {
		return record{}, invalid("A connection name must not be empty.")
	}
	return own, own.setTimeouts(in)
}

// checkKind refuses the kinds of sessions that cannot be started here.
func checkKind(in *glueapi.CreateSessionRequest, command, python string) error {
	known := []string{commandETL, commandStreaming, commandRay}
	switch {
	case command == "":
		return invalid("Command name should not be null or empty.")
	case !slices.Contains(known, command):
		return invalid("Command name %s is not supported. It must be one of %s.", command, strings.Join(known, ", "))
	case isRay(in):
		// The kernels up to 1.0.5 compare this text.
		return invalid("Account not allowed to submit Glue Ray session")
	case python != "" && python != "3":
		return invalid("Python version %s is not supported for %s sessions. It must be 3.", python, command)
	case awsapi.Value(in.SessionType) == glueapi.SessionTypeSparkConnect:
		return unsupported("Sessions of type SPARK_CONNECT are not supported yet.")
	}
	return nil
}

// setTimeouts completes the timeouts, in minutes.
func (own *record) setTimeouts(in *glueapi.CreateSessionRequest) error {
	longest := int32(lifetimeETL)
	if own.Command == commandStreaming {
		longest = lifetimeStreaming
	}
	own.Timeout = longest
	if in.Timeout != nil {
		own.Timeout = *in.Timeout
	}
	if own.Timeout > longest {
		return invalid("Timeout must be at most %d minutes for %s sessions.", longest, own.Command)
	}
	own.IdleTimeout = own.Timeout
	if in.IdleTimeout != nil {
		own.IdleTimeout = *in.IdleTimeout
	}
	return nil
}

// spec says what the engine is to start.
func (d *api) spec(ctx context.Context, id string, own record) (engine.Spec, error) {
	runtime, note, err := d.Runtimes.Resolve(Name, own.GlueVersion)
	if err != nil {
		return engine.Spec{}, err
	}
	region := auth.From(ctx).Region
	spec := engine.Spec{Launch: engine.Launch{Runtime: runtime}, Setup: engine.Setup{
		// GetDashboardUrl's clients find the application by this name.
		AppName:  id,
		Language: engine.Python,
		// dbt-glue looks for it in sys.argv.
		Args: []string{"--SESSION_ID", id},
		Env:  map[string]string{"AWS_REGION": region, "AWS_DEFAULT_REGION": region},
	}}
	if note != "" {
		// Divergence: Versions may be substituted by the nearest one installed.
		spec.Notes = append(spec.Notes, note)
	}
	if len(own.Connections) > 0 {
		// Divergence: Connections are stored and have no effect.
		spec.Notes = append(spec.Notes, "connections have no effect here")
	}
	if own.SecurityConf != "" {
		// Divergence: Security configurations are stored and have no effect.
		spec.Notes = append(spec.Notes, "security configuration "+own.SecurityConf+" has no effect here")
	}
	more, err := d.applyArguments(ctx, own.Arguments, &spec)
	spec.Notes = append(spec.Notes, more...)
	return spec, err
}
