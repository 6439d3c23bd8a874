package dialecttest

import (
	"context"
	"strconv"
	"strings"

	"hearth/internal/session"
)

// Runtimes serves every version by spark-3.5, with a note about it where one is named.
type Runtimes struct{}

// Resolve implements dialect.Runtimes. Version 9.9 is served by nothing.
func (Runtimes) Resolve(api, version string) (name, note string, err error) {
	switch version {
	case "9.9":
		return "", "", &session.Error{Kind: session.Invalid, Msg: "Version 9.9 is not served."}
	case "":
		return "spark-3.5", "", nil
	}
	return "spark-3.5", strings.ToUpper(api[:1]) + api[1:] + " " + version + " is served by spark-3.5", nil
}

// Version implements dialect.Runtimes.
func (Runtimes) Version(string) string { return "" }

// Links makes addresses that are the same for every session.
type Links struct{}

// Dashboard implements dialect.Links.
func (Links) Dashboard(context.Context, session.Session) (string, error) {
	return "http://127.0.0.1:8998/dashboard/x/?token=once", nil
}

// LogLink implements dialect.Links.
func (Links) LogLink(context.Context, session.Session) (string, error) {
	return "http://127.0.0.1:8998/session-log/x?token=once", nil
}

// Files has every file below /data and below /store.
type Files struct{}

// Resolve implements session.Files.
func (Files) Resolve(_ context.Context, _, ref string) (string, error) {
	name := strings.TrimPrefix(ref, "file://")
	if !strings.HasPrefix(name, "/data/") && !strings.HasPrefix(name, "/store/") || strings.Contains(name, "..") || strings.Contains(name, "%") {
		return "", &session.Error{Kind: session.Invalid, Msg: strconv.Quote(ref) + " is not a file below the directories."}
	}
	return name, nil
}
