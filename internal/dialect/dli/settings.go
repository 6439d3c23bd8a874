package dli

import (
	"encoding/json"
	"fmt"

	"hearth/internal/session"
)

// settings is what only this API knows of a session: what is shown again. It
// travels through the domain as session.Extra; only this package reads it. Names
// are part of what is stored: add, never rename.
type settings struct {
	Kind   string `json:"kind"`
	Name   string `json:"name,omitempty"`
	Queue  string `json:"queue"`
	ScType string `json:"sc_type"`
}

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
