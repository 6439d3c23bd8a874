package dli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// A failed batch with auto_recovery runs again up to defaultRetries times, or as max_retry_times
// says, which is at most maxRetries.
const (
	defaultRetries = 20
	maxRetries     = 100
)

// program is what a request to create a batch says beyond its packages and sizes.
type program struct {
	file, class  string
	args         []string
	sparkVersion string
	// feature is basic, ai or custom; image is that of custom.
	feature, image string
	retry          bool
	retries        int
	// agency, bucket and catalog name things of Huawei's cloud.
	agency, bucket, catalog string
}

// fields are the fields of a batch beside those of every request. Names have two spellings: the
// reference's table and the SDK for Python have className, an example of the reference and the SDK
// for Go, which is Terraform's, class_name.
func (p *program) fields(known livyapi.Fields) {
	known["file"] = livyapi.Text(&p.file)
	known["className"] = livyapi.Word(&p.class)
	known["args"] = livyapi.Strings(&p.args)
	known["spark_version"] = livyapi.Text(&p.sparkVersion)
	known["feature"] = livyapi.Text(&p.feature)
	known["image"] = livyapi.Text(&p.image)
	known["auto_recovery"] = boolField(&p.retry)
	known["max_retry_times"] = livyapi.Whole(&p.retries)
	known["execution_agency_urn"] = livyapi.Text(&p.agency)
	known["obs_bucket"] = livyapi.Text(&p.bucket)
	known["catalog_name"] = livyapi.Text(&p.catalog)
	for also, name := range map[string]string{
		"class_name": "className", "python_files": "pyFiles", "py_files": "pyFiles", "driver_memory": "driverMemory", "driver_cores": "driverCores",
		"executor_memory": "executorMemory", "executor_cores": "executorCores", "num_executors": "numExecutors",
	} {
		known[also] = known[name]
	}
}

// boolField reads true or false, also out of a string.
func boolField(into *bool) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := livyapi.Scalar(value)
		if err != nil {
			return err
		}
		if *into, err = strconv.ParseBool(text); err != nil {
			return errors.New("true or false is needed")
		}
		return nil
	}
}

// check refuses what is wrong or cannot be had here.
func (p *program) check() error {
	switch {
	case p.file == "":
		return invalid("The parameter file is mandatory.")
	case path.Ext(p.file) != ".jar" && path.Ext(p.file) != ".py":
		return invalid("The parameter file must name a package that ends in .jar or .py, not %q.", p.file)
	case p.retries > maxRetries:
		return invalid("The parameter max_retry_times is at most %d.", maxRetries)
	}
	switch p.feature {
	case "", "basic":
	case "ai", "custom":
		return &session.Error{Kind: session.Unsupported, Msg: "The feature " + p.feature + " needs an image, and there are none here: use basic."}
	default:
		return invalid("The parameter feature must be basic, ai or custom, not %q.", p.feature)
	}
	return nil
}

// notes are for the log: what the request asks for and does not get.
func (p *program) notes() []string {
	var notes []string
	for _, one := range []struct{ field, value string }{
		{"image", p.image}, {"execution_agency_urn", p.agency}, {"obs_bucket", p.bucket}, {"catalog_name", p.catalog},
	} {
		if one.value != "" {
			notes = append(notes, one.field+" has no meaning here")
		}
	}
	return notes
}

// createBatch answers before anything has started, with 200 as the API reference has it.
func (d *api) createBatch(r *request) (any, error) {
	var a asked
	p := program{retries: defaultRetries}
	own := record{Kind: kindSpark}
	known := a.fields()
	p.fields(known)
	var err error
	if a.unknown, err = known.DecodeKnown(r.body); err != nil {
		return nil, err
	}
	if err := errors.Join(p.check(), a.check()); err != nil {
		return nil, err
	}
	own.Feature, own.SparkVersion = p.feature, p.sparkVersion
	a.notes = p.notes()
	n, err := d.newSession(r, &a, own)
	if err != nil {
		return nil, err
	}
	if n.Spec.Launch.Batch, err = d.batch(r.Context(), p); err != nil {
		return nil, err
	}
	n.Spec.Setup.Language = ""
	if p.retry {
		n.Retries = p.retries
	}
	s, err := d.create(r, n)
	if err != nil {
		return nil, err
	}
	return batchInfoOf(s, newLog(s))
}

func (d *api) batch(ctx context.Context, p program) (*engine.Batch, error) {
	group, name := splitName(p.file)
	main, err := d.packed(ctx, group, name)
	if err != nil {
		return nil, err
	}
	return &engine.Batch{Main: main, Class: p.class, Args: p.args}, nil
}

// batchInfo is the object of a batch: the members of the API reference and of the SDKs, but for
// req_body. That holds secrets of conf.
type batchInfo struct {
	ID           string   `json:"id"`
	AppID        *string  `json:"appId"`
	Name         *string  `json:"name"`
	Owner        *string  `json:"owner"`
	ProxyUser    *string  `json:"proxyUser"`
	State        string   `json:"state"`
	Kind         string   `json:"kind"`
	Log          []string `json:"log"`
	ScType       string   `json:"sc_type"`
	Cluster      string   `json:"cluster_name"`
	Queue        string   `json:"queue"`
	Image        *string  `json:"image"`
	Feature      string   `json:"feature"`
	SparkVersion *string  `json:"spark_version"`
	CreateTime   int64    `json:"create_time"`
	UpdateTime   int64    `json:"update_time"`
	// Duration is how long the program has run, in ms.
	Duration int64 `json:"duration"`
}

func batchInfoOf(s session.Session, log livyapi.Log) (batchInfo, error) {
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return batchInfo{}, err
	}
	last, err := log.Tail(infoLog)
	if err != nil {
		return batchInfo{}, err
	}
	touched := updated(s)
	if touched.IsZero() { // unlike a session's, never 0 in the examples
		touched = s.CreatedAt
	}
	return batchInfo{
		ID: s.ExternalID, AppID: nullable(s.Info.ApplicationID), Name: nullable(own.Name), Owner: nullable(s.Owner.ID),
		State: stateOf(s), Kind: own.Kind, Log: list(last), ScType: own.ScType, Cluster: own.Queue, Queue: own.Queue,
		Feature: own.feature(), SparkVersion: nullable(own.SparkVersion),
		CreateTime: millis(s.CreatedAt), UpdateTime: millis(touched), Duration: s.ExecutionTime(time.Now()).Milliseconds(),
	}, nil
}

func (d *api) getBatch(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	return batchInfoOf(s, d.log(r.Context(), s))
}

// cancelBatch ends what runs, and the batch is dead. It stays readable: the operation cancels, and
// the answer's word for it is deleted.
func (d *api) cancelBatch(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	if s.State == session.StateEnded {
		return nil, &failure{status: http.StatusBadRequest, Code: codeUnsupported, Msg: "A batch in the state " + stateOf(s) + " cannot be canceled."}
	}
	if _, err := d.Manager.EndWithin(r.Context(), s.Ref, dialect.StopWait); err != nil {
		return nil, err
	}
	return message{"deleted"}, nil
}
