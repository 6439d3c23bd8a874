package glue

// record is what only Glue knows of a session. It travels through the domain as session.Extra; only
// this package reads it. Names are part of what is stored: add, never rename.
type record struct {
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
