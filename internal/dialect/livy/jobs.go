package livy

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// A job is a function that a program sends: Livy's programmatic API, which its Python client
// (python-api, package livy) speaks. Here it is a statement of the domain's that is counted apart,
// so it waits its turn behind the code that was there before, and lives as long as its session.

// submitJob answers POST submit-job and run-job. The client sends its jobs as soon as the session
// is made, so they wait while that starts.
//
// Divergence: jobs run one at a time, in the order of the statements and jobs of their session;
// Livy runs them beside each other and beside the code, and those of run-job in the thread that
// answers requests.
func (d *api) submitJob(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	payload, err := readJob(r)
	if err != nil {
		return reply{}, err
	}
	st, err := d.Manager.Run(r.Context(), s.Ref, session.NewStatement{Series: session.SeriesJobs, Language: engine.PythonJob, Code: payload})
	if errors.Is(err, session.ReasonState) {
		err = notActive(err)
	}
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: wireJob(st.Place, "SENT", nil, nil)}, nil
}

// readJob reads a pickled function, in base64.
//
// Divergence: jobs of Java and Scala are refused with a sentence; Livy runs them.
func readJob(r *request) (string, error) {
	var payload, kind string
	known := fields{"job": payloadField(&payload), "jobType": livyapi.Text(&kind)}
	if err := known.read(r); err != nil {
		return "", err
	}
	if payload == "" {
		return "", &failure{status: http.StatusBadRequest, body: message{"requirement failed: no job provided."}}
	}
	if named, _ := kindOf(kind); named != kindPySpark {
		return "", &failure{status: http.StatusBadRequest, body: message{
			"Jobs of type " + strconv.Quote(kind) + " are not supported here: only pyspark is. Jobs of Java and Scala may come later.",
		}}
	}
	return payload, nil
}

func payloadField(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		if err := livyapi.Text(into)(value); err != nil {
			return err
		}
		if _, err := base64.StdEncoding.DecodeString(*into); err != nil {
			return errors.New("base64 is needed")
		}
		return nil
	}
}

// notActive is the error of a job in a session that has ended.
func notActive(cause error) error {
	return &failure{status: http.StatusBadRequest, body: message{"requirement failed: Session isn't active."}, err: cause}
}

// jobID reads the number of a job from the path.
func jobID(r *request) (int64, error) {
	text := r.PathValue("job")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, noNumber(text)
	}
	return id, nil
}

// getJob says how a job stands.
//
// Divergence: a job stays readable as long as its session, also after both have ended; Livy forgets
// a result once it was read, and a job that was cancelled.
func (d *api) getJob(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	id, err := jobID(r)
	if err != nil {
		return reply{}, err
	}
	st, err := d.Manager.EndedStatement(r.Context(), s.Ref, session.StatementRef{Series: session.SeriesJobs, Place: id})
	if errors.Is(err, session.ReasonNoStatement) {
		err = &failure{status: http.StatusInternalServerError, body: "java.util.NoSuchElementException: key not found: " + strconv.FormatInt(id, 10), err: err}
	}
	if err != nil {
		return reply{}, err
	}
	return ok(jobStatus(st))
}

// cancelJob answers 200 whatever it finds, as Livy does.
//
// Divergence: the running job is interrupted and stays STARTED until it has stopped, as statements
// do; Livy forgets it at once.
func (d *api) cancelJob(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	id, err := jobID(r)
	if err != nil {
		return reply{}, err
	}
	err = d.Manager.Cancel(r.Context(), s.Ref, session.StatementRef{Series: session.SeriesJobs, Place: id})
	if err != nil && !errors.Is(err, session.NotFound) && !errors.Is(err, session.ReasonState) {
		return reply{}, err
	}
	return reply{status: http.StatusOK}, nil
}

// wireJob is Livy's JobStatus.
func wireJob(id int64, state string, result, failed any) object {
	return object{{"id", id}, {"state", state}, {"result", result}, {"error", failed}}
}

// jobStatus projects a job onto Livy's states. PENDING and SENT do not occur: the Python client
// fails when it polls and finds SENT.
func jobStatus(st session.Statement) object {
	switch st.State {
	case session.StatementWaiting:
		return wireJob(st.Place, "QUEUED", nil, nil)
	case session.StatementRunning, session.StatementCancelling:
		return wireJob(st.Place, "STARTED", nil, nil)
	case session.StatementCancelled:
		return wireJob(st.Place, "CANCELLED", nil, nil)
	case session.StatementDone:
		if st.Status == engine.StatusOK {
			return wireJob(st.Place, "SUCCEEDED", jobResult(st), nil)
		}
	}
	return wireJob(st.Place, "FAILED", nil, jobError(st))
}

// jobResult is the pickled value: Livy's server encodes the bytes of a result, and in those of
// Python is base64 already. None is a pickle too.
func jobResult(st session.Statement) any {
	return base64.StdEncoding.EncodeToString([]byte(st.Result[engine.PickleMIME]))
}

// jobError begins as what Livy's Python side says.
//
// Divergence: Livy puts the name of its Java exception before that and Java's frames behind it.
func jobError(st session.Statement) string {
	name, value, traceback := livyapi.ErrorOf(st)
	if len(traceback) == 0 {
		traceback = []string{name + ": " + value}
	}
	return "Client job error:" + strings.Join(traceback, "")
}
