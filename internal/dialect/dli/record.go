package dli

import (
	"cmp"
)

// record is what only this API knows of a session or batch: what is shown again. It travels through
// the domain as session.Extra; only this package reads it. Names are part of what is stored: add,
// never rename.
type record struct {
	Kind   string `json:"kind"`
	Name   string `json:"name,omitempty"`
	Queue  string `json:"queue"`
	ScType string `json:"sc_type"`

	// Feature and SparkVersion are a batch's, as asked for.
	Feature      string `json:"feature,omitempty"`
	SparkVersion string `json:"spark_version,omitempty"`
}

// feature is that of a batch; the API's default is basic.
func (s record) feature() string { return cmp.Or(s.Feature, "basic") }
