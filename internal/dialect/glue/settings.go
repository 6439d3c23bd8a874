package glue

import (
	"encoding/json"
	"fmt"

	"hearth/internal/session"
)

// settings is what only Glue knows of a session. It travels through the domain
// as session.Extra; only this package reads it. Names are part of what is
// stored: add, never rename.
type settings struct {
	// Divergence: Roles have no effect: code runs as the user who runs the server.
	Role          string            `json:"role"`
	Command       string            `json:"command"`
	PythonVersion string            `json:"python_version,omitempty"`
	Arguments     map[string]string `json:"arguments,omitempty"`
	Connections   []string          `json:"connections,omitempty"`
	SecurityConf  string            `json:"security_configuration,omitempty"`
	GlueVersion   string            `json:"glue_version"`
	Origin        string            `json:"request_origin,omitempty"`
	SessionType   string            `json:"session_type"`
	// Timeout and IdleTimeout are minutes, as asked or by default.
	Timeout     int32 `json:"timeout"`
	IdleTimeout int32 `json:"idle_timeout"`
}

func (s settings) encode() json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers always encode
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
