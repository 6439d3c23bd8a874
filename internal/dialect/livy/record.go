package livy

import (
	"hearth/internal/livyapi"
)

// record is what only Livy knows of a session: what the request said, to be shown again. It travels
// through the domain as session.Extra; only this package reads it. Names are part of what is
// stored: add, never rename.
type record struct {
	Kind      string            `json:"kind"`
	Name      string            `json:"name,omitempty"`
	ProxyUser string            `json:"proxy_user,omitempty"`
	Conf      map[string]string `json:"conf,omitempty"`
	Jars      []string          `json:"jars,omitempty"`
	PyFiles   []string          `json:"py_files,omitempty"`
	Files     []string          `json:"files,omitempty"`
	Archives  []string          `json:"archives,omitempty"`
	Queue     string            `json:"queue,omitempty"`

	// File, ClassName and Args are a batch's program.
	File      string   `json:"file,omitempty"`
	ClassName string   `json:"class_name,omitempty"`
	Args      []string `json:"args,omitempty"`

	DriverMemory   string `json:"driver_memory,omitempty"`
	DriverCores    int    `json:"driver_cores,omitempty"`
	ExecutorMemory string `json:"executor_memory,omitempty"`
	ExecutorCores  int    `json:"executor_cores,omitempty"`
	NumExecutors   int    `json:"num_executors,omitempty"`

	// HeartbeatTimeout is in seconds, 0 for none.
	HeartbeatTimeout int `json:"heartbeat_timeout,omitempty"`
	// TTL and IdleTimeout are as written in the request, "" if they were not.
	TTL         string `json:"ttl,omitempty"`
	IdleTimeout string `json:"idle_timeout,omitempty"`
}

// readRecord reads the body of POST /sessions.
func readRecord(r *request) (record, error) {
	own := record{Kind: kindShared}
	known := own.fields()
	known["kind"] = kindField(&own.Kind)
	known["heartbeatTimeoutInSecond"] = livyapi.Whole(&own.HeartbeatTimeout)
	known["ttl"] = durationField("ttl", &own.TTL)
	known["idleTimeout"] = durationField("idleTimeout", &own.IdleTimeout)
	err := known.read(r)
	return own, err
}

// fields are those that sessions and batches have in common.
func (s *record) fields() fields {
	return fields{
		"name":           livyapi.Text(&s.Name),
		"proxyUser":      livyapi.Text(&s.ProxyUser),
		"conf":           livyapi.Map(&s.Conf),
		"jars":           livyapi.Strings(&s.Jars),
		"pyFiles":        livyapi.Strings(&s.PyFiles),
		"files":          livyapi.Strings(&s.Files),
		"archives":       livyapi.Strings(&s.Archives),
		"queue":          livyapi.Text(&s.Queue),
		"driverMemory":   livyapi.Text(&s.DriverMemory),
		"driverCores":    livyapi.Whole(&s.DriverCores),
		"executorMemory": livyapi.Text(&s.ExecutorMemory),
		"executorCores":  livyapi.Whole(&s.ExecutorCores),
		"numExecutors":   livyapi.Whole(&s.NumExecutors),
	}
}
