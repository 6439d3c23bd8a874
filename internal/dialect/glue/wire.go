package glue

import (
	"time"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/dialect"
	"hearth/internal/session"
)

// wireSession writes a session as the API does. Optional members that clients read without asking
// whether they are there are always written: see the list in docs/dialects/glue.md.
func (d *api) wireSession(s session.Session) (*glueapi.Session, error) {
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	status, kind := statusOf(s), glueapi.SessionType(own.SessionType)
	wire := &glueapi.Session{
		Id:                    &s.ExternalID,
		CreatedOn:             awsapi.At(s.CreatedAt),
		Status:                &status,
		ErrorMessage:          awsapi.Optional(errorMessage(s)),
		Description:           awsapi.Optional(s.Description),
		Role:                  &own.Role,
		Command:               &glueapi.SessionCommand{Name: &own.Command, PythonVersion: awsapi.Optional(own.PythonVersion)},
		DefaultArguments:      own.Arguments,
		Progress:              &s.Progress,
		MaxCapacity:           &s.Size.Units,
		SecurityConfiguration: awsapi.Optional(own.SecurityConf),
		GlueVersion:           &own.GlueVersion,
		NumberOfWorkers:       new(int32(s.Size.Workers)),
		WorkerType:            new(glueapi.WorkerType(s.Size.WorkerType)),
		CompletedOn:           awsapi.At(s.EndedAt),
		ExecutionTime:         new(s.ExecutionTime(now).Seconds()),
		DPUSeconds:            new(s.UnitSeconds(now)),
		IdleTimeout:           &own.IdleTimeout,
		SessionType:           &kind,
		Timeout:               &own.Timeout,
	}
	if wire.DefaultArguments == nil {
		wire.DefaultArguments = map[string]string{}
	}
	if own.Connections != nil {
		wire.Connections = &glueapi.ConnectionsList{Connections: own.Connections}
	}
	return wire, nil
}

// wireStatement writes a statement. Output is there in every state but WAITING:
// final states without it end the kernel's cell in a KeyError (aws-glue-sessions
// 1.0.9), and while it runs it holds what was printed so far.
func wireStatement(st session.Statement, own record) glueapi.Statement {
	state := statementState(st, own)
	wire := glueapi.Statement{
		Id:          new(int32(st.Place)),
		Code:        &st.Code,
		State:       &state,
		Progress:    &st.Progress,
		StartedOn:   awsapi.Optional(millis(st.StartedAt)),
		CompletedOn: awsapi.Optional(millis(st.CompletedAt)),
	}
	if st.State.Final() {
		wire.Progress = new(1.0)
	}
	if st.State != session.StatementWaiting {
		wire.Output = output(st)
	}
	return wire
}

// millis is the model's "unix time" of statements; the unit is ours to choose, no client reads it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
