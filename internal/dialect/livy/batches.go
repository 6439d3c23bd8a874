package livy

import (
	"context"
	"net/http"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// readBatch reads the body of POST /batches.
func readBatch(r *request) (record, error) {
	var own record
	known := own.fields()
	known["file"] = livyapi.Text(&own.File)
	known["className"] = livyapi.Word(&own.ClassName)
	known["args"] = livyapi.Strings(&own.Args)
	err := known.read(r)
	return own, err
}

// createBatch checks what only Livy knows, then asks the domain. The answer does not wait for the
// start.
//
// Divergence: nothing of a batch that is refused is left behind; in Livy it stays in the list,
// starting for ever.
func (d *api) createBatch(r *request) (reply, error) {
	own, err := readBatch(r)
	if err != nil {
		return reply{}, err
	}
	if own.File == "" {
		return reply{}, refused("requirement failed: File is required.")
	}
	if err := checkName(own.Name); err != nil {
		return reply{}, err
	}
	if own.ProxyUser, err = d.effectiveUser(r, own.ProxyUser); err != nil {
		return reply{}, err
	}
	spec, err := d.batchSpec(r.Context(), own)
	if err != nil {
		return reply{}, rejected(err)
	}
	s, err := d.create(r.Context(), batches(), session.NewSession{
		Owner: session.Principal{ID: r.user}, Labels: map[string]string{}, Extra: dialect.Record(own), Size: sizeOf(own), Spec: spec,
	}, own.Name)
	if err != nil {
		return reply{}, rejected(err)
	}
	reqevent.From(r.Context()).SessionID = s.ID
	info := batchInfo(r, s, own, []string{livyapi.MarkOut, livyapi.MarkErr}) // its log has not begun
	return reply{status: http.StatusCreated, body: info, location: batches().path + "/" + s.ExternalID}, nil
}

func (d *api) batchSpec(ctx context.Context, own record) (engine.Spec, error) {
	spec, err := d.spec(ctx, own)
	if err != nil {
		return engine.Spec{}, err
	}
	if err := checkFile(own.File); err != nil {
		return engine.Spec{}, err
	}
	spec.Setup.Language = ""
	spec.Launch.Batch = &engine.Batch{Main: own.File, Class: own.ClassName, Args: own.Args}
	return spec, nil
}

// batchInfo is the object of a batch: exactly Livy's keys in Livy's order.
func batchInfo(r *request, s session.Session, own record, log []string) object {
	return object{
		{"id", wireID(s)},
		{"name", nullable(own.Name)},
		{"owner", nullable(s.Owner.ID)},
		{"proxyUser", nullable(own.ProxyUser)},
		{"state", stateOf(s)},
		{"appId", nullable(s.Info.ApplicationID)},
		{"appInfo", appInfo(r, s)},
		{"log", log},
	}
}

// batchState projects a batch onto the states that Airflow's closed list has (LivyHook of
// apache-livy 4.6.4): recovering, which Livy shows after a restart, is an error there, and so does
// not occur.
func batchState(s session.Session) string {
	switch s.State {
	case session.StateStarting:
		return "starting"
	case session.StateIdle, session.StateBusy, session.StateDegraded:
		return "running"
	case session.StateStopping:
		return "shutting_down"
	}
	switch s.Cause {
	case session.CauseCompleted:
		return "success"
	case session.CauseExited, session.CauseFailedStart, session.CauseOutOfMemory:
		return "dead"
	}
	// By a hand from outside: a user, an operator's kill, the end of the server.
	return "killed"
}
