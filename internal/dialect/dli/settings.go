package dli

import (
	"cmp"
	"encoding/json"
	"fmt"

	"hearth/internal/session"
)

// settings is what only this API knows of a session or batch: what is shown again. It
// travels through the domain as session.Extra; only this package reads it. Names
// are part of what is stored: add, never rename.
type settings struct {
	Kind   string `json:"kind"`
	Name   string `json:"name,omitempty"`
	Queue  string `json:"queue"`
	ScType string `json:"sc_type"`

	// Feature and SparkVersion are a batch's, as asked for.
	Feature      string `json:"feature,omitempty"`
	SparkVersion string `json:"spark_version,omitempty"`
}

// feature is that of a batch; the API's default is basic.
func (s settings) feature() string { return cmp.Or(s.Feature, "basic") }

func (s settings) encode() json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return text
}

// settingsOf reads the record back.
func settingsOf(s session.Session) (settings, error) {
	var own settings
	if err := json.Unmarshal(s.Extra, &own); err != nil {
		return settings{}, fmt.Errorf("read the settings of session %s: %w", s.ID, err)
	}
	return own, nil
}
